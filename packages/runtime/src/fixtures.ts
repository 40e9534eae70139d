/** Small builders that tests of the runtime and of the server share. */
import type { WorkerProfile } from './provider.ts';
import type { Timers } from './timers.ts';

export const profileFixture = (over: Partial<WorkerProfile> = {}): WorkerProfile => ({
  model: null,
  effort: null,
  systemPrompt: { kind: 'append', text: 'You are Hearth.' },
  tools: ['Bash', 'Read', 'Write', 'Edit', 'Task'],
  disallowedTools: [],
  planMode: false,
  cwd: '/tmp',
  addDirs: [],
  env: {},
  agents: {},
  mcpServers: {},
  plugins: [],
  ownTools: null,
  outputSchema: null,
  maxTurns: null,
  maxBudgetUsd: null,
  sandbox: null,
  ...over,
});

/** Time that moves only when told to. */
export const createManualTimers = (): Timers & { advance(ms: number): void } => {
  let now = 0;
  const due = new Map<number, { at: number; fn: () => void }>();
  let nextId = 0;
  return {
    now: () => now,
    set(ms, fn) {
      const id = nextId;
      nextId += 1;
      due.set(id, { at: now + ms, fn });
      return () => due.delete(id);
    },
    advance(ms) {
      const end = now + ms;
      while (true) {
        const next = [...due].filter(([, timer]) => timer.at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
        if (!next) break;
        due.delete(next[0]);
        now = Math.max(now, next[1].at);
        next[1].fn();
      }
      now = end;
    },
  };
};
