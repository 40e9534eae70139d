/** `hearth migrate`: brings the database up to date without starting the server, or only says what would be done. */
import type { Config } from '../config.ts';
import { migrateDatabase } from '../db/index.ts';
import { lockInstance } from '../kernel/instance-lock.ts';
import { readSchemaState } from './database.ts';
import { CliError } from './failure.ts';
import { findInstance } from './instance.ts';
import type { Io } from './io.ts';

/** A server that runs expects the schema it started with. PostgreSQL has its own lock between replicas. */
const holdFolder = ({ paths, database }: Config): (() => void) => {
  if (database.kind === 'postgres') return () => {};
  const { running, about } = findInstance(paths.dataDir);
  if (running) throw new CliError(`Hearth is running (${about}).`, 'Stop it first; it also migrates when it starts.');
  const lock = lockInstance(paths.dataDir, { pid: process.pid, address: 'hearth migrate' });
  return () => lock.release();
};

export const runMigrate = async (deps: { config: Config; io: Io }, options: { dryRun: boolean }): Promise<void> => {
  const { config, io } = deps;
  const state = await readSchemaState(config.database);
  if (state.unknown.length > 0)
    throw new CliError('The database was made by a newer version of Hearth.', 'Update Hearth and try again.');
  if (state.pending.length === 0) return io.out('The database is up to date.');
  if (options.dryRun) {
    io.out('These would be applied:');
    for (const name of state.pending) io.out(`  ${name}`);
    return;
  }
  const release = holdFolder(config);
  try {
    for (const name of await migrateDatabase(config.database)) io.out(`Applied ${name}`);
  } finally {
    release();
  }
  io.out('The database is up to date.');
};
