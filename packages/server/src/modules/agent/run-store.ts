/**
 * Runs in SQL. A run belongs to the process that holds its lease; whoever finds an expired lease takes the run over with
 * one conditional update, so it has exactly one keeper at any time.
 */
import type { Selectable } from 'kysely';
import type { Db, RunStatus, RunsTable } from '../../db/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Connection } from './types.ts';

export type RunRow = Selectable<RunsTable>;

export const liveStatuses: RunStatus[] = ['queued', 'running', 'waiting'];

export interface RunStore {
  insert(row: RunRow, tx: Connection): Promise<void>;
  byId(id: string): Promise<RunRow | undefined>;
  byClientMessage(ownerId: string, clientMessageId: string): Promise<RunRow | undefined>;
  /** The run that a steering message joined. */
  ofSteeringMessage(ownerId: string, clientMessageId: string): Promise<{ runId: string; sessionId: string } | null>;
  /** The run of a session that is not over, if any. */
  active(sessionId: string): Promise<RunRow | undefined>;
  activity(sessionIds: string[]): Promise<Map<string, 'queued' | 'running' | 'waiting'>>;
  update(id: string, set: Partial<RunRow>, tx?: Connection): Promise<void>;
  /** As `update`, but never of a run that is over: its end is the last word. False for one that is. */
  updateOpen(id: string, set: Partial<RunRow>, tx?: Connection): Promise<boolean>;
  /** Takes a parked run; true for the one that got it. */
  claimParked(id: string): Promise<boolean>;
  /**
   * Takes over runs that nobody keeps any more, also own ones whose end could not be stored; `kept` are the runs that
   * this process still keeps. `all` ignores leases: this process is the only one there is.
   */
  claimAbandoned(all: boolean, kept: readonly string[]): Promise<RunRow[]>;
  renew(ids: string[]): Promise<void>;
  /** Parked runs that nothing holds back any more: their question was settled. */
  parkedWithoutQuestion(): Promise<string[]>;
}

export interface RunStoreDeps {
  db: Db;
  clock: Clock;
  instanceId: string;
  leaseMs: number;
}

export const createRunStore = ({ db, clock, instanceId, leaseMs }: RunStoreDeps): RunStore => {
  const lease = (): { instance_id: string; lease_until: string } => ({
    instance_id: instanceId,
    lease_until: new Date(clock.now().getTime() + leaseMs).toISOString(),
  });
  const runs = () => db.kysely.selectFrom('runs').selectAll();

  return {
    async insert(row, tx) {
      await tx
        .insertInto('runs')
        .values({ ...row, ...lease() })
        .execute();
    },
    byId: (id) => runs().where('id', '=', id).executeTakeFirst(),
    byClientMessage: (ownerId, clientMessageId) =>
      runs().where('owner_id', '=', ownerId).where('client_message_id', '=', clientMessageId).executeTakeFirst(),
    async ofSteeringMessage(ownerId, clientMessageId) {
      const row = await db.kysely
        .selectFrom('messages')
        .select(['run_id', 'session_id'])
        .where('owner_id', '=', ownerId)
        .where('client_message_id', '=', clientMessageId)
        .executeTakeFirst();
      return row?.run_id ? { runId: row.run_id, sessionId: row.session_id } : null;
    },
    active: (sessionId) =>
      runs()
        .where('session_id', '=', sessionId)
        .where('status', 'in', [...liveStatuses, 'parked'])
        .orderBy('created_at', 'desc')
        .limit(1)
        .executeTakeFirst(),
    async activity(sessionIds) {
      if (sessionIds.length === 0) return new Map();
      const rows = await db.kysely
        .selectFrom('runs')
        .select(['session_id', 'status'])
        .where('session_id', 'in', sessionIds)
        .where('status', 'in', [...liveStatuses, 'parked'])
        .execute();
      return new Map(
        rows.map(({ session_id, status }) => [
          session_id,
          status === 'parked' || status === 'waiting' ? 'waiting' : status === 'queued' ? 'queued' : 'running',
        ]),
      );
    },
    async update(id, set, tx) {
      await (tx ?? db.kysely).updateTable('runs').set(set).where('id', '=', id).execute();
    },
    async updateOpen(id, set, tx) {
      const changed = await (tx ?? db.kysely)
        .updateTable('runs')
        .set(set)
        .where('id', '=', id)
        .where('ended_at', 'is', null)
        .executeTakeFirst();
      return changed.numUpdatedRows === 1n;
    },
    async claimParked(id) {
      const changed = await db.kysely
        .updateTable('runs')
        .set({ status: 'running', ...lease() })
        .where('id', '=', id)
        .where('status', '=', 'parked')
        .executeTakeFirst();
      return changed.numUpdatedRows === 1n;
    },
    async claimAbandoned(all, kept) {
      const now = clock.now().toISOString();
      let found = runs().where('status', 'in', liveStatuses);
      found = all ? found.where('instance_id', '!=', instanceId) : found.where('lease_until', '<', now);
      if (kept.length > 0) found = found.where('id', 'not in', [...kept]);
      const claimed: RunRow[] = [];
      for (const row of await found.limit(200).execute()) {
        const changed = await db.kysely
          .updateTable('runs')
          .set(lease())
          .where('id', '=', row.id)
          .where('instance_id', '=', row.instance_id)
          .where('lease_until', '=', row.lease_until)
          .where('status', 'in', liveStatuses)
          .executeTakeFirst();
        if (changed.numUpdatedRows === 1n) claimed.push(row);
      }
      return claimed;
    },
    async parkedWithoutQuestion() {
      const rows = await db.kysely
        .selectFrom('runs')
        .select('id')
        .where('status', '=', 'parked')
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('approvals')
                .select('approvals.id')
                .whereRef('approvals.run_id', '=', 'runs.id')
                .where('approvals.status', '=', 'pending'),
            ),
          ),
        )
        .limit(100)
        .execute();
      return rows.map((row) => row.id);
    },
    async renew(ids) {
      if (ids.length === 0) return;
      await db.kysely
        .updateTable('runs')
        .set(lease())
        .where('id', 'in', ids)
        .where('instance_id', '=', instanceId)
        .execute();
    },
  };
};
