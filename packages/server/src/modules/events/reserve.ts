/** Numbers of events come from SQL in blocks, durable before they are used, so that a crash never hands one out twice. */
import type { Db } from '../../db/index.ts';
import type { ReserveNumbers } from '../../ports/event-bus.ts';

export const createReserve =
  (db: Db): ReserveNumbers =>
  async (ownerId, count) => {
    const row = await db.kysely
      .insertInto('event_counters')
      .values({ owner_id: ownerId, reserved: count, pruned_through: 0 })
      .onConflict((conflict) =>
        conflict.column('owner_id').doUpdateSet((eb) => ({ reserved: eb('event_counters.reserved', '+', count) })),
      )
      .returning('reserved')
      .executeTakeFirstOrThrow();
    return { from: row.reserved - count + 1 };
  };
