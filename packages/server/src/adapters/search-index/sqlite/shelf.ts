/**
 * The index of one owner in one collection: a small SQLite file with texts, words (FTS5) and vectors, and the graph of
 * vectors beside it. Runs in the worker only. `synchronous=NORMAL` is enough: the file is derived, WAL keeps it whole,
 * and what a power cut takes away is found missing and put back (`Sync.reconcile`).
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { IndexCount, IndexFilter, IndexHit, IndexItem, IndexQuery } from '../../../ports/search-index.ts';
import { stemsOf } from '../words.ts';
import { cosine, pack, unpack } from './half.ts';
import { openShelfFile, type ShelfFile } from './shelf-file.ts';
import { openVectors, type Vectors } from './vectors.ts';
import { type Asked, createWordSearch, packStems, type Stems } from './word-search.ts';

interface Row {
  id: string;
  words: Stems;
  vector: Uint8Array | null;
}

export interface Shelf {
  upsert(items: readonly IndexItem[]): void;
  remove(ids: readonly string[]): void;
  query(query: IndexQuery): IndexHit[];
  /** Looks for the words of a question that will come again with its vector. */
  expect(query: IndexQuery): void;
  score(query: Pick<IndexQuery, 'text' | 'vector'>, ids: readonly string[]): IndexHit[];
  count(): IndexCount;
  ids(after: string | null): { id: string; embedded: boolean }[];
  dropVectors(): void;
  /** Writes the graph when it has changed. */
  save(): void;
  close(): void;
  /** Ends without writing anything. */
  abandon(): void;
}

/** Up to so many are compared one by one; more are found through the graph. */
const mostCompared = 2_000;

