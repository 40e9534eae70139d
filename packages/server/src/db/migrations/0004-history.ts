/**
 * Conversations that are copied and cut: copies remember their place in the transcript, a cut one says so, and a
 * checkpoint says whether it was taken before a turn or before a rewind.
 */
import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const history: Migration = {
  up: async (db) => {
    await db.schema.alterTable('messages').addColumn('transcript_id', 'text').execute();
    await db.schema
      .alterTable('sessions')
      .addColumn('history_version', 'integer', (c) => c.notNull().defaultTo(0))
      .execute();
    await db.schema
      .alterTable('checkpoints')
      .addColumn('undoes', 'integer', (c) => c.notNull().defaultTo(0))
      .execute();
    await sql`update checkpoints set undoes = 1 where label like 'Before rewinding: %'`.execute(db);
  },
};
