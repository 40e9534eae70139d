/** Claims due jobs, runs them, and stores how they ended. See `index.ts`. */
import type { JsonObject } from '@hearth/contract';
import { jsonObjectSchema } from '@hearth/contract';
import type { Kysely } from 'kysely';
import type { Database, Db } from '../../db/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import { AppError, isAppError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { parseJson } from '../../kernel/json.ts';
import type { Log } from '../../kernel/log.ts';
import { createJobStore, type JobRow } from './store.ts';

export interface NewJob {
  ownerId: string;
  kind: string;
  /** While an unfinished job of the kind has the same key, no second one is made. */
  uniqueKey: string | null;
  payload: JsonObject;
  /** It only points at what is stored elsewhere, so any number may wait. */
  unlimited?: true;
  /** Not before this time has passed; of two with the same key the earlier time counts, unless a dependency is away. */
  delayMs?: number;
}

export type JobOutcome = 'done' | 'more';

export interface JobKind {
  /**
   * Must be safe to repeat. `more`: a slice is done, go on at once. SERVICE_UNAVAILABLE: a dependency is away, try
   * again later. Any other error counts as an attempt.
   */
  run(job: { id: string; ownerId: string; payload: JsonObject }, signal: AbortSignal): Promise<JobOutcome>;
  /** It failed for good, after all attempts or a day without its dependency; its row stays for a month. */
  gaveUp?(job: { ownerId: string; payload: JsonObject }): Promise<void>;
  /** After each run in this process, as soon as its outcome is stored. */
  ended?(job: { ownerId: string }): void;
  attempts: number;
  timeoutMs: number;
}

export interface Jobs {
  define(name: string, kind: JobKind): void;
  /**
   * In the caller's transaction when given. SERVICE_UNAVAILABLE when too much of this kind waits already: nothing is
   * dropped silently. Call `wake` after the commit.
   */
  enqueue(job: NewJob, tx?: Kysely<Database>): Promise<void>;
  /** Looks for due jobs now. */
  wake(): void;
  waiting(ownerId: string, kind: string): Promise<number>;
  /** One of this kind is due or running, rather than waiting for a dependency to come back. */
  isAtWork(ownerId: string, kind: string): Promise<boolean>;
  /** Something of these kinds cannot be queued any more, or was given up within a day because a dependency was away. */
  isOverdue(kinds: readonly string[]): Promise<boolean>;
  /** Also what runs: it goes on, and finds out by `stands`. */
  remove(ownerId: string, kind: string, tx?: Kysely<Database>): Promise<void>;
  /** The job was not removed meanwhile, and will not be before the transaction ends. */
  stands(id: string, tx: Kysely<Database>): Promise<boolean>;
  /** A dependency is there again: what waits for one is tried now. */
  retryAway(): Promise<void>;
  /** Alone: there is no other process, so what seems to run was left by one that died and is done again at once. */
  start(how?: { alone: boolean }): Promise<void>;
  /** Nothing new is begun; what runs is given a moment, then its lease runs out and it is done again elsewhere. */
  stop(graceMs: number): Promise<void>;
  prune(): Promise<void>;
}

export interface JobsDeps {
  db: Db;
  clock: Clock;
  log: Log;
  atOnce?: number;
  /** Seed: 1,000 items wait at most, for a day. */
  mostWaiting?: number;
  giveUpAfterMs?: number;
  random?: () => number;
}

const dayMs = 86_400_000;
/** So long nobody takes up what a process that died was doing; it is renewed with every look. */
const leaseMs = 20_000;
const pollMs = 5_000;
/** 2 s, 4 s, 8 s … up to five minutes, a fifth of it by chance. */
const pauseMs = (failures: number, random: () => number): number =>
  Math.min(300_000, 2_000 * 2 ** Math.min(failures, 10)) * (0.8 + 0.4 * random());

const sentenceOf = (error: unknown): string =>
  isAppError(error) ? error.message : 'Something went wrong inside the server.';

