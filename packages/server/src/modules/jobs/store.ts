/** Rows of the ledger. */
import { type Kysely, type Selectable, sql } from 'kysely';
import type { Database, Db, JobsTable } from '../../db/index.ts';

export type JobRow = Selectable<JobsTable>;
type Connection = Kysely<Database>;
type Lease = Pick<JobRow, 'id' | 'lease_id'>;

export interface Claim {
  now: string;
  leaseId: string;
  leaseUntil: string;
  kinds: readonly string[];
}

export const createJobStore = ({ kysely: db, kind }: Pick<Db, 'kysely' | 'kind'>) => {
  /** Due, or abandoned by a process that has died. */
  const claimable = (tx: Connection, { now, kinds }: Claim) =>
    tx
      .selectFrom('jobs')
      .where('kind', 'in', kinds)
      .where((eb) =>
        eb.or([
          eb.and([eb('status', '=', 'waiting'), eb('run_at', '<=', now)]),
          eb.and([eb('status', '=', 'running'), eb('lease_until', '<=', now)]),
        ]),
      )
      .orderBy('run_at')
      .limit(1)
      .selectAll();

  const settling = (row: Lease, set: Partial<JobRow>) =>
    db
      .updateTable('jobs')
      .set({ ...set, lease_id: null, lease_until: null })
      .where('id', '=', row.id)
      .where('lease_id', '=', row.lease_id);

  return {
    /** On SQLite the write lock of the transaction keeps others out; PostgreSQL passes over rows that are being claimed. */
    claim: (claim: Claim): Promise<JobRow | undefined> =>
      db.transaction().execute(async (tx) => {
        const due = claimable(tx, claim);
        const row = await (kind === 'postgres' ? due.forUpdate().skipLocked() : due).executeTakeFirst();
        if (!row) return undefined;
        const wasAbandoned = row.status === 'running';
        const set = {
          status: 'running' as const,
          lease_id: claim.leaseId,
          lease_until: claim.leaseUntil,
          asked_again: 0 as const,
          attempts: row.attempts + (wasAbandoned ? 1 : 0),
        };
        await tx.updateTable('jobs').set(set).where('id', '=', row.id).execute();
        return { ...row, ...set };
      }),
    renew: async (leaseIds: readonly string[], until: string): Promise<void> => {
      if (leaseIds.length === 0) return;
      await db.updateTable('jobs').set({ lease_until: until }).where('lease_id', 'in', leaseIds).execute();
    },
    /** False when the lease was lost: somebody else has the job now. */
    settle: async (row: Lease, set: Partial<JobRow>): Promise<boolean> => {
      const done = await settling(row, set).executeTakeFirst();
      return Number(done.numUpdatedRows) > 0;
    },
    /** One statement: between a look and the end somebody might ask once more, and nobody would do it. */
    settleUnlessAskedAgain: async (row: Lease, set: Partial<JobRow>): Promise<boolean> => {
      const done = await settling(row, set).where('asked_again', '=', 0).executeTakeFirst();
      return Number(done.numUpdatedRows) > 0;
    },
    /** For later, or for now when it was asked for meanwhile: perhaps because what was away is there again. */
    postpone: async (
      row: Lease,
      set: Partial<JobRow>,
      { now, later }: { now: string; later: string },
    ): Promise<void> => {
      const run_at = sql<string>`case when asked_again = 1 then ${now} else ${later} end`;
      await settling(row, { ...set, status: 'waiting' })
        .set({ run_at })
        .execute();
    },
    endLeases: async (now: string): Promise<void> => {
      await db
        .updateTable('jobs')
        .set({ lease_until: now })
        .where('status', '=', 'running')
        .where('lease_until', '>', now)
        .execute();
    },
    /** The same work once more: a waiting job stands for it, a running one is told that there is more. */
    join: async (kindName: string, key: string, runAt: string, tx: Connection): Promise<boolean> => {
      const known = await tx
        .updateTable('jobs')
        .set({
          asked_again: 1,
          // What waits for a dependency is not tried sooner for it: "it is back" is said with `retryAway`.
          run_at: sql<string>`case when status = 'waiting' and away_since is null and run_at > ${runAt}
            then ${runAt} else run_at end`,
        })
        .where('kind', '=', kindName)
        .where('unique_key', '=', key)
        .executeTakeFirst();
      return Number(known.numUpdatedRows) > 0;
    },
    insert: async (
      row: Pick<JobRow, 'id' | 'owner_id' | 'kind' | 'unique_key' | 'payload' | 'run_at' | 'created_at'>,
      tx: Connection,
    ) => {
      await tx
        .insertInto('jobs')
        .values({ ...row, status: 'waiting' })
        // Somebody else was quicker, and may have begun before this transaction is seen.
        .onConflict((conflict) => conflict.columns(['kind', 'unique_key']).doUpdateSet({ asked_again: 1 }))
        .execute();
    },
    count: async (ownerId: string, kindName: string, on: Connection = db): Promise<number> => {
      const row = await on
        .selectFrom('jobs')
        .where('owner_id', '=', ownerId)
        .where('kind', '=', kindName)
        .where('status', 'in', ['waiting', 'running'])
        .select((eb) => eb.fn.countAll().as('n'))
        .executeTakeFirstOrThrow();
      return Number(row.n);
    },
    /** Because a dependency was away. */
    gaveUpSince: async (kinds: readonly string[], since: string): Promise<boolean> => {
      const row = await db
        .selectFrom('jobs')
        .where('status', '=', 'failed')
        .where('kind', 'in', kinds)
        .where('away_since', 'is not', null)
        .where('finished_at', '>=', since)
        .select('id')
        .limit(1)
        .executeTakeFirst();
      return row !== undefined;
    },
    /** How many of one kind wait for the owner of whom most wait. */
    mostOfOneOwner: async (kinds: readonly string[]): Promise<number> => {
      const row = await db
        .selectFrom('jobs')
        .where('status', 'in', ['waiting', 'running'])
        .where('kind', 'in', kinds)
        .groupBy(['owner_id', 'kind'])
        .select((eb) => eb.fn.countAll().as('n'))
        .orderBy('n', 'desc')
        .limit(1)
        .executeTakeFirst();
      return Number(row?.n ?? 0);
    },
    isDue: async (ownerId: string, kindName: string, now: string): Promise<boolean> => {
      const row = await db
        .selectFrom('jobs')
        .where('owner_id', '=', ownerId)
        .where('kind', '=', kindName)
        .where((eb) =>
          eb.or([eb('status', '=', 'running'), eb.and([eb('status', '=', 'waiting'), eb('run_at', '<=', now)])]),
        )
        .select('id')
        .executeTakeFirst();
      return row !== undefined;
    },
    nextRunAt: async (kinds: readonly string[]): Promise<string | null> => {
      const row = await db
        .selectFrom('jobs')
        .where('status', '=', 'waiting')
        .where('kind', 'in', kinds)
        .select((eb) => eb.fn.min('run_at').as('at'))
        .executeTakeFirst();
      return row?.at ?? null;
    },
    remove: async (ownerId: string, kindName: string, tx: Connection = db): Promise<void> => {
      await tx.deleteFrom('jobs').where('owner_id', '=', ownerId).where('kind', '=', kindName).execute();
    },
    retryAway: async (now: string): Promise<void> => {
      await db
        .updateTable('jobs')
        .set({ run_at: now })
        .where('status', '=', 'waiting')
        .where('away_since', 'is not', null)
        .where('run_at', '>', now)
        .execute();
    },
    stands: async (id: string, tx: Connection): Promise<boolean> => {
      const row = tx.selectFrom('jobs').where('id', '=', id).select('id');
      // SQLite has one writer at a time anyway.
      return (await (kind === 'postgres' ? row.forUpdate() : row).executeTakeFirst()) !== undefined;
    },
    prune: async (done: string, failed: string): Promise<void> => {
      await db
        .deleteFrom('jobs')
        .where((eb) =>
          eb.or([
            eb.and([eb('status', '=', 'done'), eb('finished_at', '<', done)]),
            eb.and([eb('status', '=', 'failed'), eb('finished_at', '<', failed)]),
          ]),
        )
        .execute();
    },
  };
};
