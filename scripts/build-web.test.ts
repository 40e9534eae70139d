import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  addCompileHints,
  addCompressed,
  type Folders,
  inlineScripts,
  keepPrevious,
  restorePrevious,
} from './build-web.ts';

let root = '';
let folders: Folders;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hearth-build-'));
  folders = { out: join(root, 'out'), previous: join(root, 'previous') };
});
afterEach(() => rmSync(root, { recursive: true }));

const write = (file: string, data: string): void => {
  mkdirSync(dirname(join(folders.out, file)), { recursive: true });
  writeFileSync(join(folders.out, file), data);
};
const read = (file: string): string => readFileSync(join(folders.out, file), 'utf8');
const isThere = (file: string): boolean => existsSync(join(folders.out, file));

describe('the files of the build before', () => {
  const build = (before: readonly string[], made: Record<string, string>): string[] => {
    keepPrevious(folders, before);
    rmSync(folders.out, { recursive: true, force: true });
    for (const [file, data] of Object.entries(made)) write(file, data);
    restorePrevious(folders);
    return Object.keys(made);
  };

  it('are kept for one build, pages are not', () => {
    const first = build([], { 'index.html': '1', '_next/static/chunks/one.js': 'one', '_next/static/same.js': 'same' });
    const second = build(first, { '_next/static/chunks/two.js': 'two', '_next/static/same.js': 'same again' });
    expect(read('_next/static/chunks/one.js')).toBe('one');
    expect(read('_next/static/same.js')).toBe('same again');
    expect(isThere('index.html')).toBe(false);
    build(second, { '_next/static/chunks/three.js': 'three' });
    expect(isThere('_next/static/chunks/one.js')).toBe(false);
    expect(read('_next/static/chunks/two.js')).toBe('two');
    expect(read('_next/static/same.js')).toBe('same again');
  });

  it('need not be there', () => {
    build(['_next/static/never.js'], { 'index.html': '1' });
    expect(isThere('_next/static/never.js')).toBe(false);
  });
});

describe('inline scripts', () => {
  const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

  it('are listed by their hashes, each once; those from files are not', () => {
    const html = `<script>one()</script><script src="/a.js" async=""></script><script async src="/b.js"></script>
      <script id="x" type="text/javascript">two(
      "3 > 2")</script><script>one()</script>`;
    expect(inlineScripts(html)).toEqual([hash('one()'), hash('two(\n      "3 > 2")')]);
    expect(inlineScripts('<p>none</p>')).toEqual([]);
  });
});

describe('compressed copies', () => {
  it('lie beside what is text and not small', async () => {
    const long = 'text '.repeat(1_000);
    for (const file of ['long.js', 'long.png']) write(file, long);
    write('short.js', 'text');
    await addCompressed(folders.out, ['long.js', 'long.png', 'short.js']);
    expect(brotliDecompressSync(readFileSync(join(folders.out, 'long.js.br'))).toString()).toBe(long);
    expect(gunzipSync(readFileSync(join(folders.out, 'long.js.gz'))).toString()).toBe(long);
    for (const file of ['long.png.br', 'long.png.gz', 'short.js.br', 'short.js.gz']) expect(isThere(file)).toBe(false);
  });
});

describe('hints for the compiler', () => {
  it('are in the long files that pages load, once each, and in no other', () => {
    const long = 'a();'.repeat(10_000);
    for (const file of ['long.js', 'later.js']) write(file, long);
    write('short.js', 'a()');
    const page = '<script src="/long.js" async=""></script><script src="/short.js"></script><script>b()</script>';
    for (const file of ['one.html', 'two.html']) write(file, page);
    addCompileHints(folders.out, ['one.html', 'two.html']);
    expect(read('long.js')).toBe(`//# allFunctionsCalledOnLoad\n${long}`);
    expect([read('later.js'), read('short.js')]).toEqual([long, 'a()']);
  });
});
