/**
 * `hearth restore`: goes back to a backup. Everything is laid out and checked in side folders first; only then folders
 * are renamed, and renamed back when one of them cannot be. The old data stays beside the new.
 */
import { existsSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Config } from '../../config.ts';
import { isAppError } from '../../kernel/errors.ts';
import { type InstanceLock, lockInstance } from '../../kernel/instance-lock.ts';
import { compareSchema, readSqliteMigrations } from '../database.ts';
import { CliError } from '../failure.ts';
import type { Io } from '../io.ts';
import { checkSqliteFile } from './database-snapshot.ts';
import { sync } from './disk.ts';
import { extract } from './extract.ts';
import { stampOf } from './index.ts';
import type { Manifest } from './manifest.ts';
import { createPlan, isUnused, keepAccount, makeFolders, movesOf, type Plan, stagedFolder } from './plan.ts';
import { requireEmptyDatabase, restorePostgres } from './restore-postgres.ts';
import { moveAll, moveBack } from './swap.ts';
import { undoLines } from './undo.ts';

export interface RestoreDeps {
  config: Config;
  io: Io;
  now?: () => Date;
  measure?: (folder: string) => Promise<number>;
  rename?: (from: string, to: string) => void;
}

const takeLock = ({ paths }: Config): InstanceLock => {
  try {
    return lockInstance(paths.dataDir, { pid: process.pid, address: 'hearth restore' });
  } catch (error) {
    if (!isAppError(error, 'CONFLICT')) throw error;
    throw new CliError(error.message, 'Stop Hearth first, then restore again; nothing was changed.', error);
  }
};

const requireFit = ({ database }: Config, manifest: Manifest): void => {
  const names = { sqlite: 'the built-in SQLite', postgres: 'PostgreSQL' } as const;
  if (manifest.kind !== database.kind)
    throw new CliError(
      `This backup is of ${names[manifest.kind]}, and Hearth is set up with ${names[database.kind]}.`,
      manifest.kind === 'sqlite' ? 'Unset DATABASE_URL and restore again.' : 'Set DATABASE_URL and restore again.',
    );
  if (compareSchema(manifest.kind, manifest.migrations).unknown.length > 0)
    throw new CliError(
      `This backup was made by a newer version of Hearth (${manifest.version}).`,
      'Update Hearth and restore again; nothing was changed.',
    );
};

const requireGoodDatabase = (path: string, manifest: Manifest): void => {
  try {
    checkSqliteFile(path);
    const applied = readSqliteMigrations(path);
    if (applied.join() !== manifest.migrations.join()) throw new Error('not the schema that the list of files names');
  } catch (error) {
    throw new CliError(
      'The database in this backup is damaged.',
      'Take another backup file; nothing was changed.',
      error,
    );
  }
};

const removeStaged = ({ paths }: Config, stamp: string): void => {
  for (const target of [paths.dataDir, paths.configDir, paths.workspace])
    rmSync(stagedFolder(target, stamp), { recursive: true, force: true });
};

interface Ready {
  plan: Plan;
  manifest: Manifest;
}

const prepare = async (deps: RestoreDeps, file: string, stamp: string): Promise<Ready> => {
  const { config, measure } = deps;
  if (config.database.kind === 'postgres') await requireEmptyDatabase(config.database.url);
  let plan: Plan | undefined;
  const manifest = await extract(file, {
    measure,
    place: (found) => {
      requireFit(config, found);
      plan = createPlan(config, found, stamp);
      makeFolders(plan);
      return plan.roots;
    },
  });
  if (plan === undefined) throw new CliError('This backup is empty.', 'Take another backup file.');
  if (manifest.kind === 'sqlite') requireGoodDatabase(join(plan.roots.database, 'hearth.db'), manifest);
  return { plan, manifest };
};

const swap = async ({ config, rename }: RestoreDeps, { plan, manifest }: Ready): Promise<void> => {
  keepAccount(config, plan);
  const moves = movesOf(config, plan);
  moveAll(moves, rename);
  try {
    if (manifest.kind === 'postgres') await restorePostgres(config);
  } catch (error) {
    moveBack(moves, rename);
    throw error;
  }
  for (const { target, aside } of plan.units) {
    sync(dirname(target));
    // A folder that held nothing but our own lock, on a new machine.
    if (isUnused(aside)) rmSync(aside, { recursive: true });
  }
};

const report = (io: Io, config: Config, { plan, manifest }: Ready): void => {
  io.out(`Restored the backup of ${manifest.created_at} (Hearth ${manifest.version}).`);
  io.out('  Keys that were revoked since then work again: look at "hearth keys list" and revoke them again.');
  const undo = undoLines(config, plan);
  if (undo.length > 0) io.out(['  To undo it, with Hearth stopped:', ...undo.map((line) => `    ${line}`)].join('\n'));
  io.out('  Start Hearth again: hearth start');
};

export const runRestore = async (deps: RestoreDeps, archive: string): Promise<void> => {
  const { config, io, now = () => new Date() } = deps;
  const file = resolve(archive);
  if (!existsSync(file)) throw new CliError(`There is no file ${file}.`, 'Check the path; nothing was changed.');
  const stamp = stampOf(now());
  const wasThere = existsSync(config.paths.dataDir);
  const lock = takeLock(config);
  try {
    const ready = await prepare(deps, file, stamp);
    await swap(deps, ready);
    report(io, config, ready);
  } catch (error) {
    if (!wasThere) rmSync(config.paths.dataDir, { recursive: true, force: true });
    throw error;
  } finally {
    lock.release();
    removeStaged(config, stamp);
  }
};
