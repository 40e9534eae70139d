/**
 * Two owners, every route: what belongs to the first does not exist for the second. A foreign id gets exactly the answer
 * of an id that never existed, appears in no list and no count, and nothing is touched (cases 10, 11, 42).
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHarness } from '../harness.ts';
import { field, follow, type SeenEvent } from '../support/events.ts';
import { everyPermission } from '../support/owners.ts';
import { type Answer, errorOf, jsonOf } from '../support/requests.ts';
import { rowsOf } from '../support/rows.ts';
import { readDocument } from './document.ts';
import { fixtures, type Made } from './fixtures.ts';
import {
  callAs,
  lastMessage,
  makeCheckpoint,
  makeMemory,
  makeRule,
  makeSession,
  makeTalk,
  makeWaitingRun,
  startWorld,
  type World,
} from './world.ts';

const reader = await startHarness();
const { operations } = await readDocument(reader);
await reader.close();

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

/** The same call with ids that never existed. */
const neverExisted = (made: Made): Made => {
  const ids = made.ids.map(() => crypto.randomUUID());
  const swap = (text: string): string =>
    made.ids.reduce((result, id, index) => result.replaceAll(id, ids[index] ?? ''), text);
  return {
    path: swap(made.path),
    body: made.body === undefined ? undefined : JSON.parse(swap(JSON.stringify(made.body))),
    ids,
  };
};

/** What a caller can learn from an answer, with the ids they sent themselves taken out. */
const lesson = (answer: Answer, ids: string[]): unknown => ({
  status: answer.status,
  type: answer.headers['content-type'],
  etag: answer.headers.etag,
  text: ids.reduce((text, id) => text.replaceAll(id, '<id>'), answer.text),
});

const withoutKeys = ({ api_keys: _keys, ...rest }: Record<string, string[]>): Record<string, string[]> => rest;

/** The second owner makes both calls; answers what the foreign id got. */
const compare = async (method: string, foreign: Made, permissions = everyPermission): Promise<Answer> => {
  const unknown = neverExisted(foreign);
  const before = withoutKeys(await rowsOf(world.harness));
  const call = (made: Made) => callAs(world, world.second, { method, path: made.path, body: made.body }, permissions);
  const one = await call(unknown);
  const other = await call(foreign);
  expect(lesson(other, foreign.ids)).toEqual(lesson(one, unknown.ids));
  expect(withoutKeys(await rowsOf(world.harness))).toEqual(before);
  return other;
};

describe('a foreign id', () => {
  const withIds = operations.filter(({ name, hasIds }) => hasIds || name in bodiesWithIds);

  it.each(withIds.map(({ name }) => name))('%s answers as for an id that never existed', async (name) => {
    const operation = withIds.find((one) => one.name === name);
    const made = await fixtures[name]?.make(world, world.first);
    if (operation === undefined || made === undefined) throw new Error(name);
    expect(made.ids.length, 'the fixture names its ids').toBeGreaterThan(0);
    const answer = await compare(operation.method, made);
    expect(answer.status).toBe(404);
    expect(errorOf(answer).code).toMatch(/NOT_FOUND$/);
    const weak = await compare(operation.method, made, {});
    expect([403, 404]).toContain(weak.status);
  });
});

/** Routes whose ids travel in the body. */
const bodiesWithIds: Record<string, true> = {
  'POST /api/v1/sessions': true,
  'POST /api/v1/query': true,
  'POST /api/v1/query/single': true,
  'POST /api/v1/stream': true,
};

describe('a foreign id inside a call about something of one own', () => {
  const own = () => makeTalk(world, world.second);

  it('a checkpoint restores nothing in another session', async () => {
    const { checkpoint } = await makeCheckpoint(world, world.first);
    const path = `/api/v1/sessions/${await own()}/rewind`;
    const answer = await compare('POST', { path, body: { checkpoint_id: checkpoint }, ids: [checkpoint] });
    expect(errorOf(answer).code).toBe('CHECKPOINT_NOT_FOUND');
  });

  it('a message marks no page of another session', async () => {
    const before = await lastMessage(world, world.first, await makeTalk(world, world.first));
    const path = `/api/v1/sessions/${await own()}/messages?before=${before}`;
    expect((await compare('GET', { path, ids: [before] })).status).toBe(404);
  });

  it('a message marks no end of a copy of another session', async () => {
    const message_id = await lastMessage(world, world.first, await makeTalk(world, world.first));
    const from = { session_id: await own(), message_id };
    const answer = await compare('POST', { path: '/api/v1/sessions', body: { from }, ids: [message_id] });
    expect(errorOf(answer).code).toBe('NOT_FOUND');
  });

  it('a message ends no conversation but its own', async () => {
    const message_id = await lastMessage(world, world.first, await makeTalk(world, world.first));
    const path = `/api/v1/sessions/${await own()}/rewind`;
    const answer = await compare('POST', { path, body: { message_id }, ids: [message_id] });
    expect(errorOf(answer).code).toBe('NOT_FOUND');
  });

  it('a question is not answered from another session', async () => {
    const theirs = await makeWaitingRun(world, world.first, 'ask');
    const mine = await makeWaitingRun(world, world.second, 'ask');
    const made = {
      path: `/api/v1/sessions/${mine.session}/answer`,
      body: { answer: 'left', tool_use_id: theirs.toolUse },
      ids: [theirs.toolUse],
    };
    expect((await compare('POST', made)).status).toBe(409);
  });

  it.each(['/api/v1/query', '/api/v1/query/single', '/api/v1/stream'])(
    '%s neither forks nor continues a foreign session',
    async (path) => {
      const session = await makeTalk(world, world.first);
      const body = { prompt: 'go on', session_id: session, fork_session: true };
      expect((await compare('POST', { path, body, ids: [session] })).status).toBe(404);
    },
  );

  it('"continue the last conversation" means the own last one', async () => {
    const mine = await own();
    await makeTalk(world, world.first, 'something newer');
    const answer = await callAs(world, world.second, {
      method: 'POST',
      path: '/api/v1/query/single',
      body: { prompt: 'and?', continue_conversation: true },
    });
    expect(field(jsonOf(answer), 'session_id')).toBe(mine);
  });

  it('the same client_message_id is another message for another owner', async () => {
    const body = { prompt: 'one of mine', client_message_id: 'message-1' };
    const call = { method: 'POST', path: '/api/v1/query/single', body };
    const first = jsonOf(await callAs(world, world.first, call));
    const second = jsonOf(await callAs(world, world.second, { ...call, body: { ...body, prompt: 'one of yours' } }));
    expect(field(second, 'session_id')).not.toBe(field(first, 'session_id'));
    expect(field(second, 'content')).toBe('You said: one of yours');
  });
});

