/** Query parameters and repeats: wildcards mean themselves, pages have edges, a message sent twice runs once. */
import { queryResponseSchema, sessionListSchema, sessionSchema } from '@hearth/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, startHarness } from './harness.ts';
import { faultsOfRun, parseEvents, text } from './support/events.ts';
import { makeKey } from './support/owners.ts';
import { errorOf, jsonOf, send } from './support/requests.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());

describe('lists of sessions', () => {
  const titles = ['100% sure', '100 per cent', 'a_b', 'axb', 'back\\slash', "O'Brien", 'ÄRGER', 'semi;colon'];
  const list = async (query: string) => sessionListSchema.parse((await harness.json(`/api/v1/sessions?${query}`)).body);
  beforeAll(async () => {
    for (const title of titles) await harness.json('/api/v1/sessions', { title, tags: [`tag ${title}`] });
  });

  it.each([
    ['%', ['100% sure']],
    ['_', ['a_b']],
    ['a_b', ['a_b']],
    ['\\', ['back\\slash']],
    ["'", ["O'Brien"]],
    ["' OR '1'='1", []],
    ['*', []],
    ['"', []],
    ['sure', ['100% sure']],
    ['SURE', ['100% sure']],
  ])('search=%j is taken literally', async (search, expected) => {
    const { sessions, total } = await list(`search=${encodeURIComponent(search)}`);
    expect(sessions.map(({ title }) => title).sort()).toEqual([...expected].sort());
    expect(total).toBe(expected.length);
  });

  it.each([
    ['tag 100% sure', 1],
    ['tag 100%', 0],
    ['%', 0],
    ['_____a_b', 0],
    ['tag a_b', 1],
    ['tag', 0],
    ['tag back\\slash', 1],
    ['"]', 0],
    ['tag a_b,tag axb', 0],
  ])('tags=%j is taken literally, and whole', async (tags, total) => {
    expect((await list(`tags=${encodeURIComponent(tags)}`)).total).toBe(total);
  });

  it.each([
    'page=0',
    'page=-1',
    'page=x',
    'page=1.5',
    'page_size=0',
    'page_size=-1',
    'page_size=101',
    'page_size=ten',
    'page=1e9',
    'mode=other',
    'archived=maybe',
    'project_id=1',
  ])('?%s is refused by name', async (query) => {
    const answer = await harness.fetch(`/api/v1/sessions?${query}`);
    expect(answer.status).toBe(422);
    const error = errorOf({ text: await answer.text() });
    expect(JSON.stringify(error.details)).toContain(`"path":"${query.split('=')[0]}"`);
  });

  it('pages hold each session once, and a page beyond the end is empty', async () => {
    const pages = await Promise.all([1, 2, 3, 4].map((page) => list(`page=${page}&page_size=3`)));
    const ids = pages.flatMap(({ sessions }) => sessions.map(({ id }) => id));
    expect(new Set(ids).size).toBe(titles.length);
    expect(pages.map(({ sessions }) => sessions.length)).toEqual([3, 3, 2, 0]);
    expect(pages.every(({ total }) => total === titles.length)).toBe(true);
  });
});

describe('a message that is sent twice', () => {
  const runsOf = async (message: string): Promise<number> => {
    const rows = await harness.server.app.db.kysely
      .selectFrom('messages')
      .select('content')
      .where('type', '=', 'user')
      .execute();
    return rows.filter(({ content }) => content.includes(message)).length;
  };
  const single = async (body: object, headers: Record<string, string> = {}) => {
    const { key } = await makeKey(harness);
    const answer = await send(harness.url, {
      method: 'POST',
      path: '/api/v1/query/single',
      body,
      headers: { 'X-API-Key': key, ...headers },
    });
    expect(answer.status, answer.text.slice(0, 300)).toBe(200);
    return queryResponseSchema.parse(jsonOf(answer));
  };

  it.each(['client_message_id', 'Idempotency-Key'])('one after the other with the same %s runs once', async (name) => {
    const id = crypto.randomUUID();
    const body = { prompt: `once ${id}`, ...(name === 'client_message_id' ? { client_message_id: id } : {}) };
    const headers: Record<string, string> = name === 'client_message_id' ? {} : { 'Idempotency-Key': id };
    const first = await single(body, headers);
    expect(await single(body, headers)).toEqual(first);
    expect(await runsOf(id)).toBe(1);
  });

  it.each(['client_message_id', 'Idempotency-Key'])('twenty times at once with the same %s runs once', async (name) => {
    const id = crypto.randomUUID();
    const body = { prompt: `once ${id}`, ...(name === 'client_message_id' ? { client_message_id: id } : {}) };
    const headers: Record<string, string> = name === 'client_message_id' ? {} : { 'Idempotency-Key': id };
    const answers = await Promise.all(Array.from({ length: 20 }, () => single(body, headers)));
    expect(new Set(answers.map(({ run_id }) => run_id)).size).toBe(1);
    expect(await runsOf(id)).toBe(1);
  });

  it('as streams, all of them show the whole of the one run', async () => {
    const id = crypto.randomUUID();
    const { key } = await makeKey(harness);
    const streams = await Promise.all(
      Array.from({ length: 10 }, () =>
        send(harness.url, {
          method: 'POST',
          path: '/api/v1/stream',
          body: { prompt: `once ${id}`, client_message_id: id },
          headers: { 'X-API-Key': key },
        }),
      ),
    );
    const runs = streams.map((answer) => parseEvents(answer.text));
    for (const events of runs) expect(faultsOfRun(events)).toEqual([]);
    expect(new Set(runs.map((events) => text(events.at(-1)?.data, 'run_id'))).size).toBe(1);
    const without = (events: (typeof runs)[number]) => JSON.stringify(events.filter(({ type }) => type !== 'session'));
    expect(new Set(runs.map(without)).size).toBe(1);
  });

  it('POST /sessions with the same Idempotency-Key makes one session', async () => {
    const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID() };
    const create = () => harness.fetch('/api/v1/sessions', { method: 'POST', headers, body: '{"title":"twin"}' });
    const answers = await Promise.all(Array.from({ length: 5 }, create));
    const ids = await Promise.all(
      answers.filter(({ status }) => status === 201).map(async (answer) => sessionSchema.parse(await answer.json()).id),
    );
    expect(new Set(ids).size).toBe(1);
    const { total } = sessionListSchema.parse((await harness.json('/api/v1/sessions?search=twin')).body);
    expect(total).toBe(1);
  });

  it('an Idempotency-Key that is too long is refused rather than passed over, because a retry would run twice', async () => {
    const { key } = await makeKey(harness);
    const headers = { 'X-API-Key': key, 'Idempotency-Key': 'k'.repeat(300) };
    const answer = await send(harness.url, { method: 'POST', path: '/api/v1/query', body: { prompt: 'a' }, headers });
    expect([400, 422]).toContain(answer.status);
  });
});
