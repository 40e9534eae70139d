/** A browser that is signed in is not enough to switch the questions off: it shows a key once more, each time anew. */
import { auditListSchema, sessionSchema } from '@hearth/contract';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { testKey } from './harness.ts';
import { field, text } from './support/events.ts';
import { everyPermission, type Holder, makeKey, makeOwner } from './support/owners.ts';
import { type Answer, errorOf, jsonOf, send } from './support/requests.ts';
import { openSocket } from './support/sockets.ts';
import { startTalks, type Talks } from './support/talks.ts';

const mode = 'bypassPermissions';
let talks: Talks;
let holder: Holder;
let page: Record<string, string>;

const signIn = async (key: string): Promise<Record<string, string>> => {
  const answer = await send(talks.url, { method: 'POST', path: '/api/v1/auth/login', body: { api_key: key } });
  const cookie = (answer.headers['set-cookie']?.[0] ?? '').split(';')[0] ?? '';
  return { Cookie: cookie, Host: 'localhost', Origin: 'http://localhost' };
};
let strangers = 0;
beforeAll(async () => {
  talks = await startTalks({ env: { HEARTH_TRUSTED_PROXIES: '127.0.0.1' } });
});
afterAll(() => talks.close());
beforeEach(async () => {
  holder = await makeKey(talks);
  page = await signIn(holder.key);
  strangers += 1;
  page['X-Forwarded-For'] = `198.51.100.${strangers}`;
});

const post = (path: string, body: object, headers = page): Promise<Answer> =>
  send(talks.url, { method: 'POST', path, body, headers });
const switchTo = (session: string, permission_mode: string, more: object = {}, headers = page): Promise<Answer> =>
  post(`/api/v1/sessions/${session}/control`, { type: 'permission_mode_change', permission_mode, ...more }, headers);
const modeOf = async (session: string) =>
  sessionSchema.parse((await talks.json(`/api/v1/sessions/${session}`)).body).permission_mode;
const auditOf = async (session: string): Promise<string[]> => {
  const { body } = await talks.json(`/api/v1/audit?session_id=${session}`);
  return auditListSchema
    .parse(body)
    .entries.filter(({ action }) => action.startsWith('questions.'))
    .map(({ action, outcome, origin }) => `${action} ${outcome} ${origin}`)
    .reverse();
};
const refusal = (answer: Answer) => ({ status: answer.status, code: errorOf(answer).code, ...errorOf(answer).details });
const missing = { status: 403, code: 'CONFIRMATION_REQUIRED', field: 'confirm_api_key', reason: 'missing' };
const wrong = { ...missing, reason: 'wrong' };