describe('lists', () => {
  const lists = [
    ['/api/v1/sessions?page_size=100', 'sessions'],
    ['/api/v1/sessions?search=secret', 'sessions'],
    ['/api/v1/sessions?tags=private', 'sessions'],
    ['/api/v1/approvals', 'approvals'],
    ['/api/v1/approvals?status=pending', 'approvals'],
    ['/api/v1/tool-rules', 'rules'],
    ['/api/v1/api-keys', 'api_keys'],
    ['/api/v1/audit', 'entries'],
    ['/api/v1/memories', 'memories'],
    ['/api/v1/memories/graph', 'entities'],
  ] as const;

  it('cover every list the document has, so that a new one is tested too', () => {
    const persona = ['', '/history', '/preview'].map((rest) => `/api/v1/persona${rest}`);
    const special = [
      '/api/v1/account',
      '/api/v1/auth/me',
      '/api/v1/events',
      '/api/v1/memories/export',
      '/api/v1/memories/settings',
      ...persona,
    ];
    const found = operations
      .filter(({ method, hasIds, access }) => method === 'GET' && !hasIds && access === 'key')
      .map(({ path }) => path)
      .filter((path) => !special.includes(path));
    expect(found.sort()).toEqual([...new Set(lists.map(([path]) => path.split('?')[0]))].sort());
  });

  it.each(lists)('%s neither shows nor counts what belongs to somebody else', async (path, name) => {
    const listOf = async () =>
      jsonOf(await callAs(world, world.second, { method: 'GET', path }, path.includes('keys') ? {} : everyPermission));
    const before = await listOf();
    await makeSession(world, world.first);
    await makeRule(world, world.first);
    await makeMemory(world, world.first);
    await makeWaitingRun(world, world.first);
    const after = await listOf();
    expect(field(after, 'total')).toEqual(field(before, 'total'));
    const count = (list: unknown): number => {
      const items = field(list, name);
      return Array.isArray(items) ? items.length : -1;
    };
    expect(count(after)).toBe(count(before));
    expect(JSON.stringify(after)).not.toContain(world.first.ownerId);
  });

  it('?session_id of the audit trail tells nothing about a foreign session', async () => {
    const { session } = await makeCheckpoint(world, world.first);
    const answer = await compare('GET', { path: `/api/v1/audit?session_id=${session}`, ids: [session] });
    expect(jsonOf(answer)).toMatchObject({ entries: [], total: 0 });
  });
});

describe('the persona', () => {
  it('is each owner’s own: neither shown, nor rendered, nor gone back to by another', async () => {
    const secret = `Likes ${crypto.randomUUID()}`;
    const put = { method: 'PUT', path: '/api/v1/persona', body: { personality: secret } };
    const version = field(jsonOf(await callAs(world, world.first, put)), 'version');
    for (const rest of ['', '/preview', '/history']) {
      const call = { method: 'GET', path: `/api/v1/persona${rest}` };
      expect((await callAs(world, world.first, call)).text).toContain(secret);
      expect((await callAs(world, world.second, call)).text).not.toContain(secret);
    }
    const back = { method: 'POST', path: '/api/v1/persona/revert', body: { version } };
    expect((await callAs(world, world.second, back)).status).toBe(404);
  });
});

describe('the event stream', () => {
  const listen = (query: string, headers: Record<string, string> = {}) =>
    follow((signal) =>
      fetch(`${world.url}/api/v1/events${query}`, {
        signal,
        headers: { 'X-API-Key': world.second.key, ...headers },
      }),
    );
  const mentions = (events: SeenEvent[], session: string): boolean => JSON.stringify(events).includes(session);

  it('shows nothing of another owner: neither live, nor by session, nor by their numbers', async () => {
    const theirs = await makeTalk(world, world.first);
    const followers = await Promise.all([
      listen(''),
      listen('?after=0'),
      listen(`?session_id=${theirs}`),
      listen(`?after=0&session_id=${theirs}`),
      listen('', { 'Last-Event-ID': '0' }),
    ]);
    const key = { 'X-API-Key': world.first.key, 'Content-Type': 'application/json' };
    const body = JSON.stringify({ prompt: 'for me alone', session_id: theirs });
    await (await fetch(`${world.url}/api/v1/query/single`, { method: 'POST', headers: key, body })).text();
    const mine = await makeTalk(world, world.second, 'the end mark');
    await followers[0].next('done', (data) => data.session_id === mine);
    await followers[1].next('done', (data) => data.session_id === mine);
    for (const follower of followers) {
      expect(follower.status).toBe(200);
      expect(mentions(follower.events, theirs)).toBe(false);
      follower.leave();
    }
  });
});
