/** Events in SQL. Writes come in batches, in the order of their numbers. */
import { type EventType, eventSchemas, type HearthEvent, type NumberedEvent } from '@hearth/contract';
import { z } from 'zod';
import type { Db } from '../../db/index.ts';
import { tryParseJson } from '../../kernel/json.ts';

export interface EventStore {
  append(rows: { ownerId: string; event: NumberedEvent; at: string }[]): Promise<void>;
  after(ownerId: string, seq: number, limit: number): Promise<NumberedEvent[]>;
  prunedThrough(ownerId: string): Promise<number>;
  /** Which of these sessions still exist: events of a deleted one never come back. */
  existing(sessionIds: string[]): Promise<Set<string>>;
  firstOfRun(runId: string): Promise<number | null>;
  /** Removes events older than `before`; returns how many. */
  prune(before: string): Promise<number>;
}

const anyObject = z.record(z.string(), z.unknown());
const isEventType = (type: string): type is EventType => type in eventSchemas;

const toEvent = (row: { seq: number; type: string; data: string }): NumberedEvent | null => {
  const data = tryParseJson(anyObject, row.data);
  if (data === undefined || !isEventType(row.type)) return null;
  // Written by `append` from a typed event; only the pairing of type and data cannot be expressed here.
  return { seq: row.seq, ...({ type: row.type, data } as unknown as HearthEvent) };
};

export const createEventStore = (db: Db): EventStore => ({
  async append(rows) {
    if (rows.length === 0) return;
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
      .execute();
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
