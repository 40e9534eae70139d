/** The web app on the server's own origin: which file an address gets, under which conditions, and what never leaves. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, startHarness, testKey } from './harness.ts';
import { type Answer, errorOf, send } from './support/requests.ts';

const hashOf = (script: string): string => `'sha256-${createHash('sha256').update(script).digest('base64')}'`;
const script = 'theme()';
const html = (name: string): string => `<!doctype html><title>${name}</title><script>${script}</script>`;
const chunk = `console.log('${'chunk '.repeat(300)}')`;
const secret = 'what lies beside the app';
const browser = { Accept: 'text/html,application/xhtml+xml' };

let root = '';
let harness: Harness;
const write = (file: string, data: string | Buffer): void => {
  const target = join(root, 'out', file);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, data);
};
let builds = 0;
const writeManifest = (files: string[], pages: Record<string, string[]>): void => {
  write('build.json', JSON.stringify({ sources: 'x', files, pages }));
  // Two builds within one tick of the file system's clock are still two.
  builds += 1;
  utimesSync(join(root, 'out/build.json'), 1_000_000 + builds, 1_000_000 + builds);
};
const pageNames = ['index', 'chats', 'c', 'approve', 'settings', 'login', 'status', 'fixtures', '404'];
const listed = ['icon.svg', 'manifest.webmanifest', '_next/static/chunks/a1.js'];

const get = (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> =>
  send(harness.url, { method, path, headers });
/** Unlike `fetch`, without unpacking. */
const getBytes = (path: string, accepted: string): Promise<{ headers: IncomingHttpHeaders; bytes: Buffer }> =>
  new Promise((resolve, reject) => {
    request(`${harness.url}${path}`, { headers: { 'Accept-Encoding': accepted } }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => resolve({ headers: response.headers, bytes: Buffer.concat(parts) }));
    })
      .on('error', reject)
      .end();
  });

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'hearth-static-'));
  writeFileSync(join(root, 'secret.txt'), secret);
  for (const name of pageNames) write(`${name}.html`, html(name));
  write('icon.svg', '<svg/>');
  write('manifest.webmanifest', '{}');
  write('unlisted.txt', secret);
  write('_next/static/chunks/a1.js', chunk);
  write('_next/static/chunks/a1.js.br', brotliCompressSync(chunk));
  write('_next/static/chunks/a1.js.gz', gzipSync(chunk));
  write('_next/static/media/font.woff2', 'font');
  write('_next/server/secret.js', secret);
  writeManifest(listed, Object.fromEntries(pageNames.map((name) => [`${name}.html`, [hashOf(script)]])));
  harness = await startHarness({ webDir: join(root, 'out') });
});
afterAll(async () => {
  await harness.close();
  rmSync(root, { recursive: true });
});

