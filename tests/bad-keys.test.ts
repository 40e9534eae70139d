/** Odd credentials, limits, hosts, origins and cookies (cases 3 to 6, 39, 44, 48, 49). */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Harness, startHarness, testKey } from './harness.ts';
import { field } from './support/events.ts';
import { makeKey, makeOwner, type Owner } from './support/owners.ts';
import { type Answer, type Call, errorOf, jsonOf, send, sendBytes } from './support/requests.ts';
import { until } from './support/until.ts';

let harness: Harness;
let other: Owner;
beforeAll(async () => {
  // Behind a proxy, so that each test can be another stranger; spoofing is tested on a server without one.
  harness = await startHarness({ env: { HEARTH_TRUSTED_PROXIES: '127.0.0.1' } });
  other = await makeOwner(harness);
});
afterAll(() => harness.close());

let addresses = 0;
const me = (headers: Call['headers']): Promise<Answer> => {
  addresses += 1;
  const from = { 'X-Forwarded-For': `203.0.113.${addresses}` };
  return send(harness.url, { method: 'GET', path: '/api/v1/auth/me', headers: { ...from, ...headers } });
};
const ownerOf = (answer: Answer): unknown => field(jsonOf(answer), 'owner_id');

describe('an odd key', () => {
  it.each<[string, Record<string, string | string[]>]>([
    ['that is blank', { 'X-API-Key': '   ' }],
    ['of 10,000 characters', { 'X-API-Key': 'k'.repeat(10_000) }],
    ['in Latin-1', { 'X-API-Key': `${testKey}é` }],
    ['joined by a comma', { 'X-API-Key': `${testKey},${testKey}` }],
    ['joined by a comma with a wrong one', { 'X-API-Key': `wrong-key-0123456789-abcdef, ${testKey}` }],
    ['given in two headers', { 'X-API-Key': [testKey, testKey] }],
    ['with a wrong one in a second header', { 'X-API-Key': ['wrong-key-0123456789-abcdef', testKey] }],
    ['in the wrong case', { 'X-API-Key': testKey.toUpperCase() }],
    ['cut short', { 'X-API-Key': testKey.slice(0, -1) }],
    ['with one character more', { 'X-API-Key': `${testKey}x` }],
    ['in quotes', { 'X-API-Key': `"${testKey}"` }],
    ['as Basic', { Authorization: `Basic ${Buffer.from(`key:${testKey}`).toString('base64')}` }],
    ['under an unknown scheme', { Authorization: `Key ${testKey}` }],
    ['without a scheme', { Authorization: testKey }],
    ['as a cookie', { Cookie: `hearth_session=${testKey}` }],
    ['as another cookie', { Cookie: `api_key=${testKey}` }],
  ])('%s is 401', async (_name, headers) => {
    const answer = await me(headers);
    expect(answer.status).toBe(401);
    expect(errorOf(answer).code).toBe('AUTHENTICATION_ERROR');
  });

  it('of 100 KB is refused by the parser, and the next request is served', async () => {
    const text = await sendBytes(
      harness.url,
      `GET /api/v1/auth/me HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${'k'.repeat(100_000)}\r\n\r\n`,
    );
    expect(text).toMatch(/^HTTP\/1\.1 (431|401|400) /);
    expect((await me({ 'X-API-Key': testKey })).status).toBe(200);
  });

  it('with a NUL or raw UTF-8 bytes is refused', async () => {
    for (const bad of ['\0', '\u00f6', '\u{1f525}']) {
      const bytes = Buffer.from(
        `GET /api/v1/auth/me HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${testKey}${bad}\r\nConnection: close\r\n\r\n`,
        'utf8',
      );
      expect(await sendBytes(harness.url, bytes)).toMatch(/^HTTP\/1\.1 (401|400) /);
    }
  });

  it.each(['api_key', 'key', 'x-api-key', 'access_token', 'token'])('in the URL as ?%s= is not read', async (name) => {
    const answer = await send(harness.url, { method: 'GET', path: `/api/v1/auth/me?${name}=${testKey}` });
    expect(answer.status).toBe(401);
  });

  it('in a body is not read', async () => {
    const body = { prompt: 'a', api_key: testKey };
    expect((await send(harness.url, { method: 'POST', path: '/api/v1/query', body })).status).toBe(401);
  });
});