describe('a browser', () => {
  it('switches the questions off with a key, and on without', async () => {
    const session = await talks.newSession();
    const events = await talks.events();
    expect(refusal(await switchTo(session, mode))).toEqual(missing);
    expect(await modeOf(session)).toBe('default');
    expect((await switchTo(session, mode, { confirm_api_key: holder.key })).status).toBe(200);
    await events.next('session', (data) => field(data.session, 'permission_mode') === mode);
    expect((await switchTo(session, mode)).status, 'it is off already').toBe(200);
    expect((await switchTo(session, 'plan')).status).toBe(200);
    await events.next('session', (data) => field(data.session, 'permission_mode') === 'plan');
    events.leave();
    expect(refusal(await switchTo(session, mode))).toEqual(missing);
    expect(await auditOf(session)).toEqual(['questions.off ok chat', 'questions.on ok chat']);
  });

  it('is asked for no key by the other modes', async () => {
    const session = await talks.newSession();
    for (const other of ['acceptEdits', 'plan', 'default']) expect((await switchTo(session, other)).status).toBe(200);
    expect(await auditOf(session)).toEqual([]);
  });

  it('needs a key of its owner that holds and may start a shell', async () => {
    const session = await talks.newSession();
    const weak = await makeKey(talks, { ...everyPermission, shell: false });
    const revoked = await makeKey(talks);
    await talks.fetch(`/api/v1/api-keys/${revoked.keyId}`, { method: 'DELETE' });
    const foreign = await makeOwner(talks);
    for (const confirm_api_key of [weak.key, revoked.key, foreign.key, `${holder.key}x`, 'x'])
      expect(refusal(await switchTo(session, mode, { confirm_api_key }))).toEqual(wrong);
    expect(await modeOf(session)).toBe('default');
    expect(await auditOf(session)).toEqual(Array.from({ length: 5 }, () => 'questions.off denied chat'));
    expect((await switchTo(session, mode, { confirm_api_key: testKey })).status, 'another key of mine').toBe(200);
  });

  it('guesses no more than at the login, and in one count with it', async () => {
    const session = await talks.newSession();
    for (let count = 0; count < 20; count += 1)
      expect(refusal(await switchTo(session, mode, { confirm_api_key: `ak_${'x'.repeat(43)}` }))).toEqual(wrong);
    const late = await switchTo(session, mode, { confirm_api_key: holder.key });
    expect(refusal(late)).toMatchObject({ status: 429, code: 'RATE_LIMIT_EXCEEDED' });
    expect((await post('/api/v1/auth/login', { api_key: 'guess' })).status).toBe(429);
  });

  it('whose own key may not start a shell cannot borrow one', async () => {
    const weak = await makeKey(talks, {});
    const headers = { ...page, ...(await signIn(weak.key)) };
    const session = await talks.newSession();
    const more = { confirm_api_key: holder.key };
    const forbidden = { status: 403, code: 'FORBIDDEN', permission: 'shell' };
    expect(refusal(await switchTo(session, mode, more, headers))).toEqual(forbidden);
    expect(refusal(await post('/api/v1/sessions', { permission_mode: mode, ...more }, headers))).toEqual(forbidden);
  });

  it.each([
    ['/api/v1/sessions', { title: 'no questions' }],
    ['/api/v1/query', { prompt: 'hello' }],
    ['/api/v1/query/single', { prompt: 'hello' }],
    ['/api/v1/stream', { prompt: 'hello' }],
  ])('POST %s begins nothing in that mode without a key', async (path, body) => {
    const total = async () => (await talks.client.sessions.list()).total;
    const before = await total();
    expect(refusal(await post(path, { ...body, permission_mode: mode }))).toEqual(missing);
    expect(refusal(await post(path, { ...body, permission_mode: mode, confirm_api_key: 'x' }))).toEqual(wrong);
    expect(await total()).toBe(before);
    const answer = await post(path, { ...body, permission_mode: mode, confirm_api_key: holder.key });
    expect(answer.status).toBeLessThan(300);
    const session = path.endsWith('sessions')
      ? text(jsonOf(answer), 'id')
      : (/"session_id":"([0-9a-f-]{36})"/.exec(answer.text)?.[1] ?? '');
    expect(await modeOf(session)).toBe(mode);
    expect(await auditOf(session)).toEqual(['questions.off ok chat']);
  });

  it('is asked for each single turn in a session that asks, and never again in one that does not', async () => {
    const session = await talks.newSession();
    const path = `/api/v1/sessions/${session}/resume`;
    const turn = { prompt: 'run make tea', permission_mode: mode };
    expect(refusal(await post(path, turn))).toEqual(missing);
    expect((await post(path, { ...turn, confirm_api_key: holder.key })).text).toContain('All done.');
    expect(await modeOf(session)).toBe('default');
    expect(refusal(await post(path, turn))).toEqual(missing);
    await switchTo(session, mode, { confirm_api_key: holder.key });
    expect((await post(path, turn)).text).toContain('All done.');
    expect((await post(path, { prompt: 'run make tea' })).text).toContain('All done.');
  });

  it('gets a copy that asks, of a session that does not', async () => {
    const session = await talks.newSession();
    await switchTo(session, mode, { confirm_api_key: holder.key });
    await post(`/api/v1/sessions/${session}/resume`, { prompt: 'hello' });
    const path = `/api/v1/sessions/${session}/fork`;
    expect(refusal(await post(path, { prompt: 'else', permission_mode: mode }))).toEqual(missing);
    const copy = /"session_id":"([0-9a-f-]{36})"/.exec((await post(path, { prompt: 'else' })).text)?.[1] ?? '';
    expect(copy).not.toBe(session);
    expect(await modeOf(copy)).toBe('default');
  });

  it('needs no key to hear again what became of a message that was accepted', async () => {
    const turn = { prompt: 'hello', permission_mode: mode, client_message_id: crypto.randomUUID() };
    const headers = { ...page, Prefer: 'respond-async' };
    const first = await post('/api/v1/query', { ...turn, confirm_api_key: holder.key }, headers);
    expect(first.status).toBe(202);
    expect(jsonOf(await post('/api/v1/query', turn, headers))).toEqual(jsonOf(first));
  });

  it('is asked on a socket too', async () => {
    const session = await talks.newSession();
    const { Cookie = '' } = page;
    const socket = await openSocket(talks.url, { Cookie });
    socket.send({ type: 'control', permission_mode: mode, session_id: session });
    await socket.next('the refusal', ({ code }) => code === 'CONFIRMATION_REQUIRED');
    socket.send({ type: 'prompt', prompt: 'hello', permission_mode: mode });
    await socket.next('the second refusal', () => socket.frames.length === 2);
    socket.send({ type: 'control', permission_mode: mode, session_id: session, confirm_api_key: holder.key });
    await socket.next('the answer', ({ type, message }) => type === 'ack' && message === 'control');
    socket.close();
    expect(await modeOf(session)).toBe(mode);
  });
});

it('who sends a key with each request is not asked, and is written down', async () => {
  const headers = { 'X-API-Key': holder.key };
  const { body } = await talks.post('/api/v1/sessions', { permission_mode: mode }, holder.key);
  const session = text(body, 'id');
  expect((await switchTo(session, 'default', {}, headers)).status).toBe(200);
  expect((await switchTo(session, mode, {}, headers)).status).toBe(200);
  expect((await talks.post('/api/v1/query', { prompt: 'hello', permission_mode: mode }, holder.key)).status).toBe(200);
  expect(await auditOf(session)).toEqual(['questions.off ok api', 'questions.on ok api', 'questions.off ok api']);
});

it('the key that was shown is stored nowhere', async () => {
  const { key } = await makeKey(talks);
  const confirm = { permission_mode: mode, confirm_api_key: key };
  const path = '/api/v1/sessions';
  const headers = { ...page, 'Idempotency-Key': crypto.randomUUID() };
  const session = text(jsonOf(await post(path, confirm, headers)), 'id');
  await post('/api/v1/query', { prompt: 'run make tea', ...confirm });
  await post(`${path}/${session}/fork`, { prompt: 'hello', ...confirm });
  await talks.server.app.events.flush();
  const { kysely } = talks.server.app.db;
  for (const { name } of await kysely.introspection.getTables()) {
    const rows = await kysely
      .selectFrom(name as 'runs')
      .selectAll()
      .execute();
    expect(JSON.stringify(rows), name).not.toContain(key);
  }
});