/** Rows going in and out of the file, and the counts that go with them. */
const createRows = ({ db }: ShelfFile) => {
  const statements = {
    byId: db.prepare('select n, text, length, vector is not null as embedded from items where id = ?'),
    insert: db.prepare(
      'insert into items (id, agent_id, run_id, text, stems, length, vector, change) values (?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    delete: db.prepare('delete from items where n = ?'),
    addWords: db.prepare('insert into words (rowid, text) values (?, ?)'),
    dropWords: db.prepare("insert into words (words, rowid, text) values ('delete', ?, ?)"),
    removed: db.prepare('insert or replace into removed values (?, ?)'),
    count: db.prepare(
      `update meta set value = value + case name when 'items' then ? when 'embedded' then ? else ? end
       where name in ('items', 'embedded', 'words')`,
    ),
  };
  return {
    /** The number of the row that is gone; null when there was none. */
    drop(id: string, change: number): number | null {
      const row = statements.byId.get(id);
      if (!row) return null;
      const n = Number(row.n);
      statements.dropWords.run(n, String(row.text));
      statements.delete.run(n);
      statements.removed.run(n, change);
      statements.count.run(-1, -Number(row.embedded), -Number(row.length));
      return n;
    },
    add({ id, agentId, runId, text, vector }: IndexItem, change: number): number {
      const bytes = vector === null ? null : pack(vector);
      const words = packStems(stemsOf(text));
      const { lastInsertRowid } = statements.insert.run(
        ...[id, agentId, runId, text, words.stems, words.length, bytes, change],
      );
      const n = Number(lastInsertRowid);
      statements.addWords.run(n, text);
      statements.count.run(1, vector === null ? 0 : 1, words.length);
      return n;
    },
  };
};

const createReads = (file: ShelfFile, graph: () => Vectors, dimensions: number) => {
  const words = createWordSearch(file);

  const columns = 'select id, stems, length, vector from items where';
  const rowBy = { n: file.db.prepare(`${columns} n = ?`), id: file.db.prepare(`${columns} id = ?`) };
  /** One after the other: a list of them takes longer. */
  const rowsOf = (column: 'n' | 'id', keys: readonly (number | string)[]): Row[] =>
    keys.flatMap((key) => {
      const row = rowBy[column].get(key);
      if (row === undefined) return [];
      const words = { stems: String(row.stems), length: Number(row.length) };
      return [{ id: String(row.id), words, vector: row.vector instanceof Uint8Array ? row.vector : null }];
    });

  const compare = (vector: Float32Array, rows: readonly Record<string, unknown>[], most: number): number[] =>
    rows
      .map((row) => ({ n: Number(row.n), score: cosine(vector, row.vector as Uint8Array) }))
      .sort((a, other) => other.score - a.score)
      .slice(0, most)
      .map(({ n }) => n);

  const within = ({ agentId, runId }: IndexFilter): { sql: string; values: string[] } => {
    const parts = [
      ...(runId === undefined ? [] : [{ sql: 'run_id = ?', value: runId }]),
      ...(agentId === undefined ? [] : [{ sql: 'agent_id = ?', value: agentId }]),
    ];
    return { sql: parts.map(({ sql }) => sql).join(' and '), values: parts.map(({ value }) => value) };
  };

  /** The graph knows no agents: it is asked for more until enough are of this one. */
  const nearOfMany = (vector: Float32Array, most: number, { sql, values }: ReturnType<typeof within>): number[] => {
    for (let asked = most * 4; ; asked *= 4) {
      const near = graph().near(vector, asked);
      const found = file.all(
        `select n from items where n in (select value from json_each(?)) and ${sql}`,
        JSON.stringify(near),
        ...values,
      );
      const fit = new Set(found.map(({ n }) => Number(n)));
      if (fit.size >= most || near.length < asked) return near.filter((n) => fit.has(n)).slice(0, most);
    }
  };

  const byMeaning = ({ vector, filter = {}, candidates }: IndexQuery): number[] => {
    if (vector === null || vector.length !== dimensions) return [];
    const scope = within(filter);
    if (scope.sql === '') return graph().near(vector, candidates);
    const sql = `select n, vector from items where ${scope.sql} and vector is not null limit ${mostCompared + 1}`;
    const rows = file.all(sql, ...scope.values);
    return rows.length > mostCompared ? nearOfMany(vector, candidates, scope) : compare(vector, rows, candidates);
  };

  const toHits = (rows: readonly Row[], asked: readonly Asked[], vector: Float32Array | null): IndexHit[] => {
    const score = words.scorer(asked);
    return rows.map((row) => ({
      id: row.id,
      words: score(row.words),
      meaning: vector === null || row.vector === null ? null : cosine(vector, row.vector),
    }));
  };

  let newest: { question: string; asked: Asked[]; keys: number[] } | null = null;
  const byWords = (query: IndexQuery): { asked: Asked[]; keys: number[] } => {
    const question = JSON.stringify([query.text, query.filter, query.candidates, file.meta('change')]);
    if (newest?.question === question) return newest;
    const asked = words.asked(query.text);
    newest = { question, asked, keys: words.candidates(asked, query) };
    return newest;
  };

  return {
    query(query: IndexQuery): IndexHit[] {
      const { asked, keys: found } = byWords(query);
      const keys = [...new Set([...found, ...byMeaning(query)])];
      return keys.length === 0 ? [] : toHits(rowsOf('n', keys), asked, query.vector);
    },
    expect: (query: IndexQuery): void => void byWords(query),
    score: ({ text, vector }: Pick<IndexQuery, 'text' | 'vector'>, ids: readonly string[]): IndexHit[] =>
      toHits(rowsOf('id', ids), words.asked(text), vector),
  };
};

export const openShelf = (folder: string, dimensions: number): Shelf => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'vectors.usearch');
  const file = openShelfFile(join(folder, 'words.db'));
  const { db } = file;
  const rows = createRows(file);
  const ids = db.prepare('select id, vector is not null as embedded from items where id > ? order by id limit 1000');

  let vectors: Vectors | null = null;
  let isChanged = false;

  /** What has changed since the file was written is put after it; a file that cannot be used is filled anew. */
  const openGraph = (): Vectors => {
    const opened = openVectors(path, { dimensions, hash: file.hash() });
    const since = opened.isFresh ? 0 : file.meta('saved');
    const gone = file.all('select n from removed where change > ?', since);
    opened.vectors.remove(gone.map(({ n }) => Number(n)));
    const fresh = db.prepare('select n, vector from items where vector is not null and change > ?');
    for (const row of fresh.iterate(since)) opened.vectors.put([Number(row.n)], [unpack(row.vector as Uint8Array)]);
    isChanged = opened.isFresh || gone.length > 0;
    return opened.vectors;
  };
  const graph = (): Vectors => {
    vectors ??= openGraph();
    return vectors;
  };

  return {
    ...createReads(file, graph, dimensions),
    upsert(items) {
      if (items.some(({ vector }) => vector !== null && vector.length !== dimensions))
        throw new Error(`a vector is not of ${dimensions} dimensions`);
      const keys: number[] = [];
      const values: Float32Array[] = [];
      const dropped: number[] = [];
      file.inTransaction((change) => {
        for (const item of items) {
          const old = rows.drop(item.id, change);
          if (old !== null) dropped.push(old);
          const n = rows.add(item, change);
          if (item.vector === null) continue;
          keys.push(n);
          values.push(item.vector);
        }
      });
      graph().remove(dropped);
      graph().put(keys, values);
      isChanged = true;
    },
    remove(gone) {
      const dropped = file.inTransaction((change) => gone.map((id) => rows.drop(id, change)).filter((n) => n !== null));
      if (dropped.length === 0) return;
      graph().remove(dropped);
      isChanged = true;
    },
    count() {
      const { items, embedded } = file.totals();
      return { items, embedded };
    },
    ids: (after) => ids.all(after ?? '').map((row) => ({ id: String(row.id), embedded: Number(row.embedded) === 1 })),
    dropVectors() {
      file.inTransaction(() => {
        db.exec('update items set vector = null; delete from removed');
        file.setMeta({ embedded: 0 });
      });
      rmSync(path, { force: true });
      vectors = null;
    },
    save() {
      if (!isChanged || vectors === null) return;
      const hash = vectors.save();
      const saved = file.meta('change');
      file.inTransaction(() => file.setMeta({ saved, hash }));
      db.prepare('delete from removed where change <= ?').run(saved);
      db.exec('pragma wal_checkpoint(truncate)');
      isChanged = false;
    },
    close() {
      this.save();
      db.close();
    },
    abandon: () => db.close(),
  };
};
