/** How the assistant speaks to each owner: every version that is kept. */
import type { Migration } from 'kysely/migration';

export const personas: Migration = {
  async up({ schema }) {
    await schema
      .createTable('persona_versions')
      .addColumn('owner_id', 'text', (c) => c.notNull())
      .addColumn('version', 'integer', (c) => c.notNull())
      .addColumn('persona', 'text', (c) => c.notNull())
      .addColumn('created_at', 'text', (c) => c.notNull())
      .addColumn('updated_at', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('persona_versions_key', ['owner_id', 'version'])
      .execute();
  },
};
