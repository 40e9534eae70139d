/** Conversations that are copied and cut: copies remember their place in the transcript, a cut one says so. */
import type { Migration } from 'kysely/migration';

export const history: Migration = {
  up: async (db) => {
    await db.schema.alterTable('messages').addColumn('transcript_id', 'text').execute();
    await db.schema
      .alterTable('sessions')
      .addColumn('history_version', 'integer', (c) => c.notNull().defaultTo(0))
      .execute();
  },
};
