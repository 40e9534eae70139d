/** Conversations, and keys whose conversations, nothing is remembered of. */
import type { Migration } from 'kysely/migration';

export const offTheRecord: Migration = {
  async up({ schema }) {
    for (const table of ['sessions', 'api_keys'])
      await schema
        .alterTable(table)
        .addColumn('off_record', 'integer', (c) => c.notNull().defaultTo(0))
        .execute();
  },
};