describe('two credentials at once', () => {
  it('X-API-Key decides alone, also about whose data is shown', async () => {
    const both = await me({ 'X-API-Key': testKey, Authorization: `Bearer ${other.key}` });
    expect(ownerOf(both)).toBe(harness.server.app.ownerId);
    const swapped = await me({ 'X-API-Key': other.key, Authorization: `Bearer ${testKey}` });
    expect(ownerOf(swapped)).toBe(other.ownerId);
  });

  it('a bad X-API-Key is 401 even with a good Bearer, and an empty one too', async () => {
    for (const bad of ['', 'wrong-key-0123456789-abcdef'])
      expect((await me({ 'X-API-Key': bad, Authorization: `Bearer ${testKey}` })).status).toBe(401);
  });

  it('a Bearer alone is good on every route', async () => {
    expect(ownerOf(await me({ Authorization: `Bearer ${other.key}` }))).toBe(other.ownerId);
    expect(ownerOf(await me({ Authorization: `bearer ${other.key}` }))).toBe(other.ownerId);
  });

  it('the limit of the key that decided is the one that counts', async () => {
    const one = await makeKey(harness);
    const two = await makeKey(harness);
    const create = (headers: Record<string, string>) =>
      send(harness.url, { method: 'POST', path: '/api/v1/sessions', body: {}, headers });
    await create({ 'X-API-Key': one.key, Authorization: `Bearer ${two.key}` });
    expect((await create({ 'X-API-Key': one.key })).headers['x-ratelimit-remaining']).toBe('18');
    expect((await create({ 'X-API-Key': two.key })).headers['x-ratelimit-remaining']).toBe('19');
  });
});

describe('limits', () => {
  it.each([
    ['/api/v1/query', 60, { prompt: '' }, 422],
    ['/api/v1/sessions', 20, { title: 'one of many' }, 201],
  ])(
    '%s lets exactly %i of 200 parallel calls through, with whole numbers in every header',
    async (path, limit, body, status) => {
      const { key } = await makeKey(harness);
      const started = Math.floor(Date.now() / 1000);
      const call = () => send(harness.url, { method: 'POST', path, body, headers: { 'X-API-Key': key } });
      const answers = await Promise.all(Array.from({ length: 200 }, call));
      const passed = answers.filter((answer) => answer.status === status);
      const refused = answers.filter((answer) => answer.status === 429);
      expect([passed.length, refused.length]).toEqual([limit, 200 - limit]);
      const left = passed.map(({ headers }) => Number(headers['x-ratelimit-remaining'])).sort((a, b) => a - b);
      expect(left).toEqual(Array.from({ length: limit }, (_, index) => index));
      for (const answer of refused) {
        const error = errorOf(answer);
        expect(error).toMatchObject({ code: 'RATE_LIMIT_EXCEEDED', type: 'rate_limit_exceeded' });
        expect(error.retry_after).toBeGreaterThanOrEqual(1);
        expect(error.retry_after).toBeLessThanOrEqual(60);
        expect(answer.headers['retry-after']).toBe(String(error.retry_after));
        expect(answer.headers['x-ratelimit-limit']).toBe(String(limit));
        expect(answer.headers['x-ratelimit-remaining']).toBe('0');
        expect(Number(answer.headers['x-ratelimit-reset'])).toBeGreaterThan(started);
        expect(Number(answer.headers['x-ratelimit-reset'])).toBeLessThanOrEqual(started + 65);
      }
    },
  );

  it('health and the documents are exempt', async () => {
    const paths = Array.from(
      { length: 120 },
      (_, index) => ['/health', '/api/v1/health', '/api/v1/openapi.json'][index % 3] ?? '',
    );
    const answers = await Promise.all(paths.map((path) => send(harness.url, { method: 'GET', path })));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
  });

  it('guessing ends after 20 tries, whatever X-Forwarded-For claims, and a good key from there still works', async () => {
    const direct = await startHarness();
    onTestFinished(() => direct.close());
    const guess = (index: number) =>
      send(direct.url, {
        method: 'GET',
        path: '/api/v1/auth/me',
        headers: { 'X-API-Key': `ak_${String(index).padStart(43, 'x')}`, 'X-Forwarded-For': `192.0.2.${index}` },
      });
    const good = () => send(direct.url, { method: 'GET', path: '/api/v1/auth/me', headers: { 'X-API-Key': testKey } });
    expect((await good()).status).toBe(200);
    const answers = [];
    for (let index = 0; index < 30; index += 1) answers.push((await guess(index)).status);
    expect(answers.filter((status) => status === 401).length).toBe(20);
    expect(answers.slice(20).every((status) => status === 429)).toBe(true);
    expect((await good()).status).toBe(200);
  });
});

