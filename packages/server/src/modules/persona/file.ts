/**
 * `persona.json` in the folder of configuration: the persona of a server for one person, who may edit it by hand. It is
 * replaced as a whole or not at all, and never over an edit that was not read.
 */
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../../kernel/errors.ts';
import { type PersonaFields, readFields, writeFields } from './fields.ts';

export type FileContent =
  | { state: 'missing'; mark: string }
  | { state: 'read'; mark: string; fields: PersonaFields; changedAt: Date }
  | { state: 'damaged'; mark: string; problem: string };

export interface PersonaFile {
  /** Equal marks mean that nobody has touched the file in between. */
  mark(): Promise<string>;
  read(): Promise<FileContent>;
  /** CONFLICT when the file is not as it was at `mark`. */
  write(fields: PersonaFields, mark: string): Promise<void>;
}

const missing = 'missing';
const largest = 256 * 1_024;

const isNotThere = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

const editedMeanwhile = (): AppError =>
  new AppError('CONFLICT', 'persona.json was edited at the same moment. Load the persona again.');

export const createPersonaFile = (path: string): PersonaFile => {
  const statOf = async () => {
    try {
      return await stat(path, { bigint: true });
    } catch (error) {
      if (isNotThere(error)) return null;
      throw error;
    }
  };

  const mark = async (): Promise<string> => {
    try {
      const found = await statOf();
      return found === null ? missing : [found.ino, found.size, found.mtimeNs, found.ctimeNs].join(' ');
    } catch {
      return 'unreadable'; // `read` says so in words
    }
  };

  const content = async (seen: string): Promise<FileContent> => {
    const found = await statOf();
    if (found === null) return { state: 'missing', mark: seen };
    const damaged = (problem: string): FileContent => ({ state: 'damaged', mark: seen, problem });
    if (!found.isFile()) return damaged('persona.json is not a file.');
    if (found.size > largest) return damaged('persona.json is too large.');
    const read = readFields(await readFile(path, 'utf8'));
    if ('problem' in read) return damaged(read.problem);
    return { state: 'read', mark: seen, fields: read.fields, changedAt: found.mtime };
  };

  return {
    mark,
    async read() {
      // Taken first: an edit that comes while we read shows in the next mark.
      const before = await mark();
      try {
        return await content(before);
      } catch {
        return { state: 'damaged', mark: before, problem: 'persona.json cannot be read by the server.' };
      }
    },
    async write(fields, expected) {
      // A link stays a link: its target is what is replaced.
      const target = await realpath(path).catch(() => path);
      const part = `${target}.${randomUUID()}`;
      try {
        await mkdir(dirname(target), { recursive: true, mode: 0o700 });
        const handle = await open(part, 'wx', 0o600);
        try {
          await handle.writeFile(writeFields(fields));
          await handle.sync();
        } finally {
          await handle.close();
        }
        await chmod(part, 0o600);
        if ((await mark()) !== expected) throw editedMeanwhile();
        await rename(part, target);
      } catch (error) {
        await rm(part, { force: true }).catch(() => {});
        if (error instanceof AppError) throw error;
        throw new AppError('SERVICE_UNAVAILABLE', 'persona.json cannot be written by the server.', {
          cause: error,
          retryAfter: 30,
        });
      }
      const folder = await open(dirname(target)).catch(() => null);
      await folder?.sync().catch(() => {});
      await folder?.close();
    },
  };
};
