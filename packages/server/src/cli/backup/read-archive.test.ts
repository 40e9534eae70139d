import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Header } from 'tar';
import { describe, expect, it } from 'vitest';
import { makeFolder } from '../testing/home.ts';
import { isSafePath } from './manifest.ts';
import { readArchive } from './read-archive.ts';

type Piece = {
  path: string;
  content?: string;
  type?: 'File' | 'SymbolicLink' | 'Link';
  linkpath?: string;
  size?: number;
};

/** An archive as an attacker would write it: every header by hand. */
const writeArchive = (pieces: Piece[]): string => {
  const blocks = pieces.flatMap(({ path, content = '', type = 'File', linkpath, size }) => {
    const body = Buffer.from(content);
    const head = Buffer.alloc(512);
    new Header({ path, type, linkpath, size: size ?? body.length, mode: 0o644 }).encode(head, 0);
    return [head, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  const file = join(makeFolder(), 'x.tar.gz');
  writeFileSync(file, gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)])));
  return file;
};

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const listed = (path: string, content: string) => ({
  path,
  size: content.length,
  sha256: sha256(content),
  mode: 0o600,
});
const database = { path: 'database/hearth.db', content: 'db' };
const manifest = (files = [listed(database.path, database.content)], more: object = {}): Piece => ({
  path: 'manifest.json',
  content: JSON.stringify({
    ...{ format: 'hearth-backup', format_version: 1, version: '0.1.0', created_at: '2026-01-02T03:04:05.000Z' },
    ...{ kind: 'sqlite', migrations: [], files, ...more },
  }),
});
const note = { path: 'config/note', content: 'hello' };
const both = [listed(database.path, database.content), listed(note.path, note.content)];

describe('an archive', () => {
  it('that is whole is read, every file with its content', async () => {
    const seen: Record<string, string> = {};
    await readArchive(writeArchive([manifest(both), database, note]), {
      file: async (file, content) => {
        seen[file.path] = Buffer.concat(await Array.fromAsync(content)).toString();
      },
    });
    expect(seen).toEqual({ 'database/hearth.db': 'db', 'config/note': 'hello' });
  });

  it.each<[string, Piece[], string]>([
    ['without a manifest', [database], 'does not begin with its list'],
    ['with nothing in it', [], 'or not a backup'],
    ['with a manifest that is no manifest', [{ path: 'manifest.json', content: '{}' }], 'cannot be read'],
    ['of a later format', [manifest(both, { format_version: 2 }), database, note], 'newer Hearth'],
    ['without the database', [manifest([listed(note.path, note.content)]), note], 'cannot be read'],
    ['that lacks a file', [manifest(both), database], 'cut short'],
    ['with a file that is not listed', [manifest(), database, note], 'not on its list'],
    ['with a file twice', [manifest(), database, database], 'one twice'],
    ['with changed content', [manifest(), { ...database, content: 'dB' }], 'database/hearth.db is damaged'],
    ['with another size', [manifest(), { ...database, content: 'db!' }], 'the size it should have'],
    [
      'with a symbolic link',
      [manifest(both), database, { path: note.path, type: 'SymbolicLink', linkpath: '/etc' }],
      'not a regular',
    ],
    [
      'with a hard link',
      [manifest(both), database, { path: note.path, type: 'Link', linkpath: database.path }],
      'not a regular',
    ],
    [
      'with a way up in the list',
      [manifest([...both, listed('config/../../x', '')]), database, note],
      'cannot be read',
    ],
    ['with a file listed twice', [manifest([...both, ...both]), database, note], 'cannot be read'],
    [
      'that says a file is larger than it is',
      [manifest(), { ...database, size: 5_000_000_000 }],
      'the size it should have',
    ],
  ])('%s is refused', async (_, pieces, reason) => {
    await expect(readArchive(writeArchive(pieces))).rejects.toThrow(reason);
  });

  it('that is cut short anywhere is refused, and reading it ends', async () => {
    const big = Array.from({ length: 40_000 }, (_, i) => sha256(String(i))).join('');
    const file = writeArchive([manifest([listed(database.path, big)]), { path: database.path, content: big }]);
    const whole = readFileSync(file);
    await readArchive(file);
    for (const share of [0, 0.001, 0.1, 0.5, 0.9, 0.9999]) {
      writeFileSync(file, whole.subarray(0, Math.floor(whole.length * share)));
      await expect(readArchive(file)).rejects.toThrow('This backup cannot be used');
    }
  });

  it('that is something else is refused', async () => {
    const file = join(makeFolder(), 'x');
    for (const content of ['hello', 'x'.repeat(100_000), '\u001f\u008b garbage']) {
      writeFileSync(file, content, 'latin1');
      await expect(readArchive(file)).rejects.toThrow('This backup cannot be used');
    }
  });

  it('is not read further when its place refuses it', async () => {
    const refuse = async (): Promise<void> => {
      throw new Error('no room');
    };
    await expect(readArchive(writeArchive([manifest(both), database, note]), { file: refuse })).rejects.toThrow(
      'no room',
    );
  });
});

it.each([
  ['config/a', true],
  ['data/checkpoints/ab/cd', true],
  ['workspace/…/ü', true],
  ['config', false],
  ['/config/a', false],
  ['config//a', false],
  ['config/./a', false],
  ['config/../a', false],
  ['other/a', false],
  ['config/a\\b', false],
  ['config/a\nb', false],
  ['config/a\0', false],
])('the path %j may be in a backup: %s', (path, safe) => {
  expect(isSafePath(path)).toBe(safe);
});