export const createJobs = (deps: JobsDeps): Jobs => {
  const { db, clock, log, atOnce = 2, mostWaiting = 1_000, giveUpAfterMs = dayMs, random = Math.random } = deps;
  const store = createJobStore(db);
  const kinds = new Map<string, JobKind>();
  const running = new Map<string, { done: Promise<void>; stop: AbortController }>();
  /** How often in a row a job's dependency was away; only for the pauses, so it may be forgotten. */
  const away = new Map<string, number>();
  let isStarted = false;
  let isLooking = false;
  let lookAgain = false;
  let cancelTimer = (): void => {};
  const at = (ms = 0): string => new Date(clock.now().getTime() + ms).toISOString();

  const again = async (row: JobRow, waitMs: number, set: Partial<JobRow>): Promise<void> => {
    await store.settle(row, { ...set, status: 'waiting', run_at: at(waitMs) });
  };

  const finish = async (row: JobRow): Promise<void> => {
    away.delete(row.id);
    // What a job was about is nobody's business once it is done.
    const over = { status: 'done' as const, unique_key: null, finished_at: at(), error: null, payload: '{}' };
    if (!(await store.settleUnlessAskedAgain(row, over)))
      await again(row, 0, { away_since: null, attempts: 0, error: null });
  };

  const fail = async (row: JobRow, kind: JobKind, error: unknown): Promise<void> => {
    const set = { error: sentenceOf(error) };
    const isAway = isAppError(error, 'SERVICE_UNAVAILABLE');
    const since = row.away_since ?? at();
    if (isAway && clock.now().getTime() - Date.parse(since) < giveUpAfterMs) {
      const count = (away.get(row.id) ?? 0) + 1;
      away.set(row.id, count);
      const when = { now: at(), later: at(pauseMs(count, random)) };
      return store.postpone(row, { ...set, away_since: since }, when);
    }
    const attempts = row.attempts + 1;
    if (!isAway && attempts < kind.attempts && !isAppError(error, 'VALIDATION_ERROR'))
      return again(row, pauseMs(attempts, random), { ...set, attempts });
    const over = { ...set, status: 'failed' as const, unique_key: null, attempts, finished_at: at() };
    if (!(await store.settle(row, over))) return;
    log.error({ err: error, job: row.kind, job_id: row.id }, 'a job failed for good');
    await kind.gaveUp?.({
      ownerId: row.owner_id,
      payload: parseJson(jsonObjectSchema, row.payload, 'payload of a job'),
    });
  };

  const runOne = async (row: JobRow, kind: JobKind, stop: AbortController): Promise<void> => {
    const cancel = clock.setTimer(kind.timeoutMs, () =>
      stop.abort(new AppError('SERVICE_UNAVAILABLE', 'It took too long and is tried again.')),
    );
    try {
      const payload = parseJson(jsonObjectSchema, row.payload, 'payload of a job');
      const outcome = await kind.run({ id: row.id, ownerId: row.owner_id, payload }, stop.signal);
      away.delete(row.id);
      if (outcome === 'more') await again(row, 0, { away_since: null, attempts: 0, error: null });
      else await finish(row);
    } catch (error) {
      await fail(row, kind, stop.signal.aborted ? stop.signal.reason : error);
    } finally {
      cancel();
    }
  };

  const begin = (row: JobRow, kind: JobKind): void => {
    const stop = new AbortController();
    const done = runOne(row, kind, stop)
      .catch((error: unknown) => log.error({ err: error, job: row.kind }, 'the end of a job could not be stored'))
      .finally(() => {
        running.delete(row.lease_id ?? '');
        kind.ended?.({ ownerId: row.owner_id });
        wake();
      });
    running.set(row.lease_id ?? '', { done, stop });
  };

  const claimDue = async (): Promise<void> => {
    while (isStarted && running.size < atOnce) {
      const claim = { now: at(), leaseId: newId(), leaseUntil: at(leaseMs), kinds: [...kinds.keys()] };
      const row = await store.claim(claim);
      const kind = row && kinds.get(row.kind);
      if (!row || !kind) return;
      begin(row, kind);
    }
  };

  /** The timer is for what becomes due later and for what other processes have enqueued. */
  const arm = async (): Promise<void> => {
    cancelTimer();
    if (!isStarted) return;
    const next = await store.nextRunAt([...kinds.keys()]).catch(() => null);
    const dueMs = next === null ? pollMs : Math.max(50, Date.parse(next) - clock.now().getTime());
    cancelTimer = clock.setTimer(Math.min(pollMs, dueMs), wake);
    await store.renew([...running.keys()], at(leaseMs)).catch(() => {});
  };

  const look = async (): Promise<void> => {
    isLooking = true;
    do {
      lookAgain = false;
      await claimDue();
    } while (lookAgain);
    isLooking = false;
    await arm();
  };

  const wake = (): void => {
    if (!isStarted) return;
    lookAgain = true;
    if (isLooking) return;
    look().catch((error: unknown) => {
      isLooking = false;
      log.warn({ err: error }, 'the ledger of jobs could not be read; it is tried again');
      cancelTimer();
      if (isStarted) cancelTimer = clock.setTimer(pollMs, wake);
    });
  };

  return {
    define(name, kind) {
      kinds.set(name, kind);
    },
    async enqueue({ ownerId, kind, uniqueKey, payload, unlimited = false, delayMs = 0 }, tx = db.kysely) {
      if (uniqueKey !== null && (await store.join(kind, uniqueKey, at(delayMs), tx))) return;
      if (!unlimited && (await store.count(ownerId, kind, tx)) >= mostWaiting)
        throw new AppError('SERVICE_UNAVAILABLE', 'Too much of this is waiting already. Try again later.', {
          details: { waiting: mostWaiting },
          retryAfter: 300,
        });
      await store.insert(
        {
          id: newId(),
          owner_id: ownerId,
          kind,
          unique_key: uniqueKey,
          payload: JSON.stringify(payload),
          run_at: at(delayMs),
          created_at: at(),
        },
        tx,
      );
    },
    wake,
    waiting: (ownerId, kind) => store.count(ownerId, kind),
    isAtWork: (ownerId, kind) => store.isDue(ownerId, kind, at()),
    isOverdue: async (names) =>
      (await store.gaveUpSince(names, at(-dayMs))) || (await store.mostOfOneOwner(names)) >= mostWaiting,
    remove: store.remove,
    stands: store.stands,
    async retryAway() {
      await store.retryAway(at());
      wake();
    },
    async start({ alone } = { alone: false }) {
      if (alone) await store.endLeases(at());
      isStarted = true;
      wake();
    },
    async stop(graceMs) {
      isStarted = false;
      cancelTimer();
      const all = [...running.values()];
      let cancel = (): void => {};
      const late = new Promise<void>((resolve) => {
        cancel = clock.setTimer(graceMs, resolve);
      });
      await Promise.race([Promise.all(all.map(({ done }) => done)), late]);
      cancel();
      for (const { stop } of all) stop.abort(new AppError('SERVICE_UNAVAILABLE', 'The server is stopping.'));
      await Promise.all(all.map(({ done }) => done));
    },
    prune: () => store.prune(at(-dayMs), at(-30 * dayMs)),
  };
};
