/**
 * What is remembered. The row is the truth; search index and graph follow it (`indexed`). The words of a memory are
 * also kept where the SQL database itself can find them, for the time when the index is away.
 */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { DatabaseKind } from '../options.ts';

/** How far the conversation has been searched for facts. */
const addLearned = async (schema: Kysely<unknown>['schema']): Promise<void> => {
  await schema
    .alterTable('sessions')
    .addColumn('learned_no', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
};

const createMemories = async (schema: Kysely<unknown>['schema']): Promise<void> => {
  await schema
    .createTable('memories')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('owner_id', 'text', (c) => c.notNull())
    .addColumn('agent_id', 'text', (c) => c.notNull())
    .addColumn('run_id', 'text')
    .addColumn('run_no', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('text', 'text', (c) => c.notNull())
    .addColumn('hash', 'text', (c) => c.notNull())
    .addColumn('likeness', 'text', (c) => c.notNull())
    .addColumn('category', 'text')
    .addColumn('metadata', 'text', (c) => c.notNull())
    .addColumn('author', 'text', (c) => c.notNull())
    .addColumn('source_session_id', 'text')
    .addColumn('source_message_id', 'text')
    .addColumn('occurred_at', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('updated_at', 'text', (c) => c.notNull())
    .addColumn('supersedes', 'text')
    .addColumn('superseded_by', 'text')
    .addColumn('graph', 'text')
    .addColumn('word_id', 'integer')
    .addColumn('indexed', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('graphed', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('deleted_at', 'text')
    .execute();
  await schema.createIndex('memories_by_owner').on('memories').columns(['owner_id', 'created_at', 'id']).execute();
  await schema.createIndex('memories_by_run').on('memories').columns(['owner_id', 'run_id', 'run_no']).execute();
  await schema.createIndex('memories_by_likeness').on('memories').columns(['owner_id', 'likeness']).execute();
  await schema.createIndex('memories_by_word').on('memories').column('word_id').execute();
  await schema.createIndex('memories_by_state').on('memories').columns(['owner_id', 'indexed', 'id']).execute();
  await schema
    .createTable('memory_settings')
    .addColumn('owner_id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('settings', 'text', (c) => c.notNull())
    .addColumn('updated_at', 'text', (c) => c.notNull())
    .execute();
};

const words: Record<DatabaseKind, readonly ReturnType<typeof sql>[]> = {
  sqlite: [
    sql`create virtual table memory_words using fts5(
      owner_id unindexed, text, tokenize='porter unicode61 remove_diacritics 2')`,
    // What was deleted is really gone from the file, not only from the results.
    sql`insert into memory_words(memory_words, rank) values ('secure-delete', 1)`,
  ],
  postgres: [
    sql`create table memory_words (memory_id text primary key, owner_id text not null, text tsvector not null)`,
    sql`create index memory_words_text on memory_words using gin (text)`,
  ],
};

export const memories = (kind: DatabaseKind): Migration => ({
  up: async (db) => {
    await createMemories(db.schema);
    await addLearned(db.schema);
    for (const statement of words[kind]) await statement.execute(db);
  },
});
