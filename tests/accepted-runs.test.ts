/**
 * `Prefer: respond-async`: a message is handed over, the answer says where to look. The same message again, at the same
 * time, after its answer was lost or after a restart, is the same message.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { eachEngine } from '../packages/server/src/db/test-db.ts';
import { databaseEnv } from './support/engines.ts';
import { faultsOfRun, field, type SeenEvent } from './support/events.ts';
import { makeKey } from './support/owners.ts';
import { runIs, startTalks, type Talks } from './support/talks.ts';

const idOf = (): string => crypto.randomUUID();

const ofRun = (events: readonly SeenEvent[], runId: string): SeenEvent[] =>
  events.filter(({ data }) => field(data, 'run_id') === runId);

/** The events of a run, as someone sees them who comes with the number of the answer. */
const wholeRun = async (talks: Talks, accepted: { seq: number; run_id: string }): Promise<SeenEvent[]> => {
  const follower = await talks.events(`?after=${accepted.seq}`);
  await follower.next('done', (data) => data.run_id === accepted.run_id);
  follower.leave();
  return ofRun(follower.events, accepted.run_id);
};

const countsOf = async ({ server }: Talks, clientMessageId: string) => {
  const of = (table: 'runs' | 'messages') =>
    server.app.db.kysely.selectFrom(table).select('id').where('client_message_id', '=', clientMessageId).execute();
  return { runs: (await of('runs')).length, messages: (await of('messages')).length };
};

