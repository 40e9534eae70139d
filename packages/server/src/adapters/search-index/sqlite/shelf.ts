/**
 * The index of one owner in one collection: a small SQLite file with texts, words (FTS5) and vectors, and the graph of
 * vectors beside it. Runs in the worker only. `synchronous=NORMAL` is enough: the file is derived, WAL keeps it whole,
 * and what a power cut takes away is found missing and put back (`Sync.reconcile`).
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { IndexCount, IndexFilter, IndexHit, IndexItem, IndexQuery } from '../../../ports/search-index.ts';
import { askedWords, stemOf, wordsOf } from '../words.ts';
import { openVectors, type Vectors } from './vectors.ts';

const tables = `
  pragma journal_mode = wal; pragma synchronous = normal; pragma secure_delete = on;
  create table if not exists items (
    n integer primary key, id text not null unique, agent_id text not null, run_id text, text text not null,
    vector blob, change integer not null);
  create index if not exists items_by_change on items (change);
  create table if not exists removed (n integer primary key, change integer not null);
  create table if not exists meta (name text primary key, value not null) without rowid;
  insert or ignore into meta values ('change', 0), ('saved', 0), ('hash', '');
  create virtual table if not exists words using fts5(
    text, content = 'items', content_rowid = 'n', tokenize = 'porter unicode61 remove_diacritics 2');
  insert into words(words, rank) values ('secure-delete', 1);
  create virtual table if not exists vocabulary using fts5vocab(words, row);
`;

/** Words that occur more often than this together are left out, the commonest first: they cost most and tell least. */
const mostPostings = 40_000;
/** Up to this size the graph is built anew after a deletion, so that nothing of what was deleted stays in its file. */
const mostRebuilt = 20_000;
const k1 = 1.2;
const b = 0.75;

interface Row {
  n: number;
  id: string;
  text: string;
  vector: Uint8Array | null;
}

const pack = (vector: Float32Array): Uint8Array => new Uint8Array(new Float16Array(vector).buffer);
const unpack = (bytes: Uint8Array): Float16Array => new Float16Array(bytes.slice().buffer);

const cosine = (asked: Float32Array, bytes: Uint8Array): number => {
  const vector = unpack(bytes);
  let sum = 0;
  for (let at = 0; at < asked.length; at += 1) sum += (asked[at] ?? 0) * (vector[at] ?? 0);
  return Math.max(-1, Math.min(1, sum));
};

export interface Shelf {
  upsert(items: readonly IndexItem[]): void;
  remove(ids: readonly string[]): void;
  query(query: IndexQuery): IndexHit[];
  score(query: Pick<IndexQuery, 'text' | 'vector'>, ids: readonly string[]): IndexHit[];
  count(): IndexCount;
  ids(after: string | null): { id: string; embedded: boolean }[];
  dropVectors(): void;
  /** Writes the graph when it has changed. */
  save(): void;
  close(): void;
}

interface Word {
  word: string;
  stem: string;
  documents: number;
}

const prepareStatements = (db: DatabaseSync) => ({
  meta: db.prepare('select value from meta where name = ?'),
  setMeta: db.prepare('update meta set value = ? where name = ?'),
  byId: db.prepare('select n, text from items where id = ?'),
  insert: db.prepare('insert into items (id, agent_id, run_id, text, vector, change) values (?, ?, ?, ?, ?, ?)'),
  delete: db.prepare('delete from items where n = ?'),
  addWords: db.prepare('insert into words (rowid, text) values (?, ?)'),
  dropWords: db.prepare("insert into words (words, rowid, text) values ('delete', ?, ?)"),
  removed: db.prepare('insert or replace into removed values (?, ?)'),
  documents: db.prepare('select doc from vocabulary where term = ?'),
  totals: db.prepare('select count(*) as items, count(vector) as embedded from items'),
  ids: db.prepare('select id, vector is not null as embedded from items where id > ? order by id limit 1000'),
});

