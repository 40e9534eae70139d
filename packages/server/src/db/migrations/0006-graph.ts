/** People, places and things, each standing as long as a memory speaks of it. Derived from `memories`. */
import type { Migration } from 'kysely/migration';

export const graph: Migration = {
  up: async ({ schema }) => {
    await schema
      .createTable('graph_entities')
      .addColumn('id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('owner_id', 'text', (c) => c.notNull())
      .addColumn('key', 'text', (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('kind', 'text', (c) => c.notNull())
      .execute();
    await schema
      .createIndex('graph_entities_once')
      .on('graph_entities')
      .columns(['owner_id', 'key'])
      .unique()
      .execute();
    await schema
      .createTable('graph_mentions')
      .addColumn('owner_id', 'text', (c) => c.notNull())
      .addColumn('entity_id', 'text', (c) => c.notNull())
      .addColumn('memory_id', 'text', (c) => c.notNull())
      .addColumn('holds', 'integer', (c) => c.notNull().defaultTo(1))
      .addPrimaryKeyConstraint('graph_mentions_once', ['owner_id', 'entity_id', 'memory_id'])
      .execute();
    await schema
      .createIndex('graph_mentions_by_memory')
      .on('graph_mentions')
      .columns(['owner_id', 'memory_id'])
      .execute();
    await schema
      .createTable('graph_relations')
      .addColumn('owner_id', 'text', (c) => c.notNull())
      .addColumn('from_id', 'text', (c) => c.notNull())
      .addColumn('type', 'text', (c) => c.notNull())
      .addColumn('to_id', 'text', (c) => c.notNull())
      .addColumn('memory_id', 'text', (c) => c.notNull())
      .addColumn('since', 'text', (c) => c.notNull())
      .addColumn('until', 'text')
      .addPrimaryKeyConstraint('graph_relations_once', ['owner_id', 'from_id', 'type', 'to_id', 'memory_id'])
      .execute();
    await schema.createIndex('graph_relations_to').on('graph_relations').columns(['owner_id', 'to_id']).execute();
    await schema
      .createIndex('graph_relations_by_memory')
      .on('graph_relations')
      .columns(['owner_id', 'memory_id'])
      .execute();
  },
};