describe('hosts and origins', () => {
  it.each([
    'evil.example',
    'localhost.evil.example',
    'evil-localhost',
    'localhost:80:80',
    '127.0.0.1.evil.example',
    'xn--lcalhost-64a',
    '',
  ])('the Host %j is not ours: 421, so that a page cannot rebind its name to us', async (host) => {
    const bytes = `GET /api/v1/health HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
    expect(await sendBytes(harness.url, bytes)).toMatch(/^HTTP\/1\.1 (421|400) /);
  });

  it.each(['localhost', 'localhost:54000', '127.0.0.1', '[::1]:54000', '192.168.1.20:54000', 'LOCALHOST'])(
    'the Host %j is ours',
    async (host) => {
      const bytes = `GET /api/v1/health HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
      expect(await sendBytes(harness.url, bytes)).toMatch(/^HTTP\/1\.1 200 /);
    },
  );

  it.each(['https://evil.example', 'null', 'http://localhost.evil.example', 'http://localhost'])(
    'the Origin %s gets no CORS header, and its preflight grants nothing',
    async (origin) => {
      const plain = await me({ 'X-API-Key': testKey, Origin: origin });
      const preflight = await send(harness.url, {
        method: 'OPTIONS',
        path: '/api/v1/api-keys',
        headers: {
          Origin: origin,
          'Access-Control-Request-Method': 'POST',
          'Access-Control-Request-Headers': 'x-api-key',
        },
      });
      for (const { headers } of [plain, preflight])
        expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
      expect(preflight.status).toBe(401);
    },
  );

  it('an allowed origin is answered exactly, its look-alikes are not', async () => {
    const origin = 'https://home.example';
    const open = await startHarness({ env: { HEARTH_CORS_ORIGINS: origin } });
    onTestFinished(() => open.close());
    const allowed = async (from: string): Promise<unknown> => {
      const headers = { Origin: from, 'X-API-Key': testKey };
      const answer = await send(open.url, { method: 'GET', path: '/api/v1/auth/me', headers });
      return answer.headers['access-control-allow-origin'];
    };
    expect(await allowed(origin)).toBe(origin);
    for (const fake of [
      `${origin}.evil.example`,
      'https://evil.example',
      'http://home.example',
      `${origin}:8443`,
      'null',
      'https://xhome.example',
    ])
      expect(await allowed(fake), fake).toBeUndefined();
  });
});

describe('the cookie of the web app', () => {
  const login = async (): Promise<{ cookie: string; attributes: string }> => {
    const answer = await send(harness.url, {
      method: 'POST',
      path: '/api/v1/auth/login',
      body: { api_key: other.key },
    });
    expect(answer.status).toBe(200);
    const attributes = answer.headers['set-cookie']?.[0] ?? '';
    return { cookie: attributes.split(';')[0] ?? '', attributes };
  };
  const create = (headers: Record<string, string>) =>
    send(harness.url, { method: 'POST', path: '/api/v1/sessions', body: { title: 'by cookie' }, headers });

  it('is HttpOnly and SameSite, holds no key, and stands for it', async () => {
    const { cookie, attributes } = await login();
    expect(attributes).toMatch(/; HttpOnly/);
    expect(attributes).toMatch(/; SameSite=Strict/);
    expect(attributes).not.toContain(other.key);
    expect(ownerOf(await me({ Cookie: cookie }))).toBe(other.ownerId);
  });

  it.each(['none', 'https://evil.example', 'null', 'http://localhost.evil.example', 'http://localhost:1'])(
    'changes nothing from the Origin %s (CSRF)',
    async (origin) => {
      const { cookie } = await login();
      const answer = await create({
        Cookie: cookie,
        Host: 'localhost',
        ...(origin === 'none' ? {} : { Origin: origin }),
      });
      expect(answer.status).toBe(403);
      expect(errorOf(answer).code).toBe('FORBIDDEN');
    },
  );

  it('changes things from our own page, and two planted cookies count as none', async () => {
    const { cookie } = await login();
    expect((await create({ Cookie: cookie, Host: 'localhost', Origin: 'http://localhost' })).status).toBe(201);
    expect((await me({ Cookie: `${cookie}; hearth_session=planted` })).status).toBe(401);
  });

  it('is dead at once after the logout', async () => {
    const { cookie } = await login();
    const headers = { Cookie: cookie, Host: 'localhost', Origin: 'http://localhost' };
    const out = await send(harness.url, { method: 'POST', path: '/api/v1/auth/logout', headers });
    expect(out.status).toBe(204);
    expect(out.headers['set-cookie']?.[0]).toMatch(/Max-Age=0/);
    expect((await me({ Cookie: cookie })).status).toBe(401);
  });

  it('dies with its key within a second', async () => {
    const holder = await makeKey(harness);
    const answer = await send(harness.url, {
      method: 'POST',
      path: '/api/v1/auth/login',
      body: { api_key: holder.key },
    });
    const cookie = (answer.headers['set-cookie']?.[0] ?? '').split(';')[0] ?? '';
    expect((await me({ Cookie: cookie })).status).toBe(200);
    await harness.fetch(`/api/v1/api-keys/${holder.keyId}`, { method: 'DELETE' });
    await until('the end of the cookie', async () => (await me({ Cookie: cookie })).status === 401, 1_500);
  });

  it('is not given for a bad key, in the words of every other refusal', async () => {
    for (const api_key of ['wrong', 'wrong-key-0123456789-abcdef', `${testKey} `]) {
      const answer = await send(harness.url, { method: 'POST', path: '/api/v1/auth/login', body: { api_key } });
      expect(answer.status).toBe(401);
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
  });
});
