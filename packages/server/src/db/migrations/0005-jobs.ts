/** The ledger of background work: one row a job, claimed under a lease. */
import type { Migration } from 'kysely/migration';

export const jobs: Migration = {
  up: async ({ schema }) => {
    await schema
      .createTable('jobs')
      .addColumn('id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('owner_id', 'text', (c) => c.notNull())
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('unique_key', 'text')
      .addColumn('payload', 'text', (c) => c.notNull())
      .addColumn('status', 'text', (c) => c.notNull())
      .addColumn('run_at', 'text', (c) => c.notNull())
      .addColumn('attempts', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('away_since', 'text')
      .addColumn('asked_again', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('lease_until', 'text')
      .addColumn('lease_id', 'text')
      .addColumn('error', 'text')
      .addColumn('created_at', 'text', (c) => c.notNull())
      .addColumn('finished_at', 'text')
      .execute();
    await schema.createIndex('jobs_due').on('jobs').columns(['status', 'run_at']).execute();
    await schema.createIndex('jobs_by_owner').on('jobs').columns(['owner_id', 'kind', 'status']).execute();
    // Null for jobs that are over, so that the same work can be asked for again.
    await schema.createIndex('jobs_once').on('jobs').columns(['kind', 'unique_key']).unique().execute();
  },
};
