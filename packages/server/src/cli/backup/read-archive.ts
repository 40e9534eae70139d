/**
 * Reads a backup from front to back and believes none of it: the manifest comes first, then exactly its files, each a
 * regular file of the size and hash it names. The same reader checks a new backup and restores an old one.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { Parser, type ReadEntry } from 'tar';
import { tryParseJson } from '../../kernel/json.ts';
import { CliError } from '../failure.ts';
import { type BackupFile, largestManifest, type Manifest, manifestName, manifestSchema } from './manifest.ts';

export interface ArchiveSink {
  /** Before anything is written; throw to refuse. */
  manifest?(manifest: Manifest): void | Promise<void>;
  /** Must take all of `content`. Without it the content is only checked. */
  file?(file: BackupFile, content: AsyncIterable<Buffer>): Promise<void>;
}

const largestHeader = 1024 * 1024;

const damaged = (what: string, cause?: unknown): CliError =>
  new CliError(`This backup cannot be used: ${what}.`, 'Take another backup file; nothing was changed.', cause);

const readManifest = async (entry: ReadEntry): Promise<Manifest> => {
  if (entry.path !== manifestName || entry.type !== 'File') throw damaged('it does not begin with its list of files');
  if (entry.size > largestManifest) throw damaged('its list of files is too long');
  const text = Buffer.concat(await Array.fromAsync(entry)).toString('utf8');
  const manifest = tryParseJson(manifestSchema, text);
  if (manifest === undefined) throw damaged('its list of files cannot be read, or a newer Hearth made it');
  return manifest;
};

async function* hashed(file: BackupFile, entry: ReadEntry): AsyncGenerator<Buffer, void, void> {
  const hash = createHash('sha256');
  for await (const piece of entry) {
    hash.update(piece);
    yield piece;
  }
  if (hash.digest('hex') !== file.sha256) throw damaged(`${file.path} is damaged`);
}

/** The checks of one pass over an archive. */
const createReading = (sink: ArchiveSink) => {
  const missing = new Map<string, BackupFile>();
  let manifest: Manifest | undefined;

  const take = async (entry: ReadEntry): Promise<void> => {
    if (manifest === undefined) {
      manifest = await readManifest(entry);
      for (const file of manifest.files) missing.set(file.path, file);
      return sink.manifest?.(manifest);
    }
    const file = missing.get(entry.path);
    if (file === undefined) throw damaged('it holds a file that is not on its list, or one twice');
    if (entry.type !== 'File') throw damaged(`${file.path} is not a regular file`);
    if (entry.size !== file.size) throw damaged(`${file.path} does not have the size it should have`);
    missing.delete(entry.path);
    const content = hashed(file, entry);
    if (sink.file) return sink.file(file, content);
    for await (const _piece of content);
  };
  const finish = (): Manifest => {
    if (manifest === undefined) throw damaged('it is empty, or not a backup');
    if (missing.size > 0) throw damaged('it is cut short');
    return manifest;
  };
  return { take, finish };
};

/** Resolves to the manifest when every file was there and right. */
export const readArchive = async (path: string, sink: ArchiveSink = {}): Promise<Manifest> => {
  const reading = createReading(sink);
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  let working: Promise<void> = Promise.resolve();
  const parser = new Parser({
    strict: true,
    maxMetaEntrySize: largestHeader,
    onReadEntry: (entry) => {
      working = working.then(() => reading.take(entry));
      working.catch(failed.reject);
    },
  });
  parser.on('error', (error) => failed.reject(damaged('it is cut short, or not a backup', error)));
  const ended = once(parser, 'end').catch(() => undefined);
  const input = createReadStream(path);
  try {
    for await (const piece of input) {
      if (!parser.write(piece)) await Promise.race([once(parser, 'drain'), failed.promise]);
    }
    parser.end();
    await Promise.race([ended, failed.promise]);
    await Promise.race([working, failed.promise]);
    return reading.finish();
  } finally {
    input.destroy();
  }
};
