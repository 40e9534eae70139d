/**
 * Which migrations a database has and lacks, and a database opened for a command. Looking changes nothing; a command
 * that writes wants a database that this version of Hearth has already brought up to date.
 */
import { existsSync } from 'node:fs';
import type { Config } from '../config.ts';
import { createPostgresPool } from '../db/dialect-postgres.ts';
import { toAppError } from '../db/errors.ts';
import { type Db, openDatabase } from '../db/index.ts';
import { createMigrations } from '../db/migrations/index.ts';
import { silentLog } from '../kernel/log.ts';
import { CliError } from './failure.ts';
import { openForReading, openForWriting } from './sqlite-file.ts';

export interface SchemaState {
  exists: boolean;
  applied: string[];
  pending: string[];
  /** Applied, but unknown here: a later version made them. */
  unknown: string[];
}

/** Kysely's own table; it only ever grows. */
const appliedQuery = 'select name from kysely_migration order by name';
const isMissingTable = (error: unknown): boolean => {
  const { code, message } = Object(error) as { code?: unknown; message?: unknown };
  return code === '42P01' || (typeof message === 'string' && message.includes('no such table'));
};

const namesIn = (rows: readonly unknown[]): string[] =>
  rows.map((row) => String((Object(row) as { name?: unknown }).name));

export const compareSchema = (kind: Config['database']['kind'], applied: string[]): Omit<SchemaState, 'exists'> => {
  const known = Object.keys(createMigrations(kind)).sort();
  return {
    applied,
    pending: known.filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => !known.includes(name)),
  };
};

/** Throws what SQLite throws, for example when the file is damaged. */
export const readSqliteMigrations = (path: string): string[] => {
  const database = openForReading(path);
  try {
    return namesIn(database.prepare(appliedQuery).all());
  } catch (error) {
    if (isMissingTable(error)) return [];
    throw error;
  } finally {
    database.close();
  }
};

const readPostgresMigrations = async (url: string): Promise<string[]> => {
  const pool = createPostgresPool({ url, log: silentLog, maxConnections: 1 });
  try {
    return namesIn((await pool.query(appliedQuery)).rows);
  } catch (error) {
    if (isMissingTable(error)) return [];
    throw toAppError(error);
  } finally {
    await pool.end();
  }
};

export const readSchemaState = async (database: Config['database']): Promise<SchemaState> => {
  if (database.kind === 'postgres') {
    const state = compareSchema('postgres', await readPostgresMigrations(database.url));
    return { exists: state.applied.length > 0, ...state };
  }
  if (!existsSync(database.path)) return { exists: false, ...compareSchema('sqlite', []) };
  return { exists: true, ...compareSchema('sqlite', readSqliteMigrations(database.path)) };
};

const refuseUnfit = (state: SchemaState): void => {
  if (!state.exists || state.applied.length === 0)
    throw new CliError('There is no database yet.', 'Start Hearth once with "hearth start"; it makes one.');
  if (state.unknown.length > 0)
    throw new CliError('The database was made by a newer version of Hearth.', 'Update Hearth and try again.');
  if (state.pending.length > 0)
    throw new CliError(
      'The database is older than this version of Hearth.',
      'Start Hearth, or run "hearth migrate", and try again.',
    );
};

/** The database, up to date and ready for small changes. Close it. */
export const openForCommand = async (database: Config['database']): Promise<Db> => {
  refuseUnfit(await readSchemaState(database));
  return database.kind === 'sqlite' ? openForWriting(database.path) : openDatabase(database);
};
