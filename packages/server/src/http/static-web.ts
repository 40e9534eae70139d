/**
 * The web app on the API's own origin. Pages are exported HTML, one per screen; `/c/<id>` and the like all get the page of
 * their screen. Hashed files may be kept for ever, pages are asked for again each time, and what is not there is a plain
 * 404: never a page in place of a script. Pages run only our own files and the inline scripts the build has listed.
 */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Context } from 'hono';
import { z } from 'zod';
import { tryParseJson } from '../kernel/json.ts';
import type { HttpEnv } from './context.ts';

export type StaticWeb = (c: Context<HttpEnv>) => Promise<Response | null>;

const manifestShape = z.object({ files: z.array(z.string()), pages: z.record(z.string(), z.array(z.string())) });

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
};

/** Which page a path of the app gets. */
const pageOf = (path: string): string | null => {
  if (path === '/') return 'index.html';
  if (/^\/c\/[^/]+$/.test(path)) return 'c.html';
  if (/^\/approve\/[^/]+$/.test(path)) return 'approve.html';
  if (/^\/settings(\/[^/]+)?$/.test(path)) return 'settings.html';
  if (/^\/memory(\/[^/]+|\/people\/[^/]+)?$/.test(path)) return 'memory.html';
  return /^\/(chats|login|persona|status|fixtures)$/.test(path) ? `${path.slice(1)}.html` : null;
};

const policy = (scripts: readonly string[]): string =>
  [
    "default-src 'none'",
    `script-src 'self' ${scripts.join(' ')}`.trim(),
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types default',
  ].join('; ');

/**
 * What a page will ask for first is on its way before its scripts have arrived. The addresses must be those of the web
 * app to the letter (`packages/web/src/lib/store/store.ts`), or it asks twice; `tests/e2e/long-chats.test.ts` compares.
 * The answer is older than the app's event stream; the app knows by its address (`packages/web/src/lib/hearth.ts`).
 */
const early = (path: string): Record<string, string> => {
  if (path === '/login') return {};
  const chat = /^\/c\/([0-9a-f-]{36})$/.exec(path)?.[1];
  const messages = `/api/v1/sessions/${chat}/messages?limit=60&anchor=turn&max_block_bytes=65536`;
  const urls = ['/api/v1/auth/me', ...(chat === undefined ? [] : [messages])];
  return { Link: urls.map((url) => `<${url}>; rel=preload; as=fetch; crossorigin`).join(', ') };
};

const pageHeaders = {
  'Cache-Control': 'no-cache',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Permissions-Policy': 'geolocation=(), microphone=(), payment=(), usb=()',
};

const encodings = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

/** `gzip;q=0` says that it is not wanted. */
const takes = (accepted: string, encoding: string): boolean =>
  accepted.split(',').some((one) => {
    const [name, weight] = one.split(';');
    return name?.trim().toLowerCase() === encoding && !/^\s*q=0(\.0*)?\s*$/i.test(weight ?? '');
  });

/** The smallest form the browser takes; every file has been compressed when the app was built. */
const readBest = async (file: string, accepted: string): Promise<{ data: Buffer; encoding: string | null } | null> => {
  for (const [encoding, suffix] of encodings) {
    if (!takes(accepted, encoding)) continue;
    const data = await readFile(file + suffix).catch(() => null);
    if (data) return { data, encoding };
  }
  const data = await readFile(file).catch(() => null);
  return data ? { data, encoding: null } : null;
};

const send = async (
  c: Context<HttpEnv>,
  file: string,
  { status = 200, headers }: { status?: 200 | 404; headers: Record<string, string> },
): Promise<Response | null> => {
  const best = await readBest(file, c.req.header('accept-encoding') ?? '');
  if (!best) return null;
  const etag = `"${createHash('sha256').update(best.data).digest('base64url').slice(0, 22)}"`;
  const all = {
    ...headers,
    'Content-Type': types[extname(file)] ?? 'application/octet-stream',
    Vary: 'Accept-Encoding',
    ETag: etag,
    ...(best.encoding ? { 'Content-Encoding': best.encoding } : {}),
  };
  if (status === 200 && c.req.header('if-none-match') === etag) return c.body(null, 304, all);
  return c.body(new Uint8Array(best.data), status, all);
};

type Manifest = z.infer<typeof manifestShape>;

/** Read again when the app was built anew while the server runs. Null when it has not been built. */
const createManifestReader = (dir: string): (() => Manifest | null) => {
  const file = join(dir, 'build.json');
  let builtAt = 0;
  let manifest: Manifest | null = null;
  return () => {
    const at = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (at === builtAt) return manifest;
    const next = at === 0 ? null : tryParseJson(manifestShape, readFileSync(file, 'utf8'));
    // It is being written: what was known goes on until it is whole.
    if (next === undefined) return manifest;
    builtAt = at;
    manifest = next;
    return manifest;
  };
};

export const createStaticWeb = (dir: string): StaticWeb => {
  const readManifest = createManifestReader(dir);
  const page = (c: Context<HttpEnv>, name: string, status: 200 | 404): Promise<Response | null> => {
    const headers = {
      ...pageHeaders,
      ...early(c.req.path),
      'Content-Security-Policy': policy(readManifest()?.pages[name] ?? []),
    };
    return send(c, join(dir, name), { status, headers });
  };
  return async (c) => {
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD') return null;
    const manifest = readManifest();
    if (manifest === null) return null;
    const path = c.req.path;
    const name = pageOf(path);
    if (name !== null) return page(c, name, 200);
    if (path.startsWith('/_next/')) {
      // Names come from our own build and hold neither dots of a parent folder nor encoded marks.
      const isPlain = /^\/_next\/static\/[\w./~-]+$/.test(path) && !path.includes('..');
      const headers = { 'Cache-Control': 'public, max-age=31536000, immutable' };
      const found = isPlain ? await send(c, join(dir, path), { headers }) : null;
      return found ?? c.text('There is no such file.', 404, { 'Cache-Control': 'no-store' });
    }
    if (!path.endsWith('.html') && manifest.files.includes(path.slice(1)))
      return send(c, join(dir, path), { headers: { 'Cache-Control': 'public, max-age=3600' } });
    const isBrowser = c.req.header('accept')?.includes('text/html') === true;
    return isBrowser && !/^\/(api|v1|health|livez|readyz|metrics)(\/|$)/.test(path) ? page(c, '404.html', 404) : null;
  };
};
