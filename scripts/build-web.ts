/**
 * Builds the web app into `packages/web/out`, unless it is there and up to date. Afterwards the export holds compressed
 * copies, the files of the build before (an open page may still ask for them), and `build.json`, from which the server
 * knows the pages, their inline scripts and every file.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const root = join(import.meta.dirname, '..');
const web = join(root, 'packages/web');
const out = join(web, 'out');
const manifestFile = join(out, 'build.json');
/** Within the cache: all else in `.next` is emptied by the build. */
const previous = join(web, '.next/cache/previous');

interface Manifest {
  /** Hash of everything the build is made from. */
  sources: string;
  /** Files of this build, relative to `out`. */
  files: string[];
  /** Inline scripts of each page, as CSP sources. */
  pages: Record<string, string[]>;
}

const sha = (data: string | Buffer): string => createHash('sha256').update(data).digest('base64');

const hashSources = (): string => {
  const patterns = [
    'packages/{web,client,contract}/src/**/*',
    'packages/web/public/**/*',
    'packages/web/*.{ts,mjs,json}',
  ];
  const files = globSync([...patterns, 'package-lock.json', 'scripts/build-web.ts'], { cwd: root })
    .filter((file) => !/\.test\.tsx?$|next-env/.test(file) && statSync(join(root, file)).isFile())
    .toSorted();
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(readFileSync(join(root, file)));
  return hash.digest('hex');
};

const readManifest = (file: string): Manifest | null =>
  existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Manifest) : null;

export interface Folders {
  /** The export. */
  out: string;
  /** Where the files of the build before are kept meanwhile. */
  previous: string;
}

/** What open pages of the build before may still fetch; of builds before that nothing is kept. */
export const keepPrevious = ({ out, previous }: Folders, files: readonly string[]): void => {
  rmSync(previous, { recursive: true, force: true });
  for (const file of files) {
    if (!file.startsWith('_next/static/') || !existsSync(join(out, file))) continue;
    cpSync(join(out, file), join(previous, file));
  }
};

export const restorePrevious = ({ out, previous }: Folders): void => {
  for (const file of globSync('_next/static/**/*', { cwd: previous })) {
    const target = join(out, file);
    if (!statSync(join(previous, file)).isFile() || existsSync(target)) continue;
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(previous, file), target);
  }
};

const build = (): void => {
  const next = spawnSync(process.execPath, [join(root, 'node_modules/next/dist/bin/next'), 'build'], {
    cwd: web,
    env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
    encoding: 'utf8',
  });
  if (next.status === 0) return;
  console.error(`${next.stdout}\n${next.stderr}`);
  throw new Error('the web app could not be built');
};

/** The scripts within a page, as CSP sources. */
export const inlineScripts = (html: string): string[] => [
  ...new Set(
    [...html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(
      ([, text]) => `'sha256-${sha(text ?? '')}'`,
    ),
  ),
];

const compress = { br: promisify(brotliCompress), gz: promisify(gzip) };
const smallest = 1_024;

/** Browsers ask for brotli on HTTPS only, so on a home network gzip is what most get. */
export const addCompressed = async (out: string, files: readonly string[]): Promise<void> => {
  for (const file of files) {
    const data = readFileSync(join(out, file));
    if (!/\.(js|css|html|svg|txt|json)$/.test(file) || data.length < smallest) continue;
    const [br, gz] = await Promise.all([
      compress.br(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
      compress.gz(data, { level: 9 }),
    ]);
    writeFileSync(join(out, `${file}.br`), br);
    writeFileSync(join(out, `${file}.gz`), gz);
  }
};

/** The files of scripts that modern browsers run for a page. */
export const scriptsOf = (out: string, page: string): string[] => {
  const html = readFileSync(join(out, page), 'utf8');
  const tags = [...html.matchAll(/<script[^>]*\ssrc="([^"]+)"[^>]*>/g)];
  const modern = tags.filter(([tag]) => !/nomodule/i.test(tag)).map(([, src]) => src ?? '');
  return [...new Set(modern)].map((src) => join(out, src));
};

const compileHint = '//# allFunctionsCalledOnLoad\n';

/** Chrome reads smaller files on the main thread, where the hint would make everything wait. */
const smallestHinted = 32_768;

/**
 * V8 (Chrome 136 and later) compiles the functions of a file that begins so beside the main thread, while it is fetched;
 * without it the first screen waits for one after the other. Only what the pages themselves load is read at once.
 */
export const addCompileHints = (out: string, pages: readonly string[]): void => {
  for (const path of new Set(pages.flatMap((page) => scriptsOf(out, page)))) {
    const data = readFileSync(path, 'utf8');
    if (data.length >= smallestHinted) writeFileSync(path, compileHint + data);
  }
};

/** Payloads for Next's own router; the app moves between its pages without them. */
const dropPayloads = (): void => {
  for (const file of globSync('**/*.txt', { cwd: out })) rmSync(join(out, file));
};

const buildAgain = async (sources: string, before: Manifest | null): Promise<void> => {
  keepPrevious({ out, previous }, before?.files ?? []);
  build();
  dropPayloads();
  const files = globSync('**/*', { cwd: out }).filter((file) => statSync(join(out, file)).isFile());
  const pages = files.filter((file) => file.endsWith('.html'));
  addCompileHints(out, pages);
  await addCompressed(out, files);
  restorePrevious({ out, previous });
  const manifest: Manifest = {
    sources,
    files,
    pages: Object.fromEntries(pages.map((page) => [page, inlineScripts(readFileSync(join(out, page), 'utf8'))])),
  };
  writeFileSync(manifestFile, JSON.stringify(manifest));
};

if (import.meta.main) {
  const started = performance.now();
  const sources = hashSources();
  const before = readManifest(manifestFile);
  if (before?.sources === sources) console.log('the web app is up to date');
  else {
    await buildAgain(sources, before);
    console.log(`the web app was built in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
}
