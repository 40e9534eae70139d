/**
 * PostgreSQL is restored into an empty database, in one transaction: the old database is not touched, and going back is
 * setting DATABASE_URL back.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../config.ts';
import { createPostgresPool } from '../../db/dialect-postgres.ts';
import { toAppError } from '../../db/errors.ts';
import { silentLog } from '../../kernel/log.ts';
import { CliError } from '../failure.ts';
import { databaseName, runPostgresTool } from './postgres-tool.ts';

const tablesQuery = `select count(*) as n from information_schema.tables where table_schema not in ('pg_catalog', 'information_schema')`;

export const requireEmptyDatabase = async (url: string): Promise<void> => {
  const pool = createPostgresPool({ url, log: silentLog, maxConnections: 1 });
  let tables: number;
  try {
    tables = Number((await pool.query(tablesQuery)).rows[0]?.n);
  } catch (error) {
    throw toAppError(error);
  } finally {
    await pool.end();
  }
  if (tables === 0) return;
  throw new CliError(
    `The database "${databaseName(url)}" is not empty, and a restore never writes over one.`,
    'Make an empty one (for example: createdb hearth2), put its name into DATABASE_URL, and restore again.',
  );
};

/** From the data folder, where the backup has just been put. */
export const restorePostgres = async (config: Config): Promise<void> => {
  if (config.database.kind !== 'postgres') return;
  const dump = join(config.paths.dataDir, 'hearth.dump');
  await runPostgresTool(config, 'pg_restore', [
    '--single-transaction',
    '--exit-on-error',
    '--no-owner',
    '--no-privileges',
    `--dbname=${databaseName(config.database.url)}`,
    dump,
  ]);
  await rm(dump);
};
