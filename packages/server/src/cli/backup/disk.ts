/** Room on the disk, asked before something large is written, and folders made safe against a power cut. */
import { closeSync, existsSync, fsyncSync, openSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CliError } from '../failure.ts';
import { renderBytes } from '../io.ts';

/** The folder itself, or the nearest one above it that exists. */
const nearest = (folder: string): string =>
  existsSync(folder) || dirname(folder) === folder ? folder : nearest(dirname(folder));

export const freeBytes = async (folder: string): Promise<number> => {
  const { bavail, bsize } = await statfs(nearest(folder));
  return bavail * bsize;
};

/** Some room is left for everyone else. */
const reserveBytes = 50_000_000;

export const requireRoom = async (folder: string, bytes: number, measure = freeBytes): Promise<void> => {
  const free = await measure(folder);
  if (free >= bytes + reserveBytes) return;
  throw new CliError(
    `There is not enough room in ${folder}: ${renderBytes(bytes + reserveBytes)} are needed, ${renderBytes(free)} are free.`,
    'Make room on the disk and try again; nothing was changed.',
  );
};

/** Makes a file, or the names in a folder, survive a power cut. */
export const sync = (path: string): void => {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
};
