/** The SQLite file of one owner in one collection: its tables, its statements and its counts. */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';

/** An older file is thrown away and filled again: everything in it comes from the SQL database. */
const version = 3;

const tables = `
  create table if not exists items (
    n integer primary key autoincrement, id text not null unique, agent_id text not null, run_id text,
    text text not null, stems text not null, length integer not null, vector blob, change integer not null);
  create index if not exists items_by_change on items (change);
  create index if not exists items_by_agent on items (agent_id);
  create index if not exists items_by_run on items (run_id) where run_id is not null;
  create table if not exists removed (n integer primary key, change integer not null);
  create table if not exists meta (name text primary key, value not null) without rowid;
  insert or ignore into meta values
    ('change', 0), ('saved', 0), ('hash', ''), ('items', 0), ('embedded', 0), ('words', 0);
  create virtual table if not exists words using fts5(
    text, content = 'items', content_rowid = 'n', tokenize = 'porter unicode61 remove_diacritics 2');
  insert into words(words, rank) values ('secure-delete', 1);
  create virtual table if not exists vocabulary using fts5vocab(words, row);
  pragma user_version = ${version};
`;

/** Of what is in the index: numbers that would take a walk over all of it to find out. */
export interface Totals {
  items: number;
  embedded: number;
  /** Words of all texts together. */
  words: number;
}

export interface ShelfFile {
  readonly db: DatabaseSync;
  /** Compiled once: there are only a few texts. */
  all(sql: string, ...values: SQLInputValue[]): Record<string, unknown>[];
  meta(name: string): number;
  setMeta(values: Record<string, number | string>): void;
  hash(): string;
  totals(): Totals;
  /** What is done in it stands together, under a number of its own. */
  inTransaction<T>(work: (change: number) => T): T;
}

class OtherVersion extends Error {}

/** SQLITE_CORRUPT, SQLITE_NOTADB, or a file that another version of this program wrote. */
export const isUnusable = (error: unknown): boolean =>
  error instanceof OtherVersion ||
  (error instanceof Error && 'errcode' in error && [11, 26].includes(Number(error.errcode) & 0xff));

const open = (path: string): DatabaseSync => {
  const db = new DatabaseSync(path);
  try {
    db.exec('pragma journal_mode = wal; pragma synchronous = normal; pragma secure_delete = on;');
    const known = Number(db.prepare('pragma user_version').get()?.user_version);
    const isNew = db.prepare('select 1 from sqlite_master limit 1').get() === undefined;
    if (!isNew && known !== version) throw new OtherVersion('the file is of another version');
    db.exec(tables);
  } catch (error) {
    db.close();
    throw error;
  }
  return db;
};

export const openShelfFile = (path: string): ShelfFile => {
  const db = open(path);
  const read = db.prepare('select value from meta where name = ?');
  const write = db.prepare('update meta set value = ? where name = ?');
  const meta = (name: string): number => Number(read.get(name)?.value ?? 0);
  const setMeta: ShelfFile['setMeta'] = (values) => {
    for (const [name, value] of Object.entries(values)) write.run(value, name);
  };
  const kept = new Map<string, StatementSync>();
  return {
    db,
    meta,
    setMeta,
    all(sql, ...values) {
      const statement = kept.get(sql) ?? db.prepare(sql);
      kept.set(sql, statement);
      return statement.all(...values);
    },
    hash: () => String(read.get('hash')?.value ?? ''),
    totals: () => ({ items: meta('items'), embedded: meta('embedded'), words: meta('words') }),
    inTransaction(work) {
      db.exec('begin immediate');
      try {
        const change = meta('change') + 1;
        const result = work(change);
        setMeta({ change });
        db.exec('commit');
        return result;
      } catch (error) {
        db.exec('rollback');
        throw error;
      }
    },
  };
};
