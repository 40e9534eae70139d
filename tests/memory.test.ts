/** Memory through the API, on the real server with the real agent binary: said once, corrected once, forgotten for good. */
import { readFileSync } from 'node:fs';
import { createClient } from '@hearth/client';
import { memoryListSchema, memoryResultsSchema, messageListSchema, queryResponseSchema } from '@hearth/contract';
import { answer, fail, type StandIn, startStandIn } from '@hearth/stand-in';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type Engine, eachEngine } from '../packages/server/src/db/test-db.ts';
import { type Harness, startHarness } from './harness.ts';
import { databaseEnv, neo4jEnv } from './support/engines.ts';
import { type Follower, follow } from './support/events.ts';
import { filesUnder } from './support/files.ts';
import { makeOwner } from './support/owners.ts';
import { until } from './support/until.ts';

/** The index may replace a file between the look into the folder and the look into the file. */
const contentOf = (path: string): Buffer => {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
};

const suite = (engine: Engine): void => {
  let harness: Harness;
  let standIn: StandIn;
  beforeAll(async () => {
    standIn = await startStandIn({ tokensPerSecond: 0 });
    const env = { HEARTH_MEMORY: 'on', HEARTH_LEARN_SECONDS: '0' };
    // The smallest set-up and the largest: everything in SQLite, and PostgreSQL with the graph in Neo4j.
    const graph = engine.name === 'postgres' ? await neo4jEnv() : {};
    harness = await startHarness({ standIn, env: { ...env, ...graph, ...(await databaseEnv(engine)) } });
  });
  afterEach(async () => void (await call('DELETE', '')));
  afterAll(async () => {
    await harness.close();
    await standIn.close();
  });

  const call = async (method: string, path: string, body?: unknown) => {
    const answer = await harness.json(`/api/v1/memories${path}`, body, method);
    return { status: answer.status, body: Object(answer.body) };
  };
  const add = (messages: unknown, more: object = {}) => call('POST', '', { messages, infer: false, ...more });
  const search = async (query: string, more: object = {}) =>
    memoryResultsSchema.parse((await call('POST', '/search', { query, ...more })).body);
  const texts = async (query: string) => (await search(query, { limit: 20 })).results.map(({ memory }) => memory);
  const ask = async (prompt: string, more: object = {}) =>
    queryResponseSchema.parse(await harness.client.query({ prompt, ...more }));

  it('answers in the seed’s shape and finds what was stored at once', async () => {
    const metadata = { category: 'preferences', source: 'conversation' };
    const added = await add('User prefers technical explanations with code examples', { metadata });
    expect(added.status).toBe(201);
    expect(added.body).toMatchObject({ count: 1, memories: [{ agent_id: 'main', metadata, searchable: 'yes' }] });
    expect(added.body.memories[0].hash).toMatch(/^[0-9a-f]{64}$/);
    const { results, count, degraded } = await search("What are the user's coding preferences?");
    expect(results[0]).toMatchObject({ id: added.body.memories[0].id, metadata });
    expect(results[0]?.score).toBeGreaterThan(0.1);
    expect({ count, degraded }).toEqual({ count: 1, degraded: [] });
    const list = memoryListSchema.parse((await call('GET', '')).body);
    expect(list).toMatchObject({ count: 1, total: 1, categories: { preferences: 1 }, waiting: 0 });
  });

  it('is saved, corrected and forgotten by the assistant itself; forgetting asks first', async () => {
    const saved = await ask("Remember that I'm allergic to peanuts.");
    const [kept] = (await search('allergic')).results;
    expect(kept).toMatchObject({ memory: 'The owner is allergic to peanuts.', author: 'assistant' });
    expect((await call('GET', `/${kept?.id}`)).body.source.session_id).toBe(saved.session_id);

    const corrected = await ask("That's wrong: I'm allergic to walnuts.");
    expect(corrected.content).toContain('Corrected');
    expect(await texts('allergic')).toEqual(['The owner is allergic to walnuts.']);

    const forgotten = ask('Forget that I am allergic to walnuts.');
    const waiting = await until('the question', async () => {
      const { body } = await harness.json('/api/v1/approvals?status=pending');
      return Object(body).approvals[0];
    });
    expect(waiting).toMatchObject({ title: 'Forget “The owner is allergic to walnuts.”' });
    await harness.json(`/api/v1/approvals/${waiting.id}`, { decision: 'allow' });
    expect((await forgotten).content).toContain('Forgotten');
    expect(await texts('allergic')).toEqual([]);
  });

  it('lets a chat that has read what others wrote save as untrusted, and correct nothing', async () => {
    await add('The owner has a dog called Rex.');
    const { session_id: session } = await ask('List the files here.');
    const saved = await ask('Remember that I like fish.', { session_id: session });
    expect(saved.content).toContain('Saved');
    expect((await search('fish')).results[0]).toMatchObject({ author: 'untrusted' });
    const corrected = await ask("That's wrong: I have a dog called Bo.", { session_id: session });
    expect(corrected.content).toContain('corrects nothing');
    expect(await texts('dog')).toContain('The owner has a dog called Rex.');
  });

  it('offers no memory to a chat that is off the record', async () => {
    const { content } = await ask('Remember that I like fish.', { memory: { enabled: false } });
    expect(content).toContain('not switched on');
    expect(await texts('fish')).toEqual([]);
  });

  it('is told once, used in another chat with its source, corrected, and forgotten without a trace', async () => {
    await ask("I'm allergic to peanuts.");
    const learned = await until('the fact', async () => (await search('allergic')).results[0], 20_000);
    expect(learned).toMatchObject({ memory: 'The owner is allergic to peanuts.', author: 'owner' });
    const whole = (await call('GET', `/${learned.id}`)).body;
    expect(whole.source.session_id).toBe(whole.run_id);
    expect(whole.source.message_id).toMatch(/^[0-9a-f-]{36}$/);
    const used = await ask('What am I allergic to?', { memory: { enabled: true } });
    expect(used.content).toContain('allergic to peanuts');
    expect(used.memories_used).toContain(learned.id);

    const corrected = await call('PUT', `/${learned.id}`, { memory: 'The owner is allergic to walnuts.' });
    expect(corrected.body).toMatchObject({ supersedes: learned.id, author: 'owner' });
    expect(await texts('allergic peanuts')).toEqual(['The owner is allergic to walnuts.']);
    expect((await ask('What am I allergic to?')).content).not.toContain('peanuts');
    expect((await call('PUT', `/${learned.id}`, { memory: 'Again' })).status).toBe(409);
    const { history } = (await call('GET', `/${corrected.body.id}/history`)).body;
    expect(history.map((one: { event: string }) => one.event)).toEqual(['added', 'corrected']);

    expect((await call('DELETE', `/${corrected.body.id}`)).body).toMatchObject({ deleted: true });
    expect((await call('GET', `/${learned.id}`)).status).toBe(404);
    const { db } = harness.server.app;
    await until('the last trace to go', async () => {
      const row = await db.kysely.selectFrom('memories').where('id', '=', learned.id).select('id').executeTakeFirst();
      return row === undefined;
    });
    const exported = await (await harness.fetch('/api/v1/memories/export')).text();
    expect(exported).not.toMatch(/peanuts|walnuts/);
  });

  it('leaves nothing of what was forgotten in the files of the index', async () => {
    await add('The canary word is xylophone-marzipan.');
    await call('DELETE', '');
    await until('index and graph to follow', async () => {
      const rows = await harness.server.app.db.kysely.selectFrom('memories').select('id').execute();
      return rows.length === 0;
    });
    const files = () => filesUnder(harness.home).filter((file) => file.includes('/index/'));
    await until(
      'the files to be written',
      () => files().every((file) => !contentOf(file).includes('marzipan')),
      10_000,
    );
  });

  it('tells its owner, and nobody else, what has changed: once, and without a word of it', async () => {
    const other = await makeOwner(harness);
    const headers = { 'X-API-Key': other.key, 'Content-Type': 'application/json' };
    const mine = await follow((signal) => harness.fetch('/api/v1/events', { signal }));
    const theirs = await follow((signal) => fetch(`${harness.url}/api/v1/events`, { headers, signal }));
    const told = ({ events }: Follower) => events.filter(({ type }) => type === 'memory').map(({ data }) => data);

    await ask("I'm allergic to peanuts.");
    await mine.next('memory', ({ action }) => action === 'added', 20_000);
    const [learned] = (await search('allergic')).results;
    const one = (await add('The attic is insulated.')).body.memories[0];
    const fresher = (await call('PUT', `/${one.id}`, { memory: 'The attic is insulated with hemp.' })).body;
    await call('DELETE', `/${fresher.id}`);
    await call('DELETE', '');
    await mine.next('memory', ({ action }) => action === 'cleared');
    expect(told(mine)).toEqual([
      { action: 'added', ids: [learned?.id], count: 1 },
      { action: 'added', ids: [one.id], count: 1 },
      { action: 'changed', ids: [fresher.id, one.id], count: 2 },
      { action: 'removed', ids: [fresher.id], count: 1 },
      { action: 'cleared', count: 1 },
    ]);
    mine.leave();

    const body = JSON.stringify({ messages: 'The safe is behind the picture.', infer: false });
    await fetch(`${harness.url}/api/v1/memories`, { method: 'POST', headers, body });
    await theirs.next('memory');
    expect(told(theirs)).toMatchObject([{ action: 'added', count: 1 }]);
    theirs.leave();
  });

  it('finds what was said in the time that a question names, though it shares no word with it', async () => {
    const daysAgo = (days: number) => ({ occurred_at: new Date(Date.now() - days * 86_400_000).toISOString() });
    await add('Marzipan was bought for the xylophone.', daysAgo(2));
    await add('The gutter was cleaned by Mr Huber.', daysAgo(200));
    for (const room of ['attic', 'cellar', 'kitchen', 'hall']) await add(`You told me to do the ${room}.`, daysAgo(90));
    const question = 'What did I tell you to do two days ago?';
    const { results } = await search(question, { limit: 3, explain: true });
    expect(results.map(({ memory }) => memory)).toContain('Marzipan was bought for the xylophone.');
    expect(results.find(({ memory }) => memory.startsWith('Marzipan'))?.reasons?.time).toBeGreaterThan(0.2);
    expect(await texts('What did I tell you to do two days ago?')).toHaveLength(6);
    const [best] = (await search('Who cleaned the gutter two days ago?', { limit: 1 })).results;
    expect(best?.memory).toBe('The gutter was cleaned by Mr Huber.');
    expect((await search(question, { category: 'none' })).results).toEqual([]);
    const said = await ask('What have I told you two days ago?');
    expect(said.memories_used).toContain(results.find(({ memory }) => memory.startsWith('Marzipan'))?.id);
  });

  it('neither recalls nor learns in a session, or with a key, that is off the record', async () => {
    await add('The owner has a red bicycle.');
    const made = await harness.json('/api/v1/sessions', { off_record: true });
    expect(made.body).toMatchObject({ off_record: true });
    const session = Object(made.body).id;
    const first = await ask('Which bicycle do I have?', { session_id: session });
    expect(first.memories_used).toEqual([]);
    await ask("I'm a collector of stamps.", { session_id: session });
    const body = JSON.stringify({ prompt: "I'm a collector of coins." });
    const headers = { 'content-type': 'application/json' };
    const forked = await harness.fetch(`/api/v1/sessions/${session}/fork`, { method: 'POST', headers, body });
    const fork = /"session_id":"([^"]+)"/.exec(await forked.text())?.[1];
    expect(fork).not.toBe(session);
    const copy = await harness.json(`/api/v1/sessions/${fork}`);
    expect(copy.body).toMatchObject({ off_record: true });

    const key = await harness.json('/api/v1/api-keys', { name: 'guest', permissions: {}, off_record: true });
    expect(key.body).toMatchObject({ off_record: true });
    const guest = createClient({ baseUrl: harness.url, apiKey: Object(key.body).key });
    const said = queryResponseSchema.parse(
      await guest.query({ prompt: "I'm a collector of maps. Which bicycle do I have?" }),
    );
    expect(said.memories_used).toEqual([]);

    const opening = await ask("I'm a collector of stones. Which bicycle do I have?", { off_record: true });
    expect(opening.memories_used).toEqual([]);
    expect((await harness.json(`/api/v1/sessions/${opening.session_id}`)).body).toMatchObject({ off_record: true });

    await harness.json(`/api/v1/sessions/${session}`, { off_record: false }, 'PATCH');
    await ask("I'm a collector of bells.", { session_id: session, off_record: true });
    expect((await harness.json(`/api/v1/sessions/${session}`)).body).toMatchObject({ off_record: false });
    const open = await ask('Which bicycle do I have?', { session_id: session });
    expect(open.memories_used).toHaveLength(1);
    await until('nothing to be learned any more', async () => (await call('GET', '')).body.waiting === 0);
    expect(await texts('collector of stamps, coins, maps, stones, bells')).toEqual(['The owner has a red bicycle.']);
  });

  it('remembers nothing of what joins a chat off the record, and what the owner had said there before', async () => {
    const key = await harness.json('/api/v1/api-keys', { name: 'guest', permissions: {}, off_record: true });
    const guest = createClient({ baseUrl: harness.url, apiKey: Object(key.body).key });
    standIn.script([answer('word '.repeat(200), { tokensPerSecond: 100, when: 'stamps' })]);
    const { id } = await harness.client.sessions.create({});
    const prompt = "I'm a collector of stamps.";
    const begun = await harness.client.sessions.send(id, { prompt, include_partial_messages: true });
    const page = async () => messageListSchema.parse((await harness.json(`/api/v1/sessions/${id}/messages`)).body);
    await until('the answer to begin', async () => (await page()).live.length > 0, 20_000);
    const joined = await guest.sessions.send(id, { prompt: "Remember that I'm a collector of coins." });
    expect(joined).toMatchObject({ joined: true, run_id: begun.run_id });
    await until('the end', async () => (await page()).runs[0]?.ended_at !== null, 30_000);
    standIn.reset();
    expect(JSON.stringify((await page()).messages)).toContain('off the record');
    await until('the fact', async () => (await texts('collector')).length > 0, 20_000);
    expect(await texts('collector of stamps, coins')).toEqual(['The owner is a collector of stamps.']);
  });

  it('learns nothing off the record, and recalls nothing when it is switched off', async () => {
    await ask("I'm a collector of stamps.", { memory: { enabled: false } });
    await add('The owner has a red bicycle.');
    expect((await ask('Which bicycle do I have?', { memory: { enabled: false } })).memories_used).toEqual([]);
    await call('PUT', '/settings', { enabled: false });
    expect((await ask('Which bicycle do I have?')).memories_used).toEqual([]);
    await call('PUT', '/settings', { enabled: true });
    expect((await ask('Which bicycle do I have?')).memories_used).toHaveLength(1);
    await until(
      'the jobs to end',
      async () => {
        const open = harness.server.app.db.kysely.selectFrom('jobs').where('status', 'in', ['waiting', 'running']);
        return (await open.select('id').execute()).length === 0;
      },
      20_000,
    );
    expect(await texts('stamps collector')).not.toContainEqual(expect.stringContaining('stamps'));
  });

  it('keeps what the model cannot look at now, says so, and forgets that too', async () => {
    standIn.script([fail.overloaded({ repeat: true })]);
    const { status, body } = await call('POST', '', { messages: "I'm a keeper of bees. My hive is called Marigold." });
    standIn.reset();
    expect(status).toBe(201);
    expect(body).toMatchObject({ count: 0, queued: true, notes: [expect.stringContaining('Nothing is lost')] });
    expect((await call('GET', '')).body.waiting).toBe(1);
    await call('DELETE', '');
    expect((await call('GET', '')).body.waiting).toBe(0);
    const rows = await harness.server.app.db.kysely.selectFrom('jobs').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain('Marigold');
  });

  it('keeps personal data as the owner wants, and never a secret', async () => {
    const key = 'sk-ant-api03-AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdEfGhIj';
    const text = `Eva is at eva@example.com, the key is ${key}`;
    for (const [pii_mode, expected] of [
      ['flag', 'eva@example.com'],
      ['redact', '[EMAIL]'],
      ['allow', 'eva@example.com'],
    ] as const) {
      await call('PUT', '/settings', { pii_mode });
      const { body } = await add(`${text} (${pii_mode})`);
      expect(body.memories[0].memory).toContain(expected);
      expect(body.memories[0].memory).not.toContain('AbCdEfGh');
      expect(body.memories[0].metadata.contains_pii ?? false).toBe(pii_mode !== 'allow');
    }
    await call('PUT', '/settings', { pii_mode: 'block' });
    expect((await add(text)).body).toMatchObject({ count: 0, notes: [expect.stringContaining('personal data')] });
    await call('PUT', '/settings', { pii_mode: 'flag' });
  });

  it('merges what it knows, keeps the order of a conversation, and explains its ranking', async () => {
    const said = ['Caroline: I adopted a dog.', 'Melanie: What is it called?', 'Caroline: Rex, after my uncle.'];
    const messages = said.map((content) => ({ role: 'user', content }));
    expect((await add(messages, { run_id: 'talk' })).body.count).toBe(3);
    expect((await add('Caroline: i adopted a dog', { run_id: 'talk' })).body).toMatchObject({ count: 0, merged: 1 });
    const { results, took_ms } = await search('adopted dog', { explain: true, run_id: 'talk' });
    expect(results[0]).toMatchObject({ memory: said[0], reasons: { matched_words: ['adopted', 'dog'] } });
    expect(results[1]?.reasons?.neighbours).toBeGreaterThan(0);
    expect(took_ms?.search).toBeGreaterThan(0);
  });

  it('goes out and comes in as lines, also those of Mem0, and names the lines it cannot use', async () => {
    await add('The attic is insulated.', { metadata: { category: 'home' } });
    const lines = await (await harness.fetch('/api/v1/memories/export')).text();
    await call('DELETE', '');
    expect((await call('POST', '/import', { lines })).body).toMatchObject({ imported: 1, refused: [] });
    const mem0 = { results: [{ id: 'x', memory: 'Likes tea', user_id: 'u', categories: ['food'] }, { memory: '' }, 7] };
    const taken = (await call('POST', '/import', { lines: JSON.stringify(mem0) })).body;
    expect(taken).toMatchObject({ imported: 1, refused: [{ line: 2 }, { line: 3 }] });
    const { memories } = (await call('GET', '?category=food')).body;
    expect(memories[0]).toMatchObject({ memory: 'Likes tea', author: 'untrusted' });
  });

  it.each([
    [{ messages: '' }, 'messages'],
    [{ messages: '   ' }, 'messages'],
    [{ messages: 'a\u0000b' }, 'messages'],
    [{ messages: '\u0007bell' }, 'messages'],
    [{ messages: 'x'.repeat(100_001) }, 'messages'],
    [{ messages: [] }, 'messages'],
    [{ messages: 'x', metadata: { user_id: 'me' } }, 'metadata'],
    [{ messages: 'x', metadata: { deep: { er: 1 } } }, 'metadata'],
    [{ messages: 'x', agent_id: 'a b' }, 'agent_id'],
    [{ messages: 'x', occurred_at: 'yesterday' }, 'occurred_at'],
    [{ messages: 'x', owner_id: 'me' }, ''],
  ])('refuses %j and names the field', async (body, path) => {
    const { status, body: answer } = await call('POST', '', { infer: false, ...body });
    expect(status).toBe(422);
    expect(answer.error.details.issues[0].path).toContain(path);
  });

  it.each([0, 101, 'ten', 1.5])('refuses a limit of %j', async (limit) => {
    expect((await call('POST', '/search', { query: 'x', limit })).status).toBe(422);
  });

  it('keeps owners apart', async () => {
    await add('The safe is behind the picture.');
    const other = await makeOwner(harness);
    const theirs = async (path: string, init: RequestInit = {}) => {
      const headers = { 'X-API-Key': other.key, 'Content-Type': 'application/json' };
      return (await fetch(`${harness.url}/api/v1/memories${path}`, { ...init, headers })).json();
    };
    const body = JSON.stringify({ query: 'safe picture' });
    expect(await theirs('/search', { method: 'POST', body })).toMatchObject({ results: [], count: 0 });
    expect(await theirs('')).toMatchObject({ total: 0 });
    expect(await theirs('/graph')).toMatchObject({ total: { entities: 0, relations: 0 } });
    await theirs('', { method: 'DELETE' });
    expect((await call('GET', '')).body.total).toBe(1);
  });

  it('finds by words alone, and says so, when the index cannot be asked', async () => {
    await add('The boiler was serviced in March.');
    await harness.server.app.memory.index.close();
    const { results, degraded } = await search('boiler');
    expect(results[0]?.memory).toBe('The boiler was serviced in March.');
    expect(degraded).toContain('index');
    const later = await add('The gutter was cleaned in April.');
    expect(later.body.memories[0]).toMatchObject({ searchable: 'soon' });
    expect(await texts('gutter')).toEqual(['The gutter was cleaned in April.']);
  });
};

eachEngine('memory', suite);
