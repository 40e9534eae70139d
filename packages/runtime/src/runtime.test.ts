/** Runs and the pool above a scripted provider: limits, queues, endings. */
import { randomUUID } from 'node:crypto';
import type { HearthEvent } from '@hearth/contract';
import { describe, expect, it } from 'vitest';
import { createManualTimers, profileFixture } from './fixtures.ts';
import { createMemoryTranscripts } from './memory-transcripts.ts';
import type { AgentProvider, ToolGate } from './provider.ts';
import { createRuntime, type RuntimeDeps } from './runtime.ts';
import { createScriptedProvider, type Script } from './scripted/index.ts';

const setup = (script: Script, over: Partial<RuntimeDeps> = {}) => {
  const provider = createScriptedProvider(script);
  const timers = createManualTimers();
  const runtime = createRuntime({
    provider,
    transcripts: createMemoryTranscripts(),
    timers,
    keepSpare: false,
    ...over,
  });
  const start = (sessionId: string, text: string | null, more: { conversation?: string; gate?: ToolGate } = {}) => {
    const events: HearthEvent[] = [];
    const handle = runtime.start({
      sessionId,
      runId: randomUUID(),
      demo: false,
      turn: text === null ? null : { uuid: randomUUID(), text, images: [] },
      gate: more.gate ?? (async () => ({ decision: 'allow' })),
      listener: (event) => void events.push(event),
      profile: profileFixture(),
      conversation: more.conversation ? { agentSessionId: more.conversation, fork: false } : null,
    });
    return { ...handle, events };
  };
  return { provider, timers, runtime, start };
};

const tick = () => new Promise((resolve) => setImmediate(resolve));

describe('a run', () => {
  it('answers with text, totals and the conversation to continue', async () => {
    const { start } = setup(({ text }) => [{ say: `You said ${text}` }]);
    const { finished, events } = start('a', 'hello');
    const ended = await finished;
    expect(ended.outcome).toEqual({ kind: 'completed' });
    expect(ended.result).toMatchObject({ content: 'You said hello', stop_reason: 'completed', is_error: false });
    expect(ended.agentSessionId).not.toBeNull();
    expect(events.map((event) => event.type)).toEqual(expect.arrayContaining(['init', 'partial', 'message']));
  });

  it('keeps the worker of a session for the next turn', async () => {
    const { start, provider } = setup(() => [{ say: 'ok' }]);
    const first = await start('a', 'one').finished;
    await start('a', 'two', { conversation: first.agentSessionId ?? '' }).finished;
    expect(provider.log.opened).toHaveLength(1);
  });

  it('ends with an error when its worker dies, and the next turn gets a new one', async () => {
    const { start, provider } = setup(({ text }) => (text === 'die' ? [{ die: true }] : [{ say: 'alive' }]));
    const died = await start('a', 'die').finished;
    expect(died.outcome).toMatchObject({ kind: 'failed', code: 'WORKER_DIED' });
    expect((await start('a', 'again').finished).outcome).toEqual({ kind: 'completed' });
    expect(provider.log.opened).toHaveLength(2);
  });

  it('ends a worker that says nothing for too long', async () => {
    const { start, timers } = setup(() => [{ hang: true }]);
    const run = start('a', 'hang');
    await tick();
    timers.advance(120_000);
    expect((await run.finished).outcome).toMatchObject({ kind: 'failed', code: 'WORKER_TIMEOUT' });
  });

  it('stops a worker that floods', async () => {
    const { start } = setup(() => [{ say: 'word '.repeat(1_000) }], { limits: { outputBytes: 2_000 } });
    expect((await start('a', 'flood').finished).outcome).toMatchObject({ kind: 'failed', code: 'OUTPUT_LIMIT' });
  });

  it('is interrupted, also while it hangs', async () => {
    const { start } = setup(() => [{ hang: true }]);
    const run = start('a', 'hang');
    await tick();
    await run.interrupt();
    expect((await run.finished).outcome).toEqual({ kind: 'interrupted' });
  });

  it('takes a second message while it runs, and none when it is over', async () => {
    const seen: string[] = [];
    const { start } = setup(({ text }) => {
      seen.push(text);
      return [{ say: text }];
    });
    const run = start('a', 'one');
    expect(run.steer({ uuid: randomUUID(), text: 'two', images: [] })).toBe(true);
    const ended = await run.finished;
    expect(seen).toEqual(['one', 'two']);
    expect(ended.result?.num_turns).toBe(2);
    expect(run.steer({ uuid: randomUUID(), text: 'three', images: [] })).toBe(false);
  });

  it('reports a worker that cannot be started, in words', async () => {
    const provider: AgentProvider = {
      name: 'broken',
      open: () => Promise.reject(new Error('no binary')),
      deferOpenCall: async () => false,
      branch: () => Promise.reject(new Error('no transcripts')),
    };
    const { start } = setup(() => [], { provider });
    const { outcome } = await start('a', 'hello').finished;
    expect(outcome).toMatchObject({ kind: 'failed', code: 'WORKER_DIED', message: expect.stringContaining('doctor') });
  });

  it('is refused by the open breaker only through retryAfter, so that callers can answer 503', async () => {
    const { start, runtime } = setup(() => [{ fail: 'MODEL_UNAVAILABLE' }]);
    for (let i = 0; i < 5; i += 1) await start(`s${i}`, 'x').finished;
    expect(runtime.retryAfter()).toBeGreaterThan(0);
  });
});

