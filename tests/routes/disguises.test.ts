/** Other spellings of a path and headers that claim another method or path never give more than the real route (cases 1, 2). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, startHarness, testKey } from '../harness.ts';
import { type Holder, makeKey } from '../support/owners.ts';
import { type Call, errorOf, send } from '../support/requests.ts';
import { rowsOf } from '../support/rows.ts';

const withKey = (key: string): Record<string, string> => ({ 'X-API-Key': key });

describe('a disguised request', () => {
  let harness: Harness;
  let weak: Holder;
  beforeAll(async () => {
    harness = await startHarness();
    weak = await makeKey(harness, {});
  });
  afterAll(() => harness.close());

  const status = async (call: Call): Promise<number> => (await send(harness.url, call)).status;

  it.each([
    ['GET', '//api/v1/sessions'],
    ['GET', '/api/v1//sessions'],
    ['GET', '/api/v1/sessions/'],
    ['GET', '/API/V1/SESSIONS'],
    ['GET', '/api/v1/sessions;x=1'],
    ['GET', '/api/v1/health;x=1'],
    ['GET', '/api/v1/health/'],
    ['GET', '/API/v1/health'],
    ['GET', '/api/v1/health/../sessions'],
    ['GET', '/api/v1/health/%2e%2e/sessions'],
    ['GET', '/api/v1/health%2f..%2fsessions'],
    ['GET', '/api/v1/health/..%2fsessions'],
    ['GET', '/api/v1/docs/../api-keys'],
    ['GET', '/api/v1/%73essions'],
    ['GET', '/api/v1/sessions%00'],
    ['GET', '/api/v1/sessions?x=/api/v1/health'],
    ['GET', '/api/v1/sessions#/api/v1/health'],
    ['GET', '/api/v1/nothing/here'],
    ['GET', '/api/v2/sessions'],
    ['HEAD', '/api/v1/sessions'],
    ['HEAD', '/api/v1/events'],
    ['OPTIONS', '/api/v1/sessions'],
    ['OPTIONS', '/api/v1/health'],
    ['POST', '/api/v1/health'],
    ['DELETE', '/api/v1/openapi.json'],
    ['PROPFIND', '/api/v1/sessions'],
    ['TRACE', '/api/v1/sessions'],
    ['GET', '/api/v1/auth/login'],
  ])('%s %s is 401 without a key, like every path that is not public', async (method, path) => {
    const answer = await send(harness.url, { method, path });
    expect(answer.status).toBe(401);
    if (method !== 'HEAD') expect(errorOf(answer).code).toBe('AUTHENTICATION_ERROR');
  });

  it.each<Record<string, string>>([
    { 'X-Original-URL': '/api/v1/health' },
    { 'X-Rewrite-URL': '/api/v1/health' },
    { 'X-Forwarded-Prefix': '/api/v1/health' },
    { 'X-HTTP-Method-Override': 'OPTIONS' },
    { 'X-Forwarded-For': '127.0.0.1' },
    { 'X-Real-IP': '127.0.0.1' },
    { Forwarded: 'for=127.0.0.1;host=localhost' },
    { Origin: 'http://localhost' },
  ])('the header %o opens nothing, because only a key does', async (headers) => {
    expect(await status({ method: 'GET', path: '/api/v1/sessions', headers })).toBe(401);
    expect(await status({ method: 'POST', path: '/api/v1/query', body: { prompt: 'x' }, headers })).toBe(401);
  });

  it('a body on a method without one is not read and changes nothing', async () => {
    const before = await rowsOf(harness);
    for (const method of ['OPTIONS', 'GET'])
      expect(await status({ method, path: '/api/v1/sessions', body: { title: 'made' } })).toBe(401);
    expect(await rowsOf(harness)).toEqual(before);
  });

  it.each([
    '/api/v1/api-keys/',
    '//api/v1/api-keys',
    '/api/v1/api-keys;x',
    '/API/v1/api-keys',
    '/api/v1/sessions/../api-keys',
    '/api/v1/%61pi-keys',
  ])('POST %s makes no key for somebody without "admin"', async (path) => {
    const before = await rowsOf(harness);
    const answer = await send(harness.url, {
      method: 'POST',
      path,
      headers: withKey(weak.key),
      body: { name: 'mine', permissions: { admin: true } },
    });
    expect([403, 404]).toContain(answer.status);
    expect((await rowsOf(harness)).api_keys).toEqual(before.api_keys);
  });

  it.each(['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'])(
    '%s does not turn a look into a deletion',
    async (name) => {
      const { body } = await harness.json('/api/v1/sessions', { title: 'stays' });
      const path = `/api/v1/sessions/${(body as { id: string }).id}`;
      expect(await status({ method: 'GET', path, headers: { ...withKey(testKey), [name]: 'DELETE' } })).toBe(200);
      expect(await status({ method: 'GET', path, headers: withKey(testKey) })).toBe(200);
    },
  );

  it('HEAD answers what GET answers, without a body', async () => {
    const answer = await send(harness.url, { method: 'HEAD', path: '/api/v1/sessions', headers: withKey(testKey) });
    expect({ status: answer.status, text: answer.text }).toEqual({ status: 200, text: '' });
  });
});
