/** Finding memories by words in the SQL database itself: what is left when the search index or the embedder is away. */
import { type Kysely, sql } from 'kysely';
import type { Database, DatabaseKind } from '../../db/index.ts';
import { wordsIn } from '../../kernel/words.ts';

export interface WordStore {
  put(rows: readonly { id: string; ownerId: string; text: string }[], tx: Kysely<Database>): Promise<void>;
  remove(ids: readonly string[], tx: Kysely<Database>): Promise<void>;
  /** Ids with a score (higher is better). Every character of the query is literal. */
  find(ownerId: string, query: string, limit: number): Promise<{ id: string; words: number }[]>;
}

const mostWords = 32;
const wordsOf = (query: string): string[] =>
  [...new Set(wordsIn(query))].sort((a, b) => b.length - a.length).slice(0, mostWords);

/** Rows of the full-text table are found by number: `memories.word_id`. */
const createSqliteWords = (db: Kysely<Database>): WordStore => ({
  async put(rows, tx) {
    const last = await sql<{ id: number }>`select rowid as id from memory_words order by rowid desc limit 1`.execute(
      tx,
    );
    let number = last.rows[0]?.id ?? 0;
    for (const { id, ownerId, text } of rows) {
      number += 1;
      await sql`insert into memory_words (rowid, owner_id, text) values (${number}, ${ownerId}, ${text})`.execute(tx);
      await tx.updateTable('memories').set({ word_id: number }).where('id', '=', id).execute();
    }
  },
  async remove(ids, tx) {
    if (ids.length === 0) return;
    await sql`delete from memory_words where rowid in (
      select word_id from memories where id in (${sql.join(ids)}) and word_id is not null)`.execute(tx);
  },
  async find(ownerId, query, limit) {
    const words = wordsOf(query);
    if (words.length === 0) return [];
    const match = words.map((word) => `"${word}"`).join(' OR ');
    const { rows } = await sql<{ id: string; words: number }>`
      select m.id as id, -found.rank as words
      from (select rowid as number, rank from memory_words
            where memory_words match ${match} and owner_id = ${ownerId} order by rank limit ${limit}) as found
      join memories m on m.word_id = found.number order by found.rank`.execute(db);
    return rows;
  },
});

const createPostgresWords = (db: Kysely<Database>): WordStore => ({
  async put(rows, tx) {
    for (const { id, ownerId, text } of rows)
      await sql`insert into memory_words (memory_id, owner_id, text)
        values (${id}, ${ownerId}, to_tsvector('english', ${text.slice(0, 200_000)}))`.execute(tx);
  },
  async remove(ids, tx) {
    if (ids.length > 0) await sql`delete from memory_words where memory_id in (${sql.join(ids)})`.execute(tx);
  },
  async find(ownerId, query, limit) {
    const words = wordsOf(query);
    if (words.length === 0) return [];
    // Each word becomes lexemes by itself, so that none of them can be an operator.
    const match = sql.join(
      words.map((word) => sql`plainto_tsquery('english', ${word})`),
      sql` || `,
    );
    const { rows } = await sql<{ id: string; words: number }>`
      select memory_id as id, ts_rank_cd(text, wanted) as words from memory_words, (select ${match} as wanted) q
      where owner_id = ${ownerId} and text @@ wanted order by words desc, memory_id limit ${limit}`.execute(db);
    return rows.map(({ id, words: score }) => ({ id, words: Number(score) }));
  },
});

export const createWordStore = (db: Kysely<Database>, kind: DatabaseKind): WordStore =>
  kind === 'sqlite' ? createSqliteWords(db) : createPostgresWords(db);
