/**
 * The SQL database: `hearth.db` or PostgreSQL, the same to everyone else. Kysely's dialect is the port. Every failure is
 * an `AppError` (see `errors.ts`). `openDatabase` expects a migrated database: `migrateDatabase` comes first.
 */
import { type Dialect, Kysely, sql } from 'kysely';
import { type Log, silentLog } from '../kernel/log.ts';
import { createSqliteDialect, openSqliteFile } from './dialect-sqlite.ts';
import type { DatabaseKind, DatabaseOptions } from './options.ts';
import type { Database } from './schema.ts';

export { isUniqueViolation, toAppError } from './errors.ts';
export { inParts } from './in-parts.ts';
export { migrateDatabase } from './migrate.ts';
export { oneOf } from './one-of.ts';
export type * from './options.ts';
export type * from './schema.ts';

export interface Db {
  readonly kysely: Kysely<Database>;
  readonly kind: DatabaseKind;
  /** Rejects with SERVICE_UNAVAILABLE when the database does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** The client of PostgreSQL is loaded by those who use it. */
const postgresDialect = async (url: string, log: Log): Promise<Dialect> => {
  const { createPostgresDialect, createPostgresPool } = await import('./dialect-postgres.ts');
  return createPostgresDialect(createPostgresPool({ url, log }));
};

/** SQLite is opened and checked here; PostgreSQL connects at the first statement, so a server may start without it. */
export const openDatabase = async (options: DatabaseOptions, deps: { log?: Log } = {}): Promise<Db> => {
  const log = deps.log ?? silentLog;
  const dialect =
    options.kind === 'sqlite'
      ? createSqliteDialect(openSqliteFile(options.path))
      : await postgresDialect(options.url, log);
  const kysely = new Kysely<Database>({ dialect });
  return {
    kysely,
    kind: options.kind,
    ping: async () => {
      await sql`select 1`.execute(kysely);
    },
    close: () => kysely.destroy(),
  };
};
