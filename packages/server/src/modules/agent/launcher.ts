/** Puts a prepared run on a worker: journal, gate and keeper around `runtime.start`. */
import type { Permissions } from '@hearth/contract';
import type { Runtime, UserTurn } from '@hearth/runtime';
import type { Db } from '../../db/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import type { WebhookSender } from '../../ports/webhook-sender.ts';
import type { EventLog } from '../events/index.ts';
import { canonicalTool, type Grant } from '../policy/index.ts';
import type { SessionRow, Sessions } from '../sessions/index.ts';
import { createGate, type GateDeps } from './gate.ts';
import { createJournal, type Journal, type JournalRun } from './journal.ts';
import { createKeeper, type Keeper, type KeeperDeps, type KeptRun } from './keeper.ts';
import type { LiveRun, LiveRuns } from './live-runs.ts';
import type { PreparedRun } from './run-request.ts';
import type { RunRow, RunStore } from './run-store.ts';
import { createUnofferedCalls } from './unoffered.ts';
import { createRunWebhooks } from './webhooks.ts';

export interface LauncherDeps extends Omit<GateDeps, 'currentPermissions'> {
  db: Db;
  clock: Clock;
  log: Log;
  events: EventLog;
  sessions: Sessions;
  runs: RunStore;
  runtime: Runtime;
  live: LiveRuns;
  isDemo: () => boolean;
  permissionsOf: (keyId: string) => Promise<Permissions | null>;
  recorded: (agentSessionId: string, toolUseId: string, ms: number) => Promise<void>;
  /** A run was parked; its question may have been settled in the same moment. */
  onParked: (runId: string) => Promise<void>;
  webhooks: WebhookSender;
  draftMs: number;
  afterRun: KeeperDeps['afterRun'];
}

export interface Launch {
  row: Pick<RunRow, 'id' | 'owner_id' | 'session_id' | 'key_id'>;
  session: Pick<SessionRow, 'id'>;
  prepared: PreparedRun;
  /** Null continues a parked run. */
  turn: UserTurn | null;
  resume: { agentSessionId: string; fork: boolean } | null;
  /** The prompt; its first words name checkpoints. */
  label: string;
  /** Memories that went along with the message. */
  memories: string[];
}

export interface Launcher {
  launch(request: Launch): LiveRun;
  journal(run: JournalRun): Journal;
  keeper: Keeper;
}

/** The agent writes its transcript in steps of about 100 ms; later than this something is wrong, and asking goes first. */
const recordedWithinMs = 2_000;

export const createLauncher = (deps: LauncherDeps): Launcher => {
  const { clock, log, runs, runtime, live } = deps;
  const keeper = createKeeper(deps);
  const journalOf = (run: JournalRun): Journal => createJournal(deps, run);

  /** What a crash in the first second must not lose: which conversation of the agent it is, and what was recalled. */
  const rememberWorker = (row: Launch['row'], agentSessionId: string, memories: string[]): Promise<boolean> =>
    deps.db.kysely.transaction().execute(async (tx) => {
      const started_at = clock.now().toISOString();
      const known = { agent_session_id: agentSessionId, memories: JSON.stringify(memories) };
      const set = { status: 'running' as const, ...known, started_at };
      if (!(await runs.note(row.id, set, tx))) return false;
      const ofSession = { agent_session_id: agentSessionId };
      await tx.updateTable('sessions').set(ofSession).where('id', '=', row.session_id).execute();
      return true;
    });

  /** What the run is doing, stored and then told. The run does not wait for it, but the order is kept. */
  const createNotes = (row: Launch['row']) => {
    let last: Promise<unknown> = Promise.resolve();
    return (write: () => Promise<boolean>): void => {
      const tell = async (): Promise<void> => {
        if (await write()) await deps.sessions.announce(row.owner_id, row.session_id);
      };
      last = last
        .then(tell)
        .catch((error: unknown) => log.warn({ err: error, run_id: row.id }, 'the state of a run could not be stored'));
    };
  };

  const recordUnoffered = async (row: Launch['row'], tool: string, origin: string): Promise<void> => {
    const who = { ownerId: row.owner_id, keyId: row.key_id, sessionId: row.session_id, runId: row.id };
    await deps.audit
      .record({
        ...who,
        action: 'tool.denied',
        outcome: 'denied',
        code: 'NOT_OFFERED',
        target: canonicalTool(tool),
        origin,
      })
      .catch((error: unknown) => log.error({ err: error, run_id: row.id }, 'an audit row could not be written'));
  };

  const follow = async (run: LiveRun): Promise<void> => {
    const stopListening = await live.listen(run).catch(() => () => {});
    const ended = await run.ended.catch((error: unknown) => {
      log.error({ err: error, run_id: run.runId }, 'a run ended badly');
      return null;
    });
    stopListening();
    live.remove(run.runId);
    if (ended?.kind === 'parked') await deps.onParked(run.runId);
  };

  const launch = ({ row, session, prepared, turn, resume, label, memories }: Launch): LiveRun => {
    const hooks = prepared.hooks;
    const ids = { ownerId: row.owner_id, sessionId: row.session_id, runId: row.id };
    const kept: KeptRun = { ...ids, demo: deps.isDemo(), memories };
    const journal = journalOf(ids);
    const state: { mode: Grant['mode']; agentSessionId: string | null } = {
      mode: prepared.grant.mode,
      agentSessionId: null,
    };
    const note = createNotes(row);
    let questions = 0;
    const unoffered = createUnofferedCalls();
    const webhooks = createRunWebhooks({ sender: deps.webhooks, log }, { ...ids, hooks });
    const gate = createGate(
      { ...deps, currentPermissions: deps.permissionsOf },
      {
        ...ids,
        keyId: row.key_id,
        label,
        grant: prepared.grant,
        checkpointing: prepared.checkpointing,
        webhooks,
        mode: () => state.mode,
        recorded: async (toolUseId) => {
          if (state.agentSessionId !== null) await deps.recorded(state.agentSessionId, toolUseId, recordedWithinMs);
        },
        onWaiting: (waiting) => {
          // Calls of one answer may wait beside each other.
          questions += waiting ? 1 : -1;
          const status = questions > 0 ? 'waiting' : 'running';
          note(() => runs.note(row.id, { status }));
        },
      },
    );
    const handle = runtime.start({
      ...ids,
      demo: kept.demo,
      turn,
      gate: (call) => {
        unoffered.gated(call.toolUseId);
        return gate(call);
      },
      profile: prepared.profile,
      conversation: resume,
      listener: (event) => {
        journal.take(
          event.type === 'init' ? { ...event, data: { ...event.data, permission_mode: state.mode } } : event,
        );
        webhooks.see(event);
        for (const tool of unoffered.see(event)) void recordUnoffered(row, tool, prepared.grant.origin);
      },
      onWorker: (agentSessionId) => {
        state.agentSessionId = agentSessionId;
        note(() => rememberWorker(row, agentSessionId, memories));
      },
    });
    const run: LiveRun = {
      runId: row.id,
      sessionId: session.id,
      handle,
      liveParts: journal.liveParts,
      settled: journal.settled,
      get mode() {
        return state.mode;
      },
      set mode(mode) {
        state.mode = mode;
      },
      ended: keeper.keep(kept, handle, journal),
    };
    if (turn) webhooks.tell('UserPromptSubmit', { prompt: turn.text });
    run.ended.then(
      (end) => {
        if (end.kind === 'over') webhooks.tell('Stop', { stop_reason: end.result.stop_reason });
      },
      () => {},
    );
    live.add(run);
    void follow(run);
    return run;
  };

  return { launch, journal: journalOf, keeper };
};
