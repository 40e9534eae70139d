/**
 * What is left to do for memories is found without reading all of them, and counting them reads an index alone. The
 * conditions are those of `modules/memory/store.ts`, word by word: only then does a database use such an index.
 */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { DatabaseKind } from '../options.ts';

const work = {
  forget: 'deleted_at is not null',
  drop: 'superseded_by is not null and deleted_at is null and indexed > 0',
  retire: 'superseded_by is not null and deleted_at is null and graphed = 1',
  index: 'deleted_at is null and superseded_by is null and indexed < 2',
  graph: 'deleted_at is null and superseded_by is null and graphed = 0 and graph is not null',
};

/**
 * SQLite does not know how a table is filled until somebody counts it, and guesses that an owner has ten memories. These
 * are the figures of a household with many: rows, then rows for one value of each further column.
 */
const figures = {
  sqlite_autoindex_memories_1: '100000 1',
  memories_by_owner: '100000 50000 2 1',
  memories_by_run: '100000 50000 20 1',
  memories_by_likeness: '100000 50000 1',
  memories_by_word: '100000 1',
  memories_current: '100000 50000 50000 5000 2500',
  ...Object.fromEntries(Object.keys(work).map((name) => [`memories_to_${name}`, '100 50 1'])),
};

const tellFigures = async (db: Kysely<unknown>): Promise<void> => {
  await sql`analyze sqlite_schema`.execute(db);
  await sql`delete from sqlite_stat1 where tbl = 'memories'`.execute(db);
  for (const [index, stat] of Object.entries(figures))
    await sql`insert into sqlite_stat1 (tbl, idx, stat) values ('memories', ${index}, ${stat})`.execute(db);
};

export const memoryWork = (kind: DatabaseKind): Migration => ({
  async up(db) {
    for (const [name, condition] of Object.entries(work))
      await sql`create index ${sql.id(`memories_to_${name}`)} on memories (owner_id, id)
        where ${sql.raw(condition)}`.execute(db);
    await sql`create index memories_current
      on memories (owner_id, (deleted_at is null and superseded_by is null), category, indexed)`.execute(db);
    await db.schema.dropIndex('memories_by_state').execute();
    if (kind === 'sqlite') await tellFigures(db);
  },
});
