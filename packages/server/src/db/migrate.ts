/**
 * Brings a database to the newest schema; all or nothing. SQLite: the file is copied first when it holds data, and put
 * back when a migration fails. PostgreSQL: one transaction under an advisory lock, so replicas may start together.
 */
import { chmodSync, copyFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { AppError } from '../kernel/errors.ts';
import { type Log, silentLog } from '../kernel/log.ts';
import { createSqliteDialect, openSqliteFile } from './dialect-sqlite.ts';
import { toAppError } from './errors.ts';
import { createMigrations } from './migrations/index.ts';
import type { DatabaseOptions } from './options.ts';

export type MigrateDeps = { log?: Log; migrations?: Record<string, Migration> };
type Context = { log: Log; migrations: Record<string, Migration> };

const createMigrator = (kysely: Kysely<unknown>, migrations: Record<string, Migration>): Migrator =>
  new Migrator({ db: kysely, provider: { getMigrations: async () => migrations } });

const pendingNames = async (migrator: Migrator): Promise<string[]> =>
  (await migrator.getMigrations()).filter((one) => one.executedAt === undefined).map((one) => one.name);

const run = async (migrator: Migrator): Promise<string[]> => {
  const { error, results } = await migrator.migrateToLatest();
  if (error === undefined) return (results ?? []).map((one) => one.migrationName);
  const failed = results?.find((one) => one.status === 'Error')?.migrationName;
  if (error instanceof Error && error.message.startsWith('corrupted migrations')) {
    throw new AppError('INTERNAL_ERROR', 'The database was made by another version of this server', { cause: error });
  }
  const reason = toAppError(error);
  if (failed === undefined) throw reason;
  throw new AppError(
    reason.code === 'CONFLICT' ? 'INTERNAL_ERROR' : reason.code,
    `Migration ${failed} failed; the database is as it was before`,
    { cause: error, retryAfter: reason.retryAfter },
  );
};

const snapshotPrefix = (path: string): string => `${basename(path)}.before-`;

/** Only the newest snapshot stays: it is for going back one version, not a backup of what was deleted since. */
const removeOldSnapshots = (path: string, keep: string): void => {
  for (const name of readdirSync(dirname(path))) {
    const old = join(dirname(path), name);
    if (name.startsWith(snapshotPrefix(path)) && old !== keep) rmSync(old, { force: true });
  }
};

const takeSnapshot = (database: DatabaseSync, path: string, nextMigration: string): string => {
  const snapshot = join(dirname(path), `${snapshotPrefix(path)}${nextMigration}`);
  rmSync(snapshot, { force: true });
  database.prepare('VACUUM INTO ?').run(snapshot);
  chmodSync(snapshot, 0o600);
  removeOldSnapshots(path, snapshot);
  return snapshot;
};

const restoreSnapshot = (snapshot: string, path: string): void => {
  const copy = `${path}.restoring`;
  copyFileSync(snapshot, copy);
  chmodSync(copy, 0o600);
  rmSync(`${path}-wal`, { force: true });
  rmSync(`${path}-shm`, { force: true });
  renameSync(copy, path);
};

const hasTables = (database: DatabaseSync): boolean =>
  database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' LIMIT 1").get() !== undefined;

const migrateSqlite = async (path: string, { log, migrations }: Context): Promise<string[]> => {
  const database = openSqliteFile(path);
  const hadData = hasTables(database);
  const kysely = new Kysely<unknown>({ dialect: createSqliteDialect(database) });
  let snapshot: string | undefined;
  try {
    const migrator = createMigrator(kysely, migrations);
    const [next] = await pendingNames(migrator);
    if (hadData && next !== undefined) snapshot = takeSnapshot(database, path, next);
    const applied = await run(migrator);
    await kysely.destroy();
    return applied;
  } catch (error) {
    await kysely.destroy();
    if (snapshot !== undefined) {
      restoreSnapshot(snapshot, path);
      log.error({ snapshot }, 'a migration failed; the database was put back');
    }
    throw toAppError(error);
  } finally {
    if (database.isOpen) database.close();
  }
};

const migratePostgres = async (url: string, { log, migrations }: Context): Promise<string[]> => {
  const { createPostgresDialect, createPostgresPool } = await import('./dialect-postgres.ts');
  const pool = createPostgresPool({ url, log, maxConnections: 2, unlimitedStatements: true });
  const kysely = new Kysely<unknown>({ dialect: createPostgresDialect(pool) });
  try {
    return await run(createMigrator(kysely, migrations));
  } catch (error) {
    throw toAppError(error);
  } finally {
    await kysely.destroy();
  }
};

/** Resolves to the names of what was applied now; safe to call at each start, and from several replicas at once. */
export const migrateDatabase = async (options: DatabaseOptions, deps: MigrateDeps = {}): Promise<string[]> => {
  const context = { log: deps.log ?? silentLog, migrations: deps.migrations ?? createMigrations(options.kind) };
  const applied =
    options.kind === 'sqlite'
      ? await migrateSqlite(options.path, context)
      : await migratePostgres(options.url, context);
  if (applied.length > 0) context.log.info({ applied }, 'database migrated');
  return applied;
};
