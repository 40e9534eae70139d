/**
 * `hearth backup`: one file with the database and the files that belong to it, also while the server runs. It is written
 * under another name, read back in full, and only then gets its own. The database is copied first: a file it speaks of
 * is then already there.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { create } from 'tar';
import type { Config } from '../../config.ts';
import { readSchemaState } from '../database.ts';
import { CliError } from '../failure.ts';
import { type Io, renderBytes } from '../io.ts';
import { version } from '../version.ts';
import { copyInto, describeFile, type Found, findFiles, type Source } from './collect.ts';
import { snapshotDatabase } from './database-snapshot.ts';
import { freeBytes, requireRoom, sync } from './disk.ts';
import { type BackupFile, databaseFile, type Manifest, manifestName } from './manifest.ts';
import { readArchive } from './read-archive.ts';

export interface BackupDeps {
  config: Config;
  io: Io;
  now?: () => Date;
  /** Free bytes of the disk a folder is on. */
  measure?: (folder: string) => Promise<number>;
}

export interface BackupOptions {
  out?: string;
  withSecrets: boolean;
  withWorkspace: boolean;
}

export const backupsFolder = (config: Config): string => join(config.paths.dataDir, 'backups');
export const accountFile = 'claude-account.json';

/** `2026-01-02T03-04-05Z`: sorts by time and is a file name everywhere. */
export const stampOf = (time: Date): string => `${time.toISOString().slice(0, 19).replaceAll(':', '-')}Z`;

const sourcesOf = ({ paths }: Config, options: BackupOptions, except: string[]): Source[] => [
  { from: join(paths.dataDir, 'checkpoints'), to: 'data/checkpoints' },
  ...(options.withSecrets ? [{ from: join(paths.dataDir, accountFile), to: `data/${accountFile}` }] : []),
  { from: paths.configDir, to: 'config', except: [...except, paths.dataDir] },
  ...(options.withWorkspace
    ? [{ from: paths.workspace, to: 'workspace', except: [...except, paths.dataDir, paths.configDir] }]
    : []),
];

const sizeOf = async (path: string): Promise<number> => (await stat(path).catch(() => ({ size: 0 }))).size;

const databaseBytes = async ({ database }: Config): Promise<number> =>
  database.kind === 'sqlite' ? (await sizeOf(database.path)) + (await sizeOf(`${database.path}-wal`)) : 0;

const requireDatabase = async (config: Config): Promise<string[]> => {
  const state = await readSchemaState(config.database);
  if (state.exists) return state.applied;
  throw new CliError('There is no database yet, so there is nothing to back up.', 'Start Hearth once first.');
};

const targetOf = async (config: Config, out: string | undefined, now: Date): Promise<string> => {
  const target = out === undefined ? join(backupsFolder(config), `hearth-${stampOf(now)}.tar.gz`) : resolve(out);
  if (existsSync(target)) throw new CliError(`${target} exists already.`, 'Choose another name; it was not changed.');
  if (out === undefined) await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  else if (!existsSync(dirname(target)))
    throw new CliError(`The folder ${dirname(target)} does not exist.`, 'Make it first, or choose another one.');
  return target;
};

interface Staging {
  folder: string;
  part: string;
  skipped: string[];
}

const stage = async (deps: BackupDeps, options: BackupOptions, staging: Staging): Promise<BackupFile[]> => {
  const { config, measure = freeBytes } = deps;
  const found: Found[] = [];
  for (const source of sourcesOf(config, options, [staging.folder, backupsFolder(config)])) {
    for await (const file of findFiles(source, staging.skipped)) found.push(file);
  }
  const bytes = found.reduce((sum, file) => sum + file.size, await databaseBytes(config));
  // Twice: once in the side folder, once in the archive, should nothing in it shrink.
  await requireRoom(dirname(staging.folder), bytes * 2, measure);
  const database = databaseFile[config.database.kind];
  await mkdir(join(staging.folder, 'database'), { recursive: true, mode: 0o700 });
  await snapshotDatabase(config, join(staging.folder, database));
  const files = [await describeFile(staging.folder, database)];
  for (const one of found) {
    const file = await copyInto(staging.folder, one);
    if (file !== undefined) files.push(file);
  }
  return files;
};

const pack = async (staging: Staging, manifest: Manifest): Promise<void> => {
  await writeFile(join(staging.folder, manifestName), `${JSON.stringify(manifest, null, 1)}\n`);
  const names = [manifestName, ...manifest.files.map((file) => file.path)];
  await create(
    { file: staging.part, cwd: staging.folder, gzip: true, portable: true, strict: true, mode: 0o600 },
    names,
  );
  sync(staging.part);
};

const ofMem0 =
  'what Mem0 remembers (each person exports it under Memory, Settings, or with GET /api/v1/memories/export)';

const report = async (
  { config, io }: BackupDeps,
  staging: Staging,
  about: { target: string; manifest: Manifest } & BackupOptions,
) => {
  const { target, manifest, withSecrets, withWorkspace } = about;
  io.out(`Backup written and read back: ${target}`);
  io.out(`  ${manifest.files.length} files, ${renderBytes(await sizeOf(target))}`);
  const left = [
    ...(config.memory.services.engine === 'mem0' ? [ofMem0] : []),
    ...(withSecrets ? [] : ['the connected Claude account (--with-secrets)']),
    ...(withWorkspace ? [] : ['the workspace (--with-workspace)']),
    ...(staging.skipped.length === 0 ? [] : [`${staging.skipped.length} links or special files`]),
  ];
  if (left.length > 0) io.out(`  Not in it: ${left.join(', ')}.`);
  io.out('  Keep it as safe as the server: whoever has it can read your conversations.');
};

/** Resolves to the path of the backup. */
export const runBackup = async (deps: BackupDeps, options: BackupOptions): Promise<string> => {
  const { config, now = () => new Date() } = deps;
  const migrations = await requireDatabase(config);
  const time = now();
  const target = await targetOf(config, options.out, time);
  const id = randomUUID();
  const staging: Staging = {
    folder: join(dirname(target), `.hearth-backup-${id}`),
    part: join(dirname(target), `.${basename(target)}.${id}`),
    skipped: [],
  };
  try {
    await mkdir(staging.folder, { mode: 0o700 });
    const files = await stage(deps, options, staging);
    const manifest: Manifest = {
      format: 'hearth-backup',
      format_version: 1,
      version,
      created_at: time.toISOString(),
      kind: config.database.kind,
      migrations,
      files,
    };
    await pack(staging, manifest);
    await readArchive(staging.part);
    await rename(staging.part, target);
    sync(dirname(target));
    await report(deps, staging, { target, manifest, ...options });
    return target;
  } finally {
    await rm(staging.folder, { recursive: true, force: true });
    await rm(staging.part, { force: true });
  }
};