export const openShelf = (folder: string, dimensions: number): Shelf => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'vectors.usearch');
  const db = new DatabaseSync(join(folder, 'words.db'));
  db.exec(tables);

  const statements = prepareStatements(db);
  const meta = (name: string): number => Number(statements.meta.get(name)?.value ?? 0);

  let vectors: Vectors | null = null;
  let isChanged = false;
  let hasRemoved = false;

  /** What has changed since the file was written is put after it; a file that cannot be used is filled anew. */
  const openGraph = (): Vectors => {
    const hash = String(statements.meta.get('hash')?.value ?? '');
    const opened = openVectors(file, { dimensions, hash });
    const since = opened.isFresh ? 0 : meta('saved');
    const gone = db.prepare('select n from removed where change > ?').all(since);
    opened.vectors.remove(gone.map(({ n }) => Number(n)));
    const fresh = db.prepare('select n, vector from items where vector is not null and change > ?');
    for (const row of fresh.iterate(since))
      opened.vectors.put([Number(row.n)], [new Float32Array(unpack(row.vector as Uint8Array))]);
    isChanged = opened.isFresh || gone.length > 0;
    return opened.vectors;
  };
  const graph = (): Vectors => {
    vectors ??= openGraph();
    return vectors;
  };

  const inTransaction = (work: (change: number) => void): void => {
    db.exec('begin immediate');
    try {
      const change = meta('change') + 1;
      work(change);
      statements.setMeta.run(change, 'change');
      db.exec('commit');
    } catch (error) {
      db.exec('rollback');
      throw error;
    }
  };

  const dropRow = (id: string, change: number): number | null => {
    const row = statements.byId.get(id);
    if (!row) return null;
    const n = Number(row.n);
    statements.dropWords.run(n, String(row.text));
    statements.delete.run(n);
    statements.removed.run(n, change);
    return n;
  };

  const pickWords = (text: string): Word[] => {
    const all = askedWords(text)
      .map((word): Word => {
        const stem = stemOf(word);
        return { word, stem, documents: Number(statements.documents.get(stem)?.doc ?? 0) };
      })
      .sort((a, other) => a.documents - other.documents);
    let postings = 0;
    return all.filter(({ documents }, index) => {
      postings += documents;
      return index === 0 || postings <= mostPostings;
    });
  };

  const match = (words: readonly Word[]): string => words.map(({ word }) => `"${word}"`).join(' OR ');

  const conditions = (filter: IndexFilter | undefined): { sql: string; values: string[] } => {
    const parts: string[] = [];
    const values: string[] = [];
    if (filter?.agentId !== undefined) {
      parts.push('agent_id = ?');
      values.push(filter.agentId);
    }
    if (filter?.runId !== undefined) {
      parts.push('run_id = ?');
      values.push(filter.runId);
    }
    return { sql: parts.join(' and '), values };
  };

  const byWords = (words: readonly Word[], { filter, candidates }: IndexQuery): Map<number, number> => {
    if (words.length === 0) return new Map();
    const { sql, values } = conditions(filter);
    const within = sql === '' ? '' : `and rowid in (select n from items where ${sql})`;
    const rows = db
      .prepare(`select rowid as n, -rank as score from words where words match ? ${within} order by rank limit ?`)
      .all(match(words), ...values, candidates);
    return new Map(rows.map(({ n, score }) => [Number(n), Number(score)]));
  };

  const byMeaning = ({ vector, filter, candidates }: IndexQuery): number[] => {
    if (vector === null || vector.length !== dimensions) return [];
    const { sql, values } = conditions(filter);
    if (sql === '') return graph().near(vector, candidates);
    // Few of all belong to one conversation: they are compared one by one.
    const rows = db.prepare(`select n, vector from items where vector is not null and ${sql}`).all(...values);
    return rows
      .map((row) => ({ n: Number(row.n), score: cosine(vector, row.vector as Uint8Array) }))
      .sort((a, other) => other.score - a.score)
      .slice(0, candidates)
      .map(({ n }) => n);
  };

  /** BM25 as FTS5 counts it, for rows that its own list did not reach. */
  const createScorer = (words: readonly Word[]): ((text: string) => number) => {
    const { items } = statements.totals.get() as { items: number };
    const averages = db
      .prepare('select avg(length(text)) as chars from (select text from items order by n desc limit 500)')
      .get();
    const average = Math.max(1, Number(averages?.chars ?? 1));
    const weights = new Map(
      words.map(({ stem, documents }) => [
        stem,
        Math.max(1e-6, Math.log((items - documents + 0.5) / (documents + 0.5))),
      ]),
    );
    return (text) => {
      const counts = new Map<string, number>();
      for (const word of wordsOf(text)) {
        const stem = stemOf(word);
        if (weights.has(stem)) counts.set(stem, (counts.get(stem) ?? 0) + 1);
      }
      let sum = 0;
      for (const [stem, count] of counts)
        sum += ((weights.get(stem) ?? 0) * count * (k1 + 1)) / (count + k1 * (1 - b + (b * text.length) / average));
      return sum;
    };
  };

  const rowsOf = (column: 'n' | 'id', keys: readonly (number | string)[]): Row[] =>
    db
      .prepare(`select n, id, text, vector from items where ${column} in (${keys.map(() => '?').join(', ')})`)
      .all(...keys)
      .map((row) => ({
        n: Number(row.n),
        id: String(row.id),
        text: String(row.text),
        vector: row.vector instanceof Uint8Array ? row.vector : null,
      }));

  const toHits = (
    rows: readonly Row[],
    words: readonly Word[],
    vector: Float32Array | null,
    known: ReadonlyMap<number, number>,
  ): IndexHit[] => {
    const score = createScorer(words);
    return rows.map((row) => ({
      id: row.id,
      words: known.get(row.n) ?? score(row.text),
      meaning: vector === null || row.vector === null ? null : cosine(vector, row.vector),
    }));
  };

  return {
    upsert(items) {
      if (items.some(({ vector }) => vector !== null && vector.length !== dimensions))
        throw new Error(`a vector is not of ${dimensions} dimensions`);
      const keys: number[] = [];
      const values: Float32Array[] = [];
      const dropped: number[] = [];
      inTransaction((change) => {
        for (const item of items) {
          const old = dropRow(item.id, change);
          if (old !== null) dropped.push(old);
          const bytes = item.vector === null ? null : pack(item.vector);
          const { lastInsertRowid } = statements.insert.run(
            item.id,
            item.agentId,
            item.runId,
            item.text,
            bytes,
            change,
          );
          const n = Number(lastInsertRowid);
          statements.addWords.run(n, item.text);
          if (item.vector === null) continue;
          keys.push(n);
          values.push(item.vector);
        }
      });
      graph().remove(dropped);
      graph().put(keys, values);
      isChanged = true;
    },
    remove(ids) {
      const dropped: number[] = [];
      inTransaction((change) => {
        for (const id of ids) {
          const n = dropRow(id, change);
          if (n !== null) dropped.push(n);
        }
      });
      if (dropped.length === 0) return;
      graph().remove(dropped);
      isChanged = true;
      hasRemoved = true;
    },
    query(query) {
      const words = pickWords(query.text);
      const scores = byWords(words, query);
      const keys = [...new Set([...scores.keys(), ...byMeaning(query)])];
      return keys.length === 0 ? [] : toHits(rowsOf('n', keys), words, query.vector, scores);
    },
    score: ({ text, vector }, ids) => toHits(rowsOf('id', ids), pickWords(text), vector, new Map()),
    count() {
      const { items, embedded } = statements.totals.get() as { items: number; embedded: number };
      return { items, embedded };
    },
    ids: (after) =>
      statements.ids.all(after ?? '').map((row) => ({ id: String(row.id), embedded: Number(row.embedded) === 1 })),
    dropVectors() {
      inTransaction(() => db.exec('update items set vector = null; delete from removed'));
      rmSync(file, { force: true });
      vectors = null;
    },
    save() {
      if (!isChanged || vectors === null) return;
      if (hasRemoved && vectors.size() <= mostRebuilt) {
        rmSync(file, { force: true });
        vectors = openGraph();
      }
      hasRemoved = false;
      const hash = vectors.save();
      const saved = meta('change');
      inTransaction(() => {
        statements.setMeta.run(saved, 'saved');
        statements.setMeta.run(hash, 'hash');
      });
      db.prepare('delete from removed where change <= ?').run(saved);
      db.exec('pragma wal_checkpoint(truncate)');
      isChanged = false;
    },
    close() {
      this.save();
      db.close();
    },
  };
};
