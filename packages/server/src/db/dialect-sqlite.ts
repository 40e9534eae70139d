/**
 * Kysely over Node's own SQLite. The connection waits for durable writes (WAL with synchronous=FULL), checks foreign
 * keys, and takes the write lock when a transaction begins, so that a second process (the CLI) cannot make it fail
 * half-way. A damaged file is refused: starting empty would look like lost memory. Rule: security.md, cases 9 and 65.
 */
import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type DialectAdapter,
  type Driver,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  SqliteDriver,
} from 'kysely';
import { AppError } from '../kernel/errors.ts';
import { withAppErrors } from './driver-errors.ts';
import { isBusy, isCorruption, toAppError } from './errors.ts';

const busyTimeoutMs = 5_000;

const toInput = (value: unknown): SQLInputValue => {
  if (value === undefined || value === null) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') return value;
  if (value instanceof Uint8Array) return value;
  throw new AppError('INTERNAL_ERROR', 'A value cannot be stored as it is');
};

type Prepared = ReturnType<SqliteDatabase['prepare']>;

/** Compiling a statement costs more than running it, and the server runs the same few again and again. */
const keptStatements = 200;

const adapt = (database: DatabaseSync): SqliteDatabase => {
  const kept = new Map<string, Prepared>();
  const compile = (sql: string): Prepared => {
    const statement = database.prepare(sql);
    return {
      reader: statement.columns().length > 0,
      all: (parameters) => statement.all(...parameters.map(toInput)),
      run: (parameters) => statement.run(...parameters.map(toInput)),
      // A cursor may stay open while the same text runs again, so it gets a statement of its own.
      iterate: (parameters) => database.prepare(sql).iterate(...parameters.map(toInput)),
    };
  };
  return {
    close: () => database.close(),
    prepare: (sql) => {
      const known = kept.get(sql);
      if (known) return known;
      const prepared = compile(sql);
      const oldest = kept.keys().next();
      if (kept.size >= keptStatements && !oldest.done) kept.delete(oldest.value);
      kept.set(sql, prepared);
      return prepared;
    },
  };
};

/** The folder 0700 and the file 0600 from the first moment; SQLite gives its side files the file's mode. */
const prepareFile = (path: string): void => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
};

const damaged = (path: string, cause: unknown): AppError =>
  new AppError(
    'INTERNAL_ERROR',
    `The database file ${path} is damaged. Restore it from a backup; it was not changed.`,
    {
      cause,
    },
  );

const quickCheck = (database: DatabaseSync, path: string): void => {
  const row = database.prepare('PRAGMA quick_check(1)').get();
  if (row?.quick_check !== 'ok') throw damaged(path, row?.quick_check);
};

const pauseMs = 20;

/**
 * Making a file a WAL file is a write that begins with a read, and from a read on SQLite does not wait for another
 * writer: of two processes that open a new file at once, one is refused in the same moment. So the waiting is ours; the
 * server has nothing else to do before it is open.
 */
const setUp = (database: DatabaseSync): void => {
  // Some locks SQLite does wait for, as long as that: then it has been waited for.
  const until = performance.now() + busyTimeoutMs;
  for (;;) {
    try {
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; SELECT count(*) FROM sqlite_master;');
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() >= until) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
    }
  }
};

/** Opens the file and sets it up. The message of a failure names the path: it is for the operator, at start. */
export const openSqliteFile = (path: string): DatabaseSync => {
  // SQLite removes its log at an orderly close, so a log that is still there tells of a crash.
  const wasClean = !existsSync(`${path}-wal`);
  let database: DatabaseSync | undefined;
  try {
    prepareFile(path);
    database = new DatabaseSync(path, { timeout: busyTimeoutMs, enableForeignKeyConstraints: true });
    setUp(database);
    if (!wasClean) quickCheck(database, path);
    return database;
  } catch (error) {
    database?.close();
    throw isCorruption(error) ? damaged(path, error) : toAppError(error);
  }
};

/** A full disk makes SQLite roll back by itself; a second rollback would fail and hide the reason. */
const withTransactions = (driver: Driver, database: DatabaseSync): Driver => {
  driver.beginTransaction = async (connection: DatabaseConnection) => {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  };
  driver.rollbackTransaction = async (connection: DatabaseConnection) => {
    if (database.isTransaction) await connection.executeQuery(CompiledQuery.raw('rollback'));
  };
  return driver;
};

class TransactionalDdlAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true; // SQLite rolls schema changes back; Kysely assumes the contrary for the sake of PRAGMA foreign_keys
  }
}

export const createSqliteDialect = (database: DatabaseSync): Dialect => {
  const config = { database: adapt(database) };
  const base = new SqliteDialect(config);
  return {
    createAdapter: (): DialectAdapter => new TransactionalDdlAdapter(),
    createDriver: () => withAppErrors(withTransactions(new SqliteDriver(config), database)),
    createIntrospector: (db) => base.createIntrospector(db),
    createQueryCompiler: () => base.createQueryCompiler(),
  };
};
