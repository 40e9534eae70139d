/** Events in SQL. Writes come in batches, in the order of their numbers. */
import { hearthEventSchema, type NumberedEvent } from '@hearth/contract';
import { z } from 'zod';
import type { Db } from '../../db/index.ts';
import { tryParseJson } from '../../kernel/json.ts';

export interface EventStore {
  append(rows: EventRow[]): Promise<void>;
  after(ownerId: string, seq: number, limit: number): Promise<NumberedEvent[]>;
  prunedThrough(ownerId: string): Promise<number>;
  /** Which of these sessions still exist: events of a deleted one never come back. */
  existing(sessionIds: string[]): Promise<Set<string>>;
  firstOfRun(runId: string): Promise<number | null>;
  /** Removes events older than `before`; returns how many. */
  prune(before: string): Promise<number>;
}

type EventRow = { ownerId: string; event: NumberedEvent; at: string };

/** Databases limit how many values one statement may carry. */
const rowsPerInsert = 500;

/** Null for an event that this version cannot read, for example of a kind that a newer one wrote. */
const toEvent = (row: { seq: number; type: string; data: string }): NumberedEvent | null => {
  const event = hearthEventSchema.safeParse({ type: row.type, data: tryParseJson(z.unknown(), row.data) });
  return event.success ? { seq: row.seq, ...event.data } : null;
};

const insert = async (db: Db, rows: EventRow[]): Promise<void> => {
  await db.kysely
    .insertInto('events')
    .values(
      rows.map(({ ownerId, event, at }) => ({
        owner_id: ownerId,
        seq: event.seq,
        type: event.type,
        session_id: 'session_id' in event.data ? (event.data.session_id ?? null) : null,
        run_id: 'run_id' in event.data ? (event.data.run_id ?? null) : null,
        data: JSON.stringify(event.data),
        created_at: at,
      })),
    )
    // A batch that failed half-way is written again as a whole.
    .onConflict((conflict) => conflict.columns(['owner_id', 'seq']).doNothing())
    .execute();
};

export const createEventStore = (db: Db): EventStore => ({
  async append(rows) {
    for (let from = 0; from < rows.length; from += rowsPerInsert)
      await insert(db, rows.slice(from, from + rowsPerInsert));
  },
  async after(ownerId, seq, limit) {
    const rows = await db.kysely
      .selectFrom('events')
      .select(['seq', 'type', 'data'])
      .where('owner_id', '=', ownerId)
      .where('seq', '>', seq)
      .orderBy('seq')
      .limit(limit)
      .execute();
    return rows.flatMap((row) => toEvent(row) ?? []);
  },
  async existing(sessionIds) {
    if (sessionIds.length === 0) return new Set();
    const rows = await db.kysely.selectFrom('sessions').select('id').where('id', 'in', sessionIds).execute();
    return new Set(rows.map((row) => row.id));
  },
  async firstOfRun(runId) {
    const row = await db.kysely
      .selectFrom('events')
      .select((eb) => eb.fn.min('seq').as('seq'))
      .where('run_id', '=', runId)
      .executeTakeFirst();
    return row?.seq === null || row?.seq === undefined ? null : Number(row.seq);
  },
  async prunedThrough(ownerId) {
    const row = await db.kysely
      .selectFrom('event_counters')
      .select('pruned_through')
      .where('owner_id', '=', ownerId)
      .executeTakeFirst();
    return row?.pruned_through ?? 0;
  },
  async prune(before) {
    return db.kysely.transaction().execute(async (tx) => {
      const owners = await tx
        .selectFrom('events')
        .select((eb) => ['owner_id', eb.fn.max('seq').as('newest')])
        .where('created_at', '<', before)
        .groupBy('owner_id')
        .execute();
      for (const owner of owners) {
        await tx
          .updateTable('event_counters')
          .set({ pruned_through: Number(owner.newest) })
          .where('owner_id', '=', owner.owner_id)
          .where('pruned_through', '<', Number(owner.newest))
          .execute();
      }
      const removed = await tx.deleteFrom('events').where('created_at', '<', before).executeTakeFirst();
      return Number(removed.numDeletedRows);
    });
  },
});
