/** One-time codes that sign a browser in with the power of the key they were made with. */
import type { Migration } from 'kysely/migration';

export const loginCodes: Migration = {
  up: async (db) => {
    await db.schema
      .createTable('login_codes')
      .addColumn('code_hash', 'text', (c) => c.primaryKey().notNull())
      .addColumn('owner_id', 'text', (c) => c.notNull())
      .addColumn('key_id', 'text', (c) => c.notNull())
      .addColumn('key_hash', 'text', (c) => c.notNull())
      .addColumn('created_at', 'text', (c) => c.notNull())
      .addColumn('expires_at', 'text', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('login_codes_by_owner').on('login_codes').columns(['owner_id', 'created_at']).execute();
    await db.schema.createIndex('login_codes_by_key').on('login_codes').column('key_id').execute();
  },
};
