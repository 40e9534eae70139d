/**
 * The database file as the command line meets it: maybe missing, maybe in use by a running server. Reading never makes,
 * changes or leaves a file; writing never makes a new database.
 */
import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { Kysely, sql } from 'kysely';
import { createSqliteDialect } from '../db/dialect-sqlite.ts';
import type { Database, Db } from '../db/index.ts';

const busyTimeoutMs = 5_000;

/**
 * Without a log beside it nobody uses the file: it is then read as it lies there, because SQLite would otherwise make
 * the log, and the next start would take a log for a sign of a crash.
 */
export const openForReading = (path: string): DatabaseSync => {
  const url = pathToFileURL(path);
  if (!existsSync(`${path}-wal`)) url.search = '?immutable=1';
  return new DatabaseSync(url, { readOnly: true, timeout: busyTimeoutMs });
};

/** For small changes beside a running server: no full check of the file, which takes seconds when it is large. */
export const openForWriting = (path: string): Db => {
  const database = new DatabaseSync(path, { timeout: busyTimeoutMs, enableForeignKeyConstraints: true });
  database.exec('PRAGMA synchronous = FULL');
  const kysely = new Kysely<Database>({ dialect: createSqliteDialect(database) });
  return {
    kysely,
    kind: 'sqlite',
    ping: async () => {
      await sql`select 1`.execute(kysely);
    },
    close: () => kysely.destroy(),
  };
};