describe('pages', () => {
  it.each([
    ['/', 'index'],
    ['/chats', 'chats'],
    ['/c/new', 'c'],
    ['/c/0198-ab', 'c'],
    ['/c/%E0%A4%A', 'c'],
    ['/approve/0198-ab?from=push', 'approve'],
    ['/settings', 'settings'],
    ['/settings/keys', 'settings'],
    ['/login?next=%2Fc%2Fx', 'login'],
    ['/status', 'status'],
  ])('%s is the page of its screen', async (path, name) => {
    const answer = await get(path, browser);
    expect([answer.status, answer.text]).toEqual([200, html(name)]);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
  });

  it.each(['/nothing', '/c', '/c/a/b', '/c/', '/index.html', '/404.html', '/settings/a/b', '/_next', '/Chats'])(
    '%s is nowhere: a page for people, an error for programs',
    async (path) => {
      const forPeople = await get(path, browser);
      expect([forPeople.status, forPeople.text]).toEqual([404, html('404')]);
      const forPrograms = await get(path, { 'X-API-Key': testKey, Accept: 'application/json' });
      expect(forPrograms.status).toBe(404);
      expect(errorOf(forPrograms).code).toBe('NOT_FOUND');
    },
  );

  it('run only our own files and the scripts the build has listed', async () => {
    for (const path of ['/', '/c/x', '/nothing']) {
      const policy = String((await get(path, browser)).headers['content-security-policy']);
      const scripts = policy.split('; ').find((one) => one.startsWith('script-src'));
      expect(scripts).toBe(`script-src 'self' ${hashOf(script)}`);
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe-eval|https?:|\*/);
    }
  });

  it('are asked for again each time, and sent again only when they changed', async () => {
    const first = await get('/c/x', browser);
    expect(first.headers['cache-control']).toBe('no-cache');
    const etag = String(first.headers.etag);
    const same = await get('/c/y', { ...browser, 'If-None-Match': etag });
    expect([same.status, same.text]).toEqual([304, '']);
    expect(same.headers.etag).toBe(etag);
    expect(same.headers['content-security-policy']).toBe(first.headers['content-security-policy']);
    expect((await get('/c/x', { ...browser, 'If-None-Match': '"other"' })).status).toBe(200);
    expect((await get('/nothing', { ...browser, 'If-None-Match': '*' })).status).toBe(404);
  });

  it('name what they will ask for first, so that it is on its way before their scripts', async () => {
    const chat = '0190a1b2-0000-7000-8000-000000000001';
    const linkOf = async (path: string): Promise<string> => String((await get(path, browser)).headers.link ?? '');
    const messages = `/api/v1/sessions/${chat}/messages?`;
    expect(await linkOf('/chats')).toBe('</api/v1/auth/me>; rel=preload; as=fetch; crossorigin');
    expect(await linkOf(`/c/${chat}`)).toContain(messages);
    expect(await linkOf('/c/new')).not.toContain('messages');
    expect(await linkOf('/c/%3E%3B%20rel=x')).not.toContain('rel=x');
    expect(await linkOf('/login')).toBe('');
  });

  it('carry the headers that every answer carries', async () => {
    const { headers } = await get('/', browser);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
    });
  });
});

