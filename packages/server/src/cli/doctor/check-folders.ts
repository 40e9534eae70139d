/** Folders and files: there, ours, closed to others, room on the disk, and no half-done restore beside them. */
import { accessSync, constants, existsSync, lstatSync, readdirSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Config } from '../../config.ts';
import { freeBytes } from '../backup/disk.ts';
import { accountFile, backupsFolder } from '../backup/index.ts';
import { renderBytes } from '../io.ts';
import { error, type Finding, ok, warning } from './finding.ts';

const infoOf = (path: string): Stats | undefined => lstatSync(path, { throwIfNoEntry: false });
const octal = (mode: number): string => (mode & 0o777).toString(8).padStart(4, '0');

const checkPrivate = (path: string, wanted: '0700' | '0600', id: string): Finding[] => {
  const info = infoOf(path);
  if (info === undefined || (info.mode & 0o077) === 0) return [];
  return [
    warning({
      id: `${id}.open`,
      title: `${path} is open to other users`,
      cause: `Its permissions are ${octal(info.mode)}; it holds private data.`,
      fix: `chmod ${wanted} '${path}'`,
    }),
  ];
};

const checkOwner = (path: string, user: number | undefined): Finding[] => {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined || user === undefined || user === 0 || info.uid === user) return [];
  return [
    error({
      id: 'data.owner',
      title: 'The data folder belongs to another user',
      cause: `${path} belongs to user ${info.uid}, and this is user ${user}.`,
      fix: 'Run Hearth as that user, or give the folder to this one with chown.',
    }),
  ];
};

const checkWritable = (path: string): Finding[] => {
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return [];
  } catch {
    return [
      error({
        id: 'data.not_writable',
        title: 'The data folder cannot be written',
        cause: `This user may not write into ${path}.`,
        fix: 'Give the folder to the user that runs Hearth with chown.',
      }),
    ];
  }
};

const tooLittle = 200_000_000;
const little = 1_000_000_000;

const checkDisk = async (path: string): Promise<Finding> => {
  const free = await freeBytes(path);
  const title = `${renderBytes(free)} free on the disk`;
  const trouble = {
    id: 'disk.low',
    title,
    cause: 'A full disk stops every conversation.',
    fix: 'Make room on the disk.',
  };
  if (free < tooLittle) return error({ ...trouble, id: 'disk.full' });
  return free < little ? warning(trouble) : ok('disk', title);
};

const checkHalfRestore = (dataDir: string): Finding[] => {
  const parent = dirname(dataDir);
  const rests = existsSync(parent)
    ? readdirSync(parent).filter((name) => name.startsWith(`${basename(dataDir)}.restoring-`))
    : [];
  if (rests.length === 0) return [];
  return [
    error({
      id: 'restore.cut_short',
      title: 'A restore did not finish',
      cause: `It left ${rests.map((name) => join(parent, name)).join(', ')}.`,
      fix: `If ${dataDir} is missing, move the newest "${basename(dataDir)}.before-restore-…" beside it back to that name. Then delete what was left.`,
    }),
  ];
};

export const checkFolders = async (config: Config, user = process.getuid?.()): Promise<Finding[]> => {
  const { dataDir, configDir } = config.paths;
  const halfDone = checkHalfRestore(dataDir);
  if (!existsSync(dataDir)) {
    const missing = warning({
      id: 'data.missing',
      title: 'There is no data folder yet',
      cause: `${dataDir} does not exist: Hearth has not been started with it.`,
      fix: 'Start it with "hearth start", or set HEARTH_HOME to where your data is.',
    });
    return [...halfDone, missing, await checkDisk(dataDir)];
  }
  const found = [
    ...halfDone,
    ...checkOwner(dataDir, user),
    ...checkWritable(dataDir),
    ...checkPrivate(dataDir, '0700', 'data'),
    ...checkPrivate(configDir, '0700', 'configuration'),
    ...checkPrivate(join(dataDir, 'hearth.db'), '0600', 'database'),
    ...checkPrivate(join(dataDir, accountFile), '0600', 'account_file'),
  ];
  const all = found.length === 0 ? [ok('data', `Data in ${dataDir}`)] : found;
  return [...all, await checkDisk(dataDir)];
};

export const checkWorkFolders = ({ paths }: Config): Finding[] => {
  const bad = paths.allowedRoots.flatMap((root) => {
    const info = statSync(root, { throwIfNoEntry: false });
    // The workspace is made at the first start.
    if (info?.isDirectory() || (info === undefined && root === paths.workspace && !existsSync(paths.dataDir)))
      return [];
    const cause = info === undefined ? 'The folder does not exist.' : 'It is not a folder.';
    const fix =
      root === paths.workspace
        ? 'Start Hearth, which makes it, or correct HEARTH_WORKSPACE.'
        : 'Make it, or correct HEARTH_ALLOWED_ROOTS.';
    return [warning({ id: 'workspace.missing', title: `Chats cannot work in ${root}`, cause, fix })];
  });
  return bad.length > 0 ? bad : [ok('workspace', `Chats work in ${paths.allowedRoots.join(', ')}`)];
};

const oldMs = 14 * 86_400_000;

/** `since` is when the database was made: a new one need not have a backup. */
export const checkBackups = (config: Config, now: Date, since: string | null): Finding => {
  const folder = backupsFolder(config);
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => /^hearth-.*\.tar\.gz$/.test(name)) : [];
  const newest = Math.max(0, ...names.map((name) => statSync(join(folder, name)).mtimeMs));
  const fix = 'Make one with "hearth backup", best every night, and copy it to another machine.';
  const days = Math.floor((now.getTime() - newest) / 86_400_000);
  if (newest === 0) {
    const isNew = since === null || now.getTime() - Date.parse(since) < oldMs;
    if (isNew) return ok('backup', 'No backup yet; make one with "hearth backup"');
    return warning({ id: 'backup.none', title: 'There is no backup', cause: `${folder} holds none.`, fix });
  }
  if (now.getTime() - newest > oldMs)
    return warning({
      id: 'backup.old',
      title: `The last backup is ${days} days old`,
      cause: `It is in ${folder}.`,
      fix,
    });
  return ok('backup', `The last backup is ${days === 0 ? 'of today' : `${days} days old`}`);
};
