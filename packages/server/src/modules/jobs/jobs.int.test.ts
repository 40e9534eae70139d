import { describe, expect, it } from 'vitest';
import { type Engine, eachEngine } from '../../db/test-db.ts';
import { systemClock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import { createFakeClock } from '../../kernel/fake-clock.ts';
import { newId } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import { createJobs, type Jobs } from './index.ts';

const until = async (what: () => boolean | Promise<boolean>): Promise<void> => {
  for (let turn = 0; turn < 2_000; turn += 1) {
    if (await what()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('it did not happen');
};

const suite = (engine: Engine): void => {
  const open = async (more: Partial<Parameters<typeof createJobs>[0]> = {}) => {
    const db = more.db ?? (await engine.makeDb());
    const jobs = createJobs({ db, clock: systemClock, log: silentLog, random: () => 0.5, ...more });
    return { db, jobs };
  };
  const owner = newId();
  const job = (at: number | string = 0) => ({ ownerId: owner, kind: 'test', uniqueKey: `${at}`, payload: { at } });
  const rowsOf = (db: Awaited<ReturnType<typeof open>>['db']) => db.kysely.selectFrom('jobs').selectAll().execute();
  const counting = (jobs: Jobs, ran: unknown[]): void =>
    jobs.define('test', {
      attempts: 3,
      timeoutMs: 5_000,
      async run({ payload }) {
        ran.push(payload.at);
        return 'done';
      },
    });

  it('runs every job once, also with two workers on one database', async () => {
    const { db, jobs } = await open();
    const other = (await open({ db })).jobs;
    const ran: unknown[] = [];
    for (const one of [jobs, other]) counting(one, ran);
    for (let at = 0; at < 60; at += 1) await jobs.enqueue(job(at));
    await jobs.start();
    await other.start();
    await until(() => ran.length >= 60);
    await Promise.all([jobs.stop(1_000), other.stop(1_000)]);
    expect(ran.toSorted((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 60 }, (_, at) => at));
    expect((await rowsOf(db)).every(({ status, payload }) => status === 'done' && payload === '{}')).toBe(true);
  });

  it('stands until it is removed, also while it runs', async () => {
    const { db, jobs } = await open();
    const gate = Promise.withResolvers<void>();
    const stood: boolean[] = [];
    jobs.define('test', {
      attempts: 1,
      timeoutMs: 5_000,
      async run({ id }) {
        stood.push(await db.kysely.transaction().execute((tx) => jobs.stands(id, tx)));
        await gate.promise;
        stood.push(await db.kysely.transaction().execute((tx) => jobs.stands(id, tx)));
        return 'done';
      },
    });
    await jobs.enqueue(job());
    await jobs.start();
    await until(() => stood.length === 1);
    await jobs.remove(owner, 'test');
    gate.resolve();
    await until(() => stood.length === 2);
    await jobs.stop(1_000);
    expect(stood).toEqual([true, false]);
    expect(await rowsOf(db)).toEqual([]);
  });

  it('waits out its pause however often it is asked for, and is tried when its dependency is said to be back', async () => {
    const { db, jobs } = await open();
    let isAway = true;
    jobs.define('test', {
      attempts: 1,
      timeoutMs: 5_000,
      async run() {
        if (isAway) throw new AppError('SERVICE_UNAVAILABLE', 'It is away.');
        return 'done';
      },
    });
    await jobs.enqueue(job());
    await jobs.start();
    await until(async () => (await rowsOf(db))[0]?.away_since !== null);
    const waiting = (await rowsOf(db))[0];
    expect(Date.parse(waiting?.run_at ?? '')).toBeGreaterThan(Date.now());
    isAway = false;
    // More of the same work says nothing about the dependency.
    await jobs.enqueue(job());
    jobs.wake();
    expect((await rowsOf(db))[0]?.run_at).toBe(waiting?.run_at);
    await jobs.retryAway();
    await until(async () => (await rowsOf(db))[0]?.status === 'done');
    await jobs.stop(1_000);
    expect(Date.now()).toBeLessThan(Date.parse(waiting?.run_at ?? ''));
  });

  it('is tried at once, without a pause, when it was asked for while its dependency was still away', async () => {
    const { db, jobs } = await open({ clock: createFakeClock() });
    let runs = 0;
    jobs.define('test', {
      attempts: 1,
      timeoutMs: 5_000,
      async run() {
        runs += 1;
        if (runs > 1) return 'done';
        await jobs.enqueue(job());
        throw new AppError('SERVICE_UNAVAILABLE', 'It is away.');
      },
    });
    await jobs.enqueue(job());
    await jobs.start();
    await until(async () => (await rowsOf(db))[0]?.status === 'done');
    await jobs.stop(0);
    expect(runs).toBe(2);
  });

  it('is part of the transaction that makes it necessary', async () => {
    const { db, jobs } = await open();
    const failing = db.kysely.transaction().execute(async (tx) => {
      await jobs.enqueue(job(), tx);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await rowsOf(db)).toEqual([]);
  });

  it('makes no second one while the same work waits, and does it again when it was asked for meanwhile', async () => {
    const { db, jobs } = await open();
    const gate = Promise.withResolvers<void>();
    let runs = 0;
    jobs.define('test', {
      attempts: 1,
      timeoutMs: 5_000,
      run: async () => {
        runs += 1;
        if (runs === 1) await gate.promise;
        return 'done';
      },
    });
    await jobs.enqueue(job());
    await jobs.enqueue(job());
    expect(await rowsOf(db)).toHaveLength(1);
    await jobs.start();
    await until(() => runs === 1);
    await jobs.enqueue(job());
    gate.resolve();
    await until(() => runs === 2);
    await until(async () => (await rowsOf(db))[0]?.status === 'done');
    await jobs.enqueue(job());
    await until(() => runs === 2);
    expect(await rowsOf(db)).toHaveLength(2);
    await jobs.stop(1_000);
  });

  it('goes on in slices, tries again what failed, and ends with the reason', async () => {
    const { db, jobs } = await open();
    let slices = 0;
    jobs.define('sliced', {
      attempts: 1,
      timeoutMs: 5_000,
      async run() {
        slices += 1;
        return slices < 3 ? 'more' : 'done';
      },
    });
    jobs.define('test', {
      attempts: 1,
      timeoutMs: 5_000,
      run: async () => {
        throw new AppError('INTERNAL_ERROR', 'It cannot work.');
      },
    });
    await jobs.enqueue({ ...job(), kind: 'sliced' });
    await jobs.enqueue(job());
    await jobs.start();
    await until(async () => (await rowsOf(db)).every(({ status }) => status === 'done' || status === 'failed'));
    await jobs.stop(1_000);
    expect(slices).toBe(3);
    const failed = (await rowsOf(db)).find(({ kind }) => kind === 'test');
    expect(failed).toMatchObject({ status: 'failed', error: 'It cannot work.', attempts: 1, unique_key: null });
  });

  it('waits for a dependency that is away without using up its attempts, for a day at most', async () => {
    const clock = createFakeClock();
    const { db, jobs } = await open({ clock });
    let tries = 0;
    const gaveUp: unknown[] = [];
    jobs.define('test', {
      attempts: 1,
      timeoutMs: 5_000,
      run: async () => {
        tries += 1;
        throw new AppError('SERVICE_UNAVAILABLE', 'It is away.');
      },
      gaveUp: async ({ payload }) => void gaveUp.push(payload),
    });
    await jobs.enqueue(job());
    expect(await jobs.isOverdue(['test'])).toBe(false);
    await jobs.start();
    const state = async () => (await rowsOf(db))[0];
    await until(async () => tries === 1 && (await state())?.status === 'waiting');
    expect(await state()).toMatchObject({ attempts: 0, error: 'It is away.' });
    await until(async () => {
      clock.advance(300_000);
      return (await state())?.status === 'failed';
    });
    expect(await state()).toMatchObject({ status: 'failed', error: 'It is away.' });
    expect(tries).toBeGreaterThan(20);
    await jobs.stop(0);
    expect(gaveUp).toEqual([{ at: 0 }]);
    expect(await jobs.isOverdue(['test'])).toBe(true);
    clock.advance(86_400_001);
    expect(await jobs.isOverdue(['test'])).toBe(false);
  });

  it('takes up at once what is left when there is no other process, whatever its lease says', async () => {
    const { db, jobs } = await open();
    const ran: unknown[] = [];
    counting(jobs, ran);
    await jobs.enqueue(job('left'));
    const lease = { lease_id: 'dead', lease_until: new Date(Date.now() + 60_000).toISOString() };
    await db.kysely
      .updateTable('jobs')
      .set({ ...lease, status: 'running' })
      .execute();
    await jobs.start({ alone: true });
    await until(async () => (await rowsOf(db))[0]?.status === 'done');
    await jobs.stop(1_000);
    expect(ran).toEqual(['left']);
  });

  it('takes over what a dead process has left', async () => {
    const clock = createFakeClock();
    const { db, jobs } = await open({ clock });
    const ran: unknown[] = [];
    counting(jobs, ran);
    await jobs.enqueue(job('left'));
    const dead = { status: 'running' as const, lease_id: 'dead', lease_until: clock.now().toISOString() };
    await db.kysely.updateTable('jobs').set(dead).execute();
    clock.advance(10);
    await jobs.start();
    await until(() => ran.length === 1);
    await until(async () => (await rowsOf(db))[0]?.status === 'done');
    expect((await rowsOf(db))[0]?.attempts).toBe(1);
    await jobs.stop(0);
  });

  it('says that too much waits already, and drops nothing', async () => {
    const { db, jobs } = await open({ mostWaiting: 3 });
    for (let at = 0; at < 3; at += 1) await jobs.enqueue(job(at));
    await expect(jobs.enqueue(job(4))).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryAfter: 300 });
    await expect(jobs.enqueue(job(2))).resolves.toBeUndefined();
    expect(await rowsOf(db)).toHaveLength(3);
    expect([await jobs.isOverdue(['test']), await jobs.isOverdue(['other'])]).toEqual([true, false]);
    await jobs.enqueue({ ...job(5), unlimited: true });
    expect(await rowsOf(db)).toHaveLength(4);
    await jobs.remove(owner, 'test');
    expect(await jobs.waiting(owner, 'test')).toBe(0);
  });
};

describe('the ledger of jobs', () => {
  eachEngine('on each engine', suite);
});