describe('the pool', () => {
  it('runs at most `maxLive` at a time, queues the others and tells them', async () => {
    let running = 0;
    let most = 0;
    const release: (() => void)[] = [];
    const gate: ToolGate = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => release.push(resolve));
      running -= 1;
      return { decision: 'allow' };
    };
    const { start, runtime } = setup(() => [{ use: 'Bash', input: {} }, { say: 'done' }], { maxLive: 2 });
    const runs = ['a', 'b', 'c', 'd'].map((id) => start(id, 'go', { gate }));
    while (release.length < 2) await tick();
    expect(runtime.stats()).toMatchObject({ busy: 2, queued: 2 });
    expect(runs[3]?.events.some((event) => event.type === 'status' && event.data.status === 'queued')).toBe(true);
    let ended = 0;
    for (const run of runs) void run.finished.then(() => (ended += 1));
    while (ended < 4) {
      release.shift()?.();
      await tick();
    }
    expect(most).toBe(2);
  });

  it('lets a queued run be interrupted before it starts', async () => {
    const { start } = setup(() => [{ hang: true }], { maxLive: 1 });
    const first = start('a', 'hang');
    await tick();
    const second = start('b', 'wait');
    await tick();
    await second.interrupt();
    expect((await second.finished).outcome).toEqual({ kind: 'interrupted' });
    await first.interrupt();
    await first.finished;
  });

  it('ends idle workers after a while, and the longest idle one when a place is needed', async () => {
    const { start, runtime, timers } = setup(() => [{ say: 'ok' }], { maxLive: 2, idleMs: 1_000 });
    for (const id of ['a', 'b', 'c']) {
      await start(id, 'x').finished;
      timers.advance(10);
    }
    expect(runtime.stats().live).toBe(2);
    timers.advance(1_000);
    await tick();
    expect(runtime.stats().live).toBe(0);
  });

  it('lets the worker of one session go when told to, a busy one after its turn', async () => {
    const { start, runtime } = setup(({ text }) => [text === 'hang' ? { hang: true } : { say: 'ok' }]);
    await start('a', 'one').finished;
    await start('b', 'one').finished;
    await runtime.drop('a');
    await runtime.drop('nobody');
    expect(runtime.stats().live).toBe(1);
    const busy = start('a', 'hang');
    await tick();
    await runtime.drop('a');
    expect(runtime.stats()).toMatchObject({ live: 2, busy: 1 });
    await busy.interrupt();
    await busy.finished;
    expect(runtime.stats().live).toBe(1);
  });

  it('gives a new chat the spare and starts the next one', async () => {
    const { start, runtime, provider } = setup(() => [{ say: 'ok' }], { keepSpare: true });
    runtime.prewarm(profileFixture());
    expect(provider.log.opened).toHaveLength(1);
    await start('a', 'x').finished;
    expect(provider.log.opened).toHaveLength(2);
    expect(runtime.stats()).toMatchObject({ live: 1, spare: true });
    await runtime.recycle();
    expect(runtime.stats()).toMatchObject({ live: 0, spare: false });
    await runtime.close();
  });
});
