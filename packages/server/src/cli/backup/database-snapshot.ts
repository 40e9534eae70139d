/**
 * A consistent copy of the database while it is in use. SQLite: its own online backup in one step, which sees one moment
 * and keeps row numbers, as VACUUM would not. PostgreSQL: `pg_dump`, which works in one snapshot.
 */
import { existsSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { backup } from 'node:sqlite';
import type { Config } from '../../config.ts';
import { CliError } from '../failure.ts';
import { openForReading } from '../sqlite-file.ts';
import { runPostgresTool } from './postgres-tool.ts';

/** More than any database has: everything in one step, so that writers cannot make it begin again. */
const allPages = 0x7fffffff;

/** Throws when the file is damaged. */
export const checkSqliteFile = (path: string): void => {
  const database = openForReading(path);
  try {
    const row = database.prepare('PRAGMA integrity_check(1)').get();
    if (row?.integrity_check !== 'ok') throw new Error(String(row?.integrity_check));
  } finally {
    database.close();
  }
};

const copyOnce = async (path: string, target: string): Promise<void> => {
  const database = openForReading(path);
  try {
    await backup(database, target, { rate: allPages });
  } finally {
    database.close();
  }
};

const snapshotSqlite = async (path: string, target: string): Promise<void> => {
  const wasInUse = existsSync(`${path}-wal`);
  await copyOnce(path, target);
  // A server that started meanwhile may have written into what was read as an unused file.
  if (!wasInUse && existsSync(`${path}-wal`)) await copyOnce(path, target);
  try {
    checkSqliteFile(target);
  } catch (error) {
    throw new CliError(
      'The database is damaged, so no backup was made of it.',
      'Restore the last good backup with "hearth restore", and check the disk.',
      error,
    );
  }
};

export const snapshotDatabase = async (config: Config, target: string): Promise<void> => {
  const { database } = config;
  if (database.kind === 'sqlite') await snapshotSqlite(database.path, target);
  else
    await runPostgresTool(config, 'pg_dump', ['--format=custom', '--no-owner', '--no-privileges', `--file=${target}`]);
  await chmod(target, 0o600);
};
