/**
 * Copies what a backup holds into a side folder and describes it. Files may change while Hearth runs, so the copy is what
 * is hashed and packed. Links and other special files are left out, and counted.
 */
import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { copyFile, lstat, mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import type { BackupFile } from './manifest.ts';

export interface Source {
  /** A file or a folder. */
  from: string;
  /** Path in the backup, for example `data/checkpoints`. */
  to: string;
  /** Folders and files below `from` that are not taken. */
  except?: readonly string[];
}

export interface Found {
  from: string;
  to: string;
  size: number;
}

const isGone = (error: unknown): boolean => (Object(error) as { code?: unknown }).code === 'ENOENT';

/** Everything below a source, in a stable order; a source that does not exist is empty. */
export async function* findFiles(source: Source, skipped: string[]): AsyncGenerator<Found, void, void> {
  if (source.except?.includes(source.from)) return;
  const info = await lstat(source.from).catch((error: unknown) => {
    if (isGone(error)) return undefined;
    throw error;
  });
  if (info === undefined) return;
  if (info.isFile()) yield { from: source.from, to: source.to, size: info.size };
  else if (info.isDirectory()) {
    for (const name of (await readdir(source.from)).sort()) {
      yield* findFiles({ ...source, from: join(source.from, name), to: posix.join(source.to, name) }, skipped);
    }
  } else skipped.push(source.from);
}

export const describeFile = async (folder: string, path: string): Promise<BackupFile> => {
  const hash = createHash('sha256');
  const file = join(folder, path);
  for await (const piece of createReadStream(file)) hash.update(piece);
  const { size, mode } = await stat(file);
  return { path, size, mode: mode & 0o777, sha256: hash.digest('hex') };
};

/** Undefined when the file went away in the meantime. */
export const copyInto = async (folder: string, { from, to }: Found): Promise<BackupFile | undefined> => {
  const target = join(folder, to);
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  try {
    await copyFile(from, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
  return describeFile(folder, to);
};