describe('files', () => {
  it('with a hash in their name may be kept for ever', async () => {
    const answer = await get('/_next/static/chunks/a1.js');
    expect([answer.status, answer.text]).toEqual([200, chunk]);
    expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(answer.headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect((await get('/_next/static/media/font.woff2')).headers['content-type']).toBe('font/woff2');
  });

  it('without one are kept for an hour', async () => {
    const answer = await get('/icon.svg');
    expect(answer.headers).toMatchObject({
      'cache-control': 'public, max-age=3600',
      'content-type': 'image/svg+xml',
    });
    expect((await get('/manifest.webmanifest')).headers['content-type']).toBe(
      'application/manifest+json; charset=utf-8',
    );
  });

  it('come in the smallest form the browser takes', async () => {
    const path = '/_next/static/chunks/a1.js';
    const unpack = { br: brotliDecompressSync, gzip: gunzipSync, none: (data: Buffer) => data };
    const etags = new Set<unknown>();
    for (const [accepted, encoding] of [
      ['gzip, deflate, br, zstd', 'br'],
      ['gzip, deflate', 'gzip'],
      ['br;q=0, gzip', 'gzip'],
      ['gzip;q=0.0', 'none'],
      ['identity', 'none'],
    ] as const) {
      const { headers, bytes } = await getBytes(path, accepted);
      expect([accepted, headers['content-encoding'] ?? 'none']).toEqual([accepted, encoding]);
      expect(headers.vary).toBe('Accept-Encoding');
      etags.add(headers.etag);
      expect(unpack[encoding](bytes).toString()).toBe(chunk);
    }
    expect(etags.size).toBe(3);
    expect((await get('/icon.svg', { 'Accept-Encoding': 'br, gzip' })).headers['content-encoding']).toBeUndefined();
  });

  it.each(['/_next/static/chunks/gone.js', '/_next/static/chunks', '/_next/static/', '/_next/data/x.json'])(
    '%s is not there, and that is never a page',
    async (path) => {
      const answer = await get(path, browser);
      expect([answer.status, answer.text]).toEqual([404, 'There is no such file.']);
      expect(answer.headers['content-type']).toMatch(/^text\/plain/);
      expect(answer.headers['cache-control']).toBe('no-store');
    },
  );
});

describe('what is not the app', () => {
  it.each([
    '/../secret.txt',
    '/_next/static/../../../secret.txt',
    '/_next/static/chunks/../../../../secret.txt',
    '/_next/static/%2e%2e/%2e%2e/%2e%2e/secret.txt',
    '/_next/static/..%2f..%2f..%2fsecret.txt',
    '/_next/static/%252e%252e/%252e%252e/secret.txt',
    '/_next/static/..%5c..%5c..%5csecret.txt',
    '/_next/static/..\\..\\..\\secret.txt',
    '/_next/static/chunks/a1.js%00.html',
    '/%00',
    '/_next/static//etc/passwd',
    '//etc/passwd',
    '/_next/static/%2fetc%2fpasswd',
    '/_next/../unlisted.txt',
    '/_next/server/secret.js',
    '/unlisted.txt',
    '/build.json',
    '/c.html',
    '/c/..%2f..%2fsecret.txt',
    '/settings/%2e%2e%2fsecret.txt',
    '/..%2fsecret.txt',
    '/.%2e/secret.txt',
    'http://other.example/../secret.txt',
  ])('%s stays where it is', async (path) => {
    for (const headers of [browser, {}]) {
      const answer = await get(path, { ...headers, 'Accept-Encoding': 'identity' });
      expect(answer.text).not.toContain(secret);
      expect(answer.text).not.toContain('root:');
      expect(answer.text).not.toContain('sources');
      expect(answer.status).toBeLessThan(500);
    }
  });

  it.each(['/api/v1/health', '/api/v1/openapi.json', '/livez', '/readyz'])('%s is not shadowed', async (path) => {
    write(`${path.slice(1)}`, secret);
    const answer = await get(path, { ...browser, 'X-API-Key': testKey });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/json|text\/plain/);
    expect(answer.text).not.toContain(secret);
  });

  it.each(['/api/v1/nothing', '/api', '/v1/nothing', '/metrics/nothing'])('%s is no page', async (path) => {
    const answer = await get(path, { ...browser, 'X-API-Key': testKey });
    expect(answer.text).not.toContain('<!doctype');
    expect(answer.status).toBeGreaterThanOrEqual(400);
    errorOf(answer);
  });
});

describe('other ways of asking', () => {
  it.each(['/', '/c/x', '/icon.svg', '/_next/static/chunks/a1.js'])('HEAD %s tells of it', async (path) => {
    const asked = await get(path, browser);
    const told = await get(path, browser, 'HEAD');
    expect([told.status, told.text]).toEqual([200, '']);
    expect(told.headers.etag).toBe(asked.headers.etag);
    expect(told.headers['content-type']).toBe(asked.headers['content-type']);
  });

  it.each(['/', '/c/x', '/icon.svg', '/_next/static/chunks/a1.js'])('POST %s is refused', async (path) => {
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const answer = await get(path, { ...browser, 'X-API-Key': testKey }, method);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      errorOf(answer);
    }
  });
});

describe('building while the server runs', () => {
  it('takes the new pages and their scripts at once', async () => {
    const next = 'other()';
    write('status.html', `<script>${next}</script>`);
    writeManifest(listed, { 'status.html': [hashOf(next)] });
    const answer = await get('/status', browser);
    expect(answer.text).toContain(next);
    expect(answer.headers['content-security-policy']).toContain(`script-src 'self' ${hashOf(next)};`);
  });

  it('goes on with what it knows while the list is half written', async () => {
    write('build.json', '{"files": [');
    utimesSync(join(root, 'out/build.json'), 2_000_000, 2_000_000);
    expect((await get('/status', browser)).status).toBe(200);
    writeManifest(listed, {});
    expect((await get('/status', browser)).status).toBe(200);
  });

  it('says how to build it where it has not been built', async () => {
    rmSync(join(root, 'out/build.json'));
    const answer = await get('/', browser);
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('npm run build');
    const away = await get('/c/x', browser);
    expect(away.status).toBeGreaterThanOrEqual(400);
    errorOf(away);
  });
});
