/**
 * Keeps one run going from its first event to its last row: watches the worker, books the result together with the end
 * of the run in one transaction, and only then tells readers that it is over.
 */
import type { QueryResponse } from '@hearth/contract';
import { announceEnd, type RunHandle, type TurnOutcome } from '@hearth/runtime';
import type { Db, RunStatus } from '../../db/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import { untilStored } from '../../kernel/retry.ts';
import type { Sessions } from '../sessions/index.ts';
import type { Journal } from './journal.ts';
import type { RunStore } from './run-store.ts';
import type { Connection, RunEnd } from './types.ts';

export interface KeeperDeps {
  db: Db;
  clock: Clock;
  log: Log;
  runs: RunStore;
  sessions: Sessions;
  /** What follows from a run: `store` in the transaction that ends it, `wake` after the commit. */
  afterRun: { store(run: { ownerId: string; sessionId: string }, tx: Connection): Promise<void>; wake(): void };
}

export interface KeptRun {
  ownerId: string;
  sessionId: string;
  runId: string;
  demo: boolean;
  /** Memories that went along with the message. */
  memories: string[];
}

const statusOf = (outcome: TurnOutcome): RunStatus => {
  if (outcome.kind === 'failed') return 'failed';
  if (outcome.kind === 'interrupted') return 'interrupted';
  return outcome.kind === 'parked' ? 'parked' : 'completed';
};

const errorOf = (outcome: TurnOutcome): { code: string; message: string } | null =>
  outcome.kind === 'failed' ? { code: outcome.code, message: outcome.message } : null;

const emptyResult = (run: KeptRun, outcome: TurnOutcome): QueryResponse => ({
  session_id: run.sessionId,
  run_id: run.runId,
  model: '',
  demo: run.demo,
  content: '',
  content_blocks: [],
  num_turns: 0,
  is_error: outcome.kind === 'failed',
  stop_reason: outcome.kind === 'interrupted' ? 'interrupted' : 'error',
  duration_ms: 0,
  total_cost_usd: 0,
  usage: { input_tokens: 0, output_tokens: 0, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 },
  model_usage: {},
  memories_used: [],
});

export interface Keeper {
  /** Resolves when the run is over (or parked) and everything about it is stored. */
  keep(run: KeptRun, handle: RunHandle, journal: Journal): Promise<RunEnd | { kind: 'parked' }>;
  /** Ends a run that has no worker any more. */
  end(run: KeptRun, outcome: TurnOutcome, journal: Journal): Promise<RunEnd>;
}

export const createKeeper = ({ db, clock, log, runs, sessions, afterRun }: KeeperDeps): Keeper => {
  const book = async (
    run: KeptRun,
    outcome: TurnOutcome,
    result: QueryResponse,
    agentSessionId: string | null,
  ): Promise<void> => {
    await db.kysely.transaction().execute(async (tx) => {
      await runs.update(
        run.runId,
        {
          status: statusOf(outcome),
          result: JSON.stringify(result),
          error: errorOf(outcome) === null ? null : JSON.stringify(errorOf(outcome)),
          draft: null,
          lease_until: null,
          ended_at: clock.now().toISOString(),
        },
        tx,
      );
      const totals = { turns: result.num_turns, costUsd: result.total_cost_usd, usage: result.usage };
      await sessions.addTotals(run.sessionId, { ...totals, agentSessionId }, tx);
      if (outcome.kind !== 'failed') await afterRun.store(run, tx);
    });
    afterRun.wake();
  };

  const finish = async (
    run: KeptRun,
    ended: { outcome: TurnOutcome; result: QueryResponse | null; agentSessionId: string | null },
    journal: Journal,
  ): Promise<RunEnd> => {
    const { outcome } = ended;
    const given = { ...(ended.result ?? emptyResult(run, outcome)), memories_used: run.memories };
    // The agent prices every token as Claude's; the demo model costs nothing.
    const result = run.demo ? { ...given, total_cost_usd: 0, model_usage: {} } : given;
    try {
      await journal.keepDraft();
      await journal.settled();
      await untilStored(clock, () => book(run, outcome, result, ended.agentSessionId), journal.tellWaiting);
    } catch (error) {
      log.error({ err: error, run_id: run.runId }, 'the end of a run could not be stored');
    }
    announceEnd({ sessionId: run.sessionId, runId: run.runId, listener: journal.take }, outcome, result);
    journal.stop();
    await sessions.announce(run.ownerId, run.sessionId);
    return { kind: 'over', result, error: errorOf(outcome) };
  };

  return {
    async keep(run, handle, journal) {
      const ended = await handle.finished;
      if (ended.outcome.kind !== 'parked') return finish(run, ended, journal);
      await journal.settled();
      const known = { agent_session_id: ended.agentSessionId, memories: JSON.stringify(run.memories) };
      await untilStored(clock, () => runs.update(run.runId, { status: 'parked', lease_until: null, ...known }));
      await sessions.announce(run.ownerId, run.sessionId);
      const ids = { session_id: run.sessionId, run_id: run.runId };
      journal.take({
        type: 'status',
        data: { ...ids, status: 'parked', message: 'Waiting for you. The run goes on as soon as you decide.' },
      });
      journal.stop();
      return { kind: 'parked' };
    },
    end: (run, outcome, journal) => finish(run, { outcome, result: null, agentSessionId: null }, journal),
  };
};
