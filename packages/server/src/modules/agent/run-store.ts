/**
 * Runs in SQL. A run belongs to the process that holds its lease; whoever finds an expired lease takes the run over with
 * one conditional update, so it has exactly one keeper at any time.
 */
import type { RunSummary } from '@hearth/contract';
import type { Selectable } from 'kysely';
import { z } from 'zod';
import type { Db, RunStatus, RunsTable } from '../../db/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import { parseJson } from '../../kernel/json.ts';
import type { Begun, Connection } from './types.ts';

export type RunRow = Selectable<RunsTable>;

export const liveStatuses: RunStatus[] = ['queued', 'running', 'waiting'];

export interface RunStore {
  insert(row: RunRow, tx: Connection): Promise<void>;
  byId(id: string): Promise<RunRow | undefined>;
  /** What became of a message that was sent before: the run it started or joined. */
  ofClientMessage(ownerId: string, clientMessageId: string): Promise<Omit<Begun, 'how'> | null>;
  /** The run of a session that is not over, if any. */
  active(sessionId: string): Promise<RunRow | undefined>;
  activity(sessionIds: string[]): Promise<Map<string, 'queued' | 'running' | 'waiting'>>;
  /** What became of these runs of a session, and of the one that is not over. */
  summaries(sessionId: string, runIds: readonly string[]): Promise<RunSummary[]>;
  update(id: string, set: Partial<RunRow>, tx?: Connection): Promise<void>;
  /** What a run is doing. False when it is over or parked by now: a note that comes late never says otherwise. */
  note(id: string, set: Partial<RunRow>, tx?: Connection): Promise<boolean>;
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

const resultShape = z.object({ total_cost_usd: z.number(), memories_used: z.array(z.string()).catch([]) });
const errorShape = z.object({ code: z.string(), message: z.string() });

const toSummary = (row: Pick<RunRow, 'id' | 'status' | 'error' | 'result' | 'created_at' | 'ended_at'>): RunSummary => {
  const result = row.result === null ? null : parseJson(resultShape, row.result, 'result');
  return {
    id: row.id,
    status: row.status,
    error: row.error === null ? null : parseJson(errorShape, row.error, 'error'),
    total_cost_usd: result?.total_cost_usd ?? null,
    memories_used: result?.memories_used ?? [],
    created_at: row.created_at,
    ended_at: row.ended_at,
  };
};

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
    async ofClientMessage(ownerId, clientMessageId) {
      const row = await db.kysely
        .selectFrom('messages')
        .innerJoin('runs', 'runs.id', 'messages.run_id')
        .select(['messages.id', 'messages.run_id', 'messages.session_id', 'runs.after_seq'])
        .select('runs.client_message_id as starter')
        .where('messages.owner_id', '=', ownerId)
        .where('messages.client_message_id', '=', clientMessageId)
        .executeTakeFirst();
      if (!row?.run_id) return null;
      return {
        runId: row.run_id,
        sessionId: row.session_id,
        messageId: row.id,
        joined: row.starter !== clientMessageId,
        afterSeq: row.after_seq,
      };
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
    async summaries(sessionId, runIds) {
      const rows = await db.kysely
        .selectFrom('runs')
        .select(['id', 'status', 'error', 'result', 'created_at', 'ended_at'])
        .where('session_id', '=', sessionId)
        .where((eb) => eb.or([eb('id', 'in', [...runIds, '']), eb('status', 'in', [...liveStatuses, 'parked'])]))
        .orderBy('created_at')
        .execute();
      return rows.map(toSummary);
    },
    async update(id, set, tx) {
      await (tx ?? db.kysely).updateTable('runs').set(set).where('id', '=', id).execute();
    },
    async note(id, set, tx) {
      const changed = await (tx ?? db.kysely)
        .updateTable('runs')
        .set(set)
        .where('id', '=', id)
        .where('status', 'in', liveStatuses)
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
