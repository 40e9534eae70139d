/** Plain calls: paths, key, errors, and the idempotent query. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { backoffMs } from './backoff.ts';
import { createClient } from './client.ts';
import { systemClock } from './clock.ts';
import { newId } from './ids.ts';
import { createManualClock } from './testing/manual-clock.ts';
import { type Handler, type ScriptedServer, startScriptedServer } from './testing/scripted-server.ts';

let server: ScriptedServer;
beforeAll(async () => {
  server = await startScriptedServer(() => {});
});
afterAll(() => server.close());

const begin = (handler: Handler) => {
  server.requests.length = 0;
  server.setHandler(handler);
  const clock = createManualClock();
  return { clock, client: createClient({ baseUrl: `${server.url}/`, apiKey: 'secret', clock }) };
};

test('a call goes to its path with the key in a header, never in the address', async () => {
  const { client } = begin((_request, response) => void response.end('{"sessions":[]}'));
  await client.sessions.list({ page: 2, search: 'a b&c', mode: undefined });
  await client.sessions.messages('x/y', { limit: 5 });
  await client.approvals.decide('a1', { decision: 'deny' });
  await client.approvals.get('a/2');
  await client.sessions.block('x', 'm/1', 3);
  const [list, messages, decide, approval, block] = server.requests;
  expect(list?.headers['x-api-key']).toBe('secret');
  expect(list?.query.toString()).toBe('page=2&search=a+b%26c');
  expect(messages?.path).toBe('/api/v1/sessions/x%2Fy/messages');
  expect([decide?.method, decide?.path, decide?.body]).toEqual(['POST', '/api/v1/approvals/a1', '{"decision":"deny"}']);
  expect(block?.path).toBe('/api/v1/sessions/x/messages/m%2F1/blocks/3');
  expect([approval?.method, approval?.path]).toEqual(['GET', '/api/v1/approvals/a%2F2']);
});

test('going back takes the id of a checkpoint alone, or says what goes back', async () => {
  const { client } = begin((_request, response) => void response.end('{}'));
  await client.sessions.rewind('s1', 'c1');
  await client.sessions.rewind('s1', { checkpoint_id: 'c1', conversation: true });
  expect(server.requests.map(({ path, body }) => [path, JSON.parse(body)])).toEqual([
    ['/api/v1/sessions/s1/rewind', { checkpoint_id: 'c1' }],
    ['/api/v1/sessions/s1/rewind', { checkpoint_id: 'c1', conversation: true }],
  ]);
});

test('an export is text, and has an address for links', async () => {
  const { client } = begin((_request, response) => void response.end('# Garden'));
  expect(await client.sessions.export('s/1', 'json')).toBe('# Garden');
  const [request] = server.requests;
  expect([request?.path, request?.query.get('format')]).toEqual(['/api/v1/sessions/s%2F1/export', 'json']);
  expect(client.sessions.exportUrl('s/1')).toBe(`${server.url}/api/v1/sessions/s%2F1/export?format=markdown`);
  expect(createClient({ baseUrl: '' }).sessions.exportUrl('s1', 'json')).toBe('/api/v1/sessions/s1/export?format=json');
});

test('an export that is refused is an error like any other', async () => {
  const { client } = begin((_request, response) => {
    response.writeHead(404).end(JSON.stringify({ error: { code: 'SESSION_NOT_FOUND', message: 'no' } }));
  });
  await expect(client.sessions.export('s1')).rejects.toMatchObject({ status: 404, code: 'SESSION_NOT_FOUND' });
});

test('an answer without a body is null', async () => {
  const { client } = begin((_request, response) => void response.writeHead(204).end());
  expect(await client.sessions.remove('s1')).toBeNull();
});

test("an error carries the server's code, details, waiting time and correlation id", async () => {
  const { client } = begin((_request, response) => {
    response.writeHead(429, { 'x-correlation-id': 'abc' });
    const error = { code: 'RATE_LIMIT_EXCEEDED', message: 'Slow down', retry_after: 12, details: { limit: 3 } };
    response.end(JSON.stringify({ error }));
  });
  const expected = {
    status: 429,
    code: 'RATE_LIMIT_EXCEEDED',
    message: 'Slow down',
    retryAfter: 12,
    correlationId: 'abc',
  };
  await expect(client.health()).rejects.toMatchObject({ ...expected, details: { limit: 3 } });
});

test('an error page of a proxy still becomes a useful error', async () => {
  const { client } = begin((_request, response) => void response.writeHead(502).end('<html>'));
  await expect(client.health()).rejects.toMatchObject({ status: 502, code: 'HTTP_502' });
});

test('an answer that never comes ends as NETWORK', async () => {
  const { client, clock } = begin(() => void clock.fire(30_000));
  await expect(client.health()).rejects.toMatchObject({ status: 0, code: 'NETWORK' });
});

test('an abort by the caller stays an abort', async () => {
  const stop = new AbortController();
  const { client } = begin(() => stop.abort());
  await expect(client.health({ signal: stop.signal })).rejects.toMatchObject({ name: 'AbortError' });
});

test('a key is never sent on to where a redirect points', async () => {
  const { client } = begin(
    (_request, response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
  );
  await expect(client.health()).rejects.toMatchObject({ code: 'NETWORK' });
});

test('a query is repeated after network trouble with the same id, so it runs once', async () => {
  const { client } = begin((_request, response) => {
    if (server.requests.length === 1) return void response.socket?.destroy();
    response.end('{"content":"Hello"}');
  });
  expect(await client.query({ prompt: 'Hi' })).toEqual({ content: 'Hello' });
  const [first, second] = server.requests.map((request) => JSON.parse(request.body).client_message_id);
  expect(first).toMatch(/^[0-9a-f-]{36}$/);
  expect(second).toBe(first);
});

test('a message that is handed over is tried once, with an id, and asks for an answer at once', async () => {
  const { client } = begin((_request, response) => {
    if (server.requests.length === 1) return void response.socket?.destroy();
    response.writeHead(202).end('{"status":"accepted"}');
  });
  await expect(client.send({ prompt: 'Hi' })).rejects.toMatchObject({ code: 'NETWORK' });
  expect(server.requests).toHaveLength(1);
  expect(await client.sessions.send('s/1', { prompt: 'Hi', client_message_id: 'mine' })).toEqual({
    status: 'accepted',
  });
  const [first, second] = server.requests;
  expect([first?.path, second?.path]).toEqual(['/api/v1/query', '/api/v1/sessions/s%2F1/resume']);
  expect(second?.headers).toMatchObject({ prefer: 'respond-async', accept: 'application/json' });
  expect(JSON.parse(first?.body ?? '').client_message_id).toMatch(/^[0-9a-f-]{36}$/);
  expect(JSON.parse(second?.body ?? '')).toEqual({ prompt: 'Hi', client_message_id: 'mine' });
});

test('a browser signs in with a key or a code', async () => {
  const { client } = begin((_request, response) => void response.end('{}'));
  await client.auth.login('a key');
  await client.auth.login({ api_key: 'a key' });
  await client.auth.login({ code: 'ABCD-EFGH' });
  await client.auth.createCode();
  expect(server.requests.map(({ path, body }) => `${path} ${body}`)).toEqual([
    '/api/v1/auth/login {"api_key":"a key"}',
    '/api/v1/auth/login {"api_key":"a key"}',
    '/api/v1/auth/login {"code":"ABCD-EFGH"}',
    '/api/v1/auth/codes {}',
  ]);
});

test('waits grow from half a second to fifteen, and Retry-After is a floor', () => {
  expect(backoffMs(1, 0)).toBe(500);
  expect(backoffMs(3, 1)).toBe(4000);
  expect(backoffMs(1000, 1)).toBe(15_000);
  expect(backoffMs(1, 0, 40)).toBe(40_000);
});

test('ids are UUIDs of version 4 and differ', () => {
  expect(newId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(newId()).not.toBe(newId());
});

test('a sleep of the system clock ends when its signal aborts', async () => {
  const stop = new AbortController();
  const sleeping = systemClock.sleep(3_600_000, stop.signal);
  stop.abort();
  await sleeping;
  await systemClock.sleep(3_600_000, AbortSignal.abort());
});