eachEngine('a message handed over', (engine) => {
  let home: string;
  let env: Record<string, string>;
  let talks: Talks;
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'hearth-accepted-'));
    env = await databaseEnv(engine);
    talks = await startTalks({ env, home });
  });
  afterAll(async () => {
    await talks.close();
    rmSync(home, { recursive: true, force: true, maxRetries: 3 });
  });

  it('is answered at once with everything needed to follow it from its first event', async () => {
    const response = await talks.fetch('/api/v1/query', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Prefer: 'respond-async', Accept: 'text/event-stream' },
      body: JSON.stringify({ prompt: 'run make coffee', client_message_id: idOf() }),
    });
    expect(response.status).toBe(202);
    expect(response.headers.get('preference-applied')).toBe('respond-async');
    const accepted = Object(await response.json());
    expect(accepted).toMatchObject({ status: 'accepted', joined: false });
    const { id } = await talks.pending(accepted.session_id);
    await talks.decide(id, { decision: 'allow' });
    const events = await wholeRun(talks, accepted);
    expect(faultsOfRun(events)).toEqual([]);
    expect(events[0]).toMatchObject({ type: 'message', data: { uuid: accepted.message_id, type: 'user' } });
    expect(events.filter(({ type }) => type === 'result')).toHaveLength(1);
  });

  it('comes with every word when they are asked for', async () => {
    const { key } = await makeKey(talks);
    const everything = await talks.events('', { key });
    const accepted = await talks.client.send({ prompt: 'three little words', include_partial_messages: true });
    await everything.next('done', (data) => data.run_id === accepted.run_id);
    everything.leave();
    const partials = ofRun(everything.events, accepted.run_id).filter(({ type }) => type === 'partial');
    expect(partials.length).toBeGreaterThan(3);
  });

  it('has no client_message_id of its own when nobody gave one; Idempotency-Key is one', async () => {
    const send = async (headers: Record<string, string>) => {
      const response = await talks.fetch('/api/v1/query', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Prefer: 'respond-async', ...headers },
        body: JSON.stringify({ prompt: 'hello' }),
      });
      return Object(await response.json());
    };
    expect(await send({})).toMatchObject({ status: 'accepted', client_message_id: null });
    const key = idOf();
    const first = await send({ 'Idempotency-Key': key });
    expect(first).toMatchObject({ client_message_id: key });
    expect(await send({ 'Idempotency-Key': key })).toEqual(first);
  });

  it('is one message and one run, however many bring it at the same time', async () => {
    const request = { prompt: 'only once', client_message_id: idOf() };
    const answers = await Promise.all(Array.from({ length: 8 }, () => talks.client.send(request)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await countsOf(talks, request.client_message_id)).toEqual({ runs: 1, messages: 1 });
    const sessions = await talks.client.sessions.list({ search: 'only once' });
    expect(sessions.total).toBeLessThanOrEqual(1);
  });

  it('joins the run in progress, once, and the repeat says the same', async () => {
    const session = await talks.newSession();
    const first = await talks.client.sessions.send(session, { prompt: 'hang' });
    await runIs(talks, session, 'running');
    const request = { prompt: 'and another thing', client_message_id: idOf() };
    const answers = await Promise.all(Array.from({ length: 4 }, () => talks.client.sessions.send(session, request)));
    const { run_id, session_id, seq } = first;
    for (const answer of answers) expect(answer).toMatchObject({ run_id, session_id, seq, joined: true });
    expect(new Set(answers.map(({ message_id }) => message_id)).size).toBe(1);
    expect(answers[0]?.message_id).not.toBe(first.message_id);
    expect(await countsOf(talks, request.client_message_id)).toEqual({ runs: 0, messages: 1 });
    await talks.client.sessions.interrupt(session);
    expect(await talks.client.sessions.send(session, request)).toEqual(answers[0]);
    const mine = (await wholeRun(talks, first)).filter(
      ({ type, data }) => type === 'message' && field(data, 'type') === 'user',
    );
    expect(mine.map(({ data }) => field(data, 'uuid'))).toEqual([first.message_id, answers[0]?.message_id]);
  });

  it('that comes while the run ends is stored once: in that run or in a new one', async () => {
    for (let round = 0; round < 8; round += 1) {
      const session = await talks.newSession();
      const first = await talks.client.sessions.send(session, { prompt: 'hang' });
      await runIs(talks, session, 'running');
      const request = { prompt: 'am I in time?', client_message_id: idOf() };
      const [, answer] = await Promise.all([
        talks.client.sessions.interrupt(session),
        talks.client.sessions.send(session, request),
      ]);
      expect(answer.joined).toBe(answer.run_id === first.run_id);
      const { messages } = await talks.client.sessions.messages(session);
      const mine = messages.filter(({ client_message_id }) => client_message_id === request.client_message_id);
      expect(mine.map(({ id, run_id }) => [id, run_id])).toEqual([[answer.message_id, answer.run_id]]);
    }
  });

  it('is known after a restart: the same ids, the same place in the log, nothing runs again', async () => {
    const request = { prompt: 'remember me', client_message_id: idOf() };
    const first = await talks.client.send(request);
    await runIs(talks, first.session_id, 'completed');
    await talks.close();
    talks = await startTalks({ env, home });
    expect(await talks.client.send(request)).toEqual(first);
    expect(talks.provider.log.opened).toEqual([]);
    expect(faultsOfRun((await wholeRun(talks, first)).filter(({ type }) => type !== 'partial'))).toEqual([]);
  });

  it('leaves nothing behind when it is refused', async () => {
    const before = (await talks.client.sessions.list()).total;
    for (const fields of [{ cwd: '/nowhere' }, { allowed_tools: ['Nope'] }])
      await expect(talks.client.send({ prompt: 'x', ...fields })).rejects.toMatchObject({ status: 422 });
    await expect(talks.client.sessions.send(idOf(), { prompt: 'x' })).rejects.toMatchObject({ status: 404 });
    expect((await talks.client.sessions.list()).total).toBe(before);
  });

  it('without the preference nothing changes', async () => {
    for (const prefer of ['wait=10', 'respond-asynchronously'])
      expect(
        await talks.fetch('/api/v1/query', {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', Prefer: prefer },
          body: JSON.stringify({ prompt: 'hello' }),
        }),
      ).toMatchObject({ status: 200 });
  });

  // SQLite belongs to one server.
  const several = engine.name === 'sqlite' ? () => {} : describe;
  several('to two servers over one database', () => {
    it('is still one message, one run and one session', async () => {
      const other = await startTalks({ env });
      onTestFinished(() => other.close());
      const before = (await talks.client.sessions.list()).total;
      const requests = Array.from({ length: 6 }, (_, index) => ({
        prompt: `to both ${index}`,
        client_message_id: idOf(),
      }));
      const pairs = await Promise.all(
        requests.map((request) => Promise.all([talks.client.send(request), other.client.send(request)])),
      );
      for (const [one, two] of pairs) expect(two).toEqual(one);
      expect((await talks.client.sessions.list()).total).toBe(before + requests.length);
      for (const { client_message_id } of requests)
        expect(await countsOf(talks, client_message_id)).toEqual({ runs: 1, messages: 1 });
    });
  });
});
