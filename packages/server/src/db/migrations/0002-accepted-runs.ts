/**
 * What `Prefer: respond-async` promises: a message with a `client_message_id` is stored once, also when it joined a run,
 * and every later answer to it names the same place in the event log.
 */
import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const acceptedRuns: Migration = {
  up: async (db) => {
    await db.schema
      .alterTable('runs')
      .addColumn('after_seq', 'bigint', (c) => c.notNull().defaultTo(0))
      .execute();
    // Two processes could store the same joining message until now; the first one keeps the id.
    await sql`
      update messages set client_message_id = null
      where client_message_id is not null and exists (
        select 1 from messages as first
        where first.owner_id = messages.owner_id
          and first.client_message_id = messages.client_message_id
          and first.id < messages.id
      )`.execute(db);
    await db.schema
      .createIndex('messages_once_per_client_message')
      .unique()
      .on('messages')
      .columns(['owner_id', 'client_message_id'])
      .where(sql.ref('client_message_id'), 'is not', null)
      .execute();
  },
};
