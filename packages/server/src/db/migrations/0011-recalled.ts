/** What a run has recalled, so that it is known after its process; and messages that nothing is learned from. */
import type { Migration } from 'kysely/migration';

export const recalled: Migration = {
  async up({ schema }) {
    await schema.alterTable('runs').addColumn('memories', 'text').execute();
    await schema
      .alterTable('messages')
      .addColumn('off_record', 'integer', (c) => c.notNull().defaultTo(0))
      .execute();
  },
};
