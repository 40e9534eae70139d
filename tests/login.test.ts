/** Signing in as a browser does it: by key, by code, and what the page is told when it fails. */
import { auditListSchema, identitySchema, loginCodeSchema } from '@hearth/contract';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Harness, startHarness, testKey } from './harness.ts';
import { makeKey, plantKey } from './support/owners.ts';
import { type Answer, errorOf, jsonOf, send } from './support/requests.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ env: { HEARTH_TRUSTED_PROXIES: '127.0.0.1' } });
});
afterAll(() => harness.close());

const login = (body: unknown, address = '198.51.100.1'): Promise<Answer> =>
  send(harness.url, { method: 'POST', path: '/api/v1/auth/login', body, headers: { 'X-Forwarded-For': address } });
const cookieOf = (answer: Answer): string => (answer.headers['set-cookie']?.[0] ?? '').split(';')[0] ?? '';
const newCode = async (headers: Record<string, string> = { 'X-API-Key': testKey }) => {
  const path = '/api/v1/auth/codes';
  const answer = await send(harness.url, { method: 'POST', path, headers });
  expect(answer.status).toBe(201);
  return loginCodeSchema.parse(jsonOf(answer));
};
const browser = (cookie: string): Record<string, string> => ({
  Cookie: cookie,
  Host: 'localhost',
  Origin: 'http://localhost',
});

it('a code of a key signs a browser in, and that browser can make the next code', async () => {
  const holder = await makeKey(harness, { 'logs:read': true });
  const first = await login({ code: (await newCode({ 'X-API-Key': holder.key })).code });
  expect(first.status).toBe(200);
  expect(identitySchema.parse(jsonOf(first))).toMatchObject({
    key_id: holder.keyId,
    permissions: { 'logs:read': true },
  });
  const second = await login({ code: (await newCode(browser(cookieOf(first)))).code });
  expect(identitySchema.parse(jsonOf(second)).key_id).toBe(holder.keyId);
  await harness.fetch(`/api/v1/api-keys/${holder.keyId}`, { method: 'DELETE' });
  for (const answer of [first, second]) {
    const me = await send(harness.url, {
      method: 'GET',
      path: '/api/v1/auth/me',
      headers: { Cookie: cookieOf(answer) },
    });
    expect(me.status).toBe(401);
  }
});

it('a code is not made from a foreign page, and never shown a second time', async () => {
  const cookie = cookieOf(await login({ api_key: testKey }));
  const foreign = { Cookie: cookie, Host: 'localhost', Origin: 'https://evil.example' };
  const path = '/api/v1/auth/codes';
  expect((await send(harness.url, { method: 'POST', path, headers: foreign })).status).toBe(403);
  const once = { 'X-API-Key': testKey, 'Idempotency-Key': crypto.randomUUID() };
  await newCode(once);
  expect((await send(harness.url, { method: 'POST', path, headers: once })).status).toBe(409);
});

it('making and using a code is in the audit trail, without the code', async () => {
  const { code } = await newCode();
  await login({ code });
  const { body } = await harness.json('/api/v1/audit');
  const { entries } = auditListSchema.parse(body);
  // Two of them are of the same moment.
  const newest = entries.slice(0, 3).map(({ action, outcome }) => `${action} ${outcome}`);
  expect(newest.sort()).toEqual(['code.created ok', 'code.used ok', 'login ok']);
  expect(JSON.stringify(entries)).not.toContain(code);
});

it('the page can tell wrong, expired and too often apart', async () => {
  const { ownerId } = harness.server.app;
  const expired = await plantKey(harness, ownerId, { expires_at: new Date(0).toISOString() });
  const address = '198.51.100.2';
  const codeOf = async (body: unknown) => {
    const answer = await login(body, address);
    expect(answer.headers['set-cookie']).toBeUndefined();
    return `${answer.status} ${errorOf(answer).code}`;
  };
  expect(await codeOf({ api_key: expired.key })).toBe('401 KEY_EXPIRED');
  expect(await codeOf({ api_key: `${expired.key}x` })).toBe('401 AUTHENTICATION_ERROR');
  expect(await codeOf({ code: '0000-0000' })).toBe('401 CODE_INVALID');
  const { code } = await newCode();
  await login({ code });
  expect(await codeOf({ code })).toBe('401 CODE_INVALID');
  for (let count = 0; count < 16; count += 1) await codeOf({ code: '0000-0000' });
  expect(await codeOf({ code: '0000-0000' })).toBe('429 RATE_LIMIT_EXCEEDED');
});

it.each([
  {},
  { api_key: testKey, code: '0000-0000' },
  { api_key: '' },
  { code: '' },
  { code: 7 },
  { code: null },
  { code: 'x'.repeat(65) },
  { key: testKey },
])('%j is refused by name, and no try is counted', async (body) => {
  const answer = await login(body);
  expect(answer.status).toBe(422);
  expect(errorOf(answer).message).toMatch(/api_key|code|key/);
});
