/** Title, model and folder of a session: the owner's word counts, and no run changes it. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { field } from './support/events.ts';
import { makeKey } from './support/owners.ts';
import { runIs, startTalks, type Talks } from './support/talks.ts';

let talks: Talks;
let workspace: string;
beforeAll(async () => {
  talks = await startTalks();
  workspace = join(talks.home, 'data', 'workspace');
  mkdirSync(join(workspace, 'garden'));
});
afterAll(() => talks.close());

const patch = (session: string, change: object) => talks.json(`/api/v1/sessions/${session}`, change, 'PATCH');
/** Says something in the session and answers what the run was asked of. */
const profileOf = async (session: string, more: object = {}) => {
  const before = talks.provider.log.opened.length;
  expect((await talks.post('/api/v1/query', { prompt: 'hello', session_id: session, ...more })).status).toBe(200);
  return talks.provider.log.opened.slice(before).at(-1)?.profile;
};
/** With a key of its own, because new sessions are limited per key. */
const create = async (input: object) => talks.post('/api/v1/sessions', input, (await makeKey(talks)).key);
const get = (session: string) => talks.client.sessions.get(session);

describe('the model', () => {
  it('is what the owner chose, from the next run on, whatever the run calls itself', async () => {
    const session = await talks.newSession();
    expect((await profileOf(session))?.model).toBeNull();
    expect((await get(session)).model).toBeNull();
    const events = await talks.events();
    expect((await patch(session, { model: 'opus' })).body).toMatchObject({ id: session, model: 'opus' });
    await events.next('session', (data) => field(data.session, 'model') === 'opus');
    events.leave();
    expect((await profileOf(session))?.model).toBe('opus');
    expect((await get(session)).model).toBe('opus');
    expect((await patch(session, { model: null })).body).toMatchObject({ model: null });
    expect((await profileOf(session))?.model).toBeNull();
  });

  it('does not change between turns, so that the process of the chat goes on', async () => {
    const session = await talks.newSession();
    expect(await profileOf(session)).toBeDefined();
    expect(await profileOf(session), 'no new process').toBeUndefined();
  });

  it('of one turn is of that turn; of the first one it is that of the session, and of its copies', async () => {
    const session = await talks.newSession();
    expect((await profileOf(session, { model: 'haiku' }))?.model).toBe('haiku');
    expect((await profileOf(session))?.model).toBeNull();
    const { session_id } = await talks.client.send({ prompt: 'hello', model: 'sonnet' });
    expect((await get(session_id)).model).toBe('sonnet');
    await runIs(talks, session_id, 'completed');
    const copy = await talks.client.send({ prompt: 'else', session_id, fork_session: true });
    expect((await get(copy.session_id)).model).toBe('sonnet');
  });

  it('may change while a run is in progress, for the next one', async () => {
    const session = await talks.newSession();
    await talks.client.sessions.send(session, { prompt: 'hang' });
    await runIs(talks, session, 'running');
    expect((await patch(session, { model: 'opus' })).status).toBe(200);
    await talks.client.sessions.interrupt(session);
    expect((await profileOf(session))?.model).toBe('opus');
  });

  it.each(['', 'a b', 'x\n', 'x'.repeat(201), 7, {}])('%j is refused by name', async (model) => {
    const session = await talks.newSession();
    for (const answer of [await patch(session, { model }), await create({ model })]) {
      expect(answer.status).toBe(422);
      expect(JSON.stringify(answer.body)).toContain('"path":"model"');
    }
    expect((await get(session)).model).toBeNull();
  });
});

describe('the title', () => {
  const titleOf = async (session: string) => (await get(session)).title;

  it('is the beginning of the first message, told at once and not at the end', async () => {
    const events = await talks.events();
    const prompt = 'hang while the garden is planned for spring, with tomatoes,\nbeans and peas along the wall';
    const { session_id } = await talks.client.send({ prompt });
    const title = 'hang while the garden is planned for spring, with tomatoes,…';
    await events.next(
      'session',
      ({ session }) => field(session, 'id') === session_id && field(session, 'title') === title,
    );
    events.leave();
    expect(await titleOf(session_id)).toBe(title);
    await talks.client.sessions.interrupt(session_id);
    await talks.client.sessions.send(session_id, { prompt: 'something else' });
    expect(await titleOf(session_id)).toBe(title);
  });

  it('is given to a session that was made without one, and never over the one a person gave', async () => {
    const session = await talks.newSession();
    expect(await titleOf(session)).toBeNull();
    await talks.client.sessions.send(session, { prompt: 'hello there' });
    expect(await titleOf(session)).toBe('hello there');
    const mine = (await create({ title: 'Mine' })).body;
    const id = String(field(mine, 'id'));
    await talks.client.sessions.send(id, { prompt: 'hello' });
    expect(await titleOf(id)).toBe('Mine');
    await patch(session, { title: 'Renamed' });
    await talks.client.sessions.send(session, { prompt: 'more' });
    expect(await titleOf(session)).toBe('Renamed');
  });

  it('waits for a message that has words', async () => {
    const session = await talks.newSession();
    await talks.client.sessions.send(session, { prompt: ' \n ' });
    expect(await titleOf(session)).toBeNull();
    await runIs(talks, session, 'completed');
    await talks.client.sessions.send(session, { prompt: 'now with words' });
    expect(await titleOf(session)).toBe('now with words');
  });
});

describe('the folder', () => {
  it('is where the next run works; null is the usual one', async () => {
    const session = await talks.newSession();
    expect((await profileOf(session))?.cwd).toBe(workspace);
    const garden = join(workspace, 'garden');
    expect((await patch(session, { cwd: garden })).body).toMatchObject({ cwd: garden });
    expect((await profileOf(session))?.cwd).toBe(garden);
    expect((await patch(session, { cwd: null })).body).toMatchObject({ cwd: null });
    expect((await profileOf(session))?.cwd).toBe(workspace);
  });

  it('cannot change while a run is in progress or waits', async () => {
    const session = await talks.newSession();
    for (const prompt of ['hang', 'run make tea']) {
      await talks.client.sessions.send(session, { prompt });
      await runIs(talks, session, prompt === 'hang' ? 'running' : 'waiting');
      for (const cwd of [workspace, null]) {
        const answer = await patch(session, { cwd, title: 'moved' });
        expect(answer.status).toBe(409);
        expect(answer.body).toMatchObject({ error: { code: 'CONFLICT', message: expect.stringContaining('cwd') } });
      }
      await talks.client.sessions.interrupt(session);
    }
    expect((await get(session)).title).not.toBe('moved');
    expect((await patch(session, { cwd: workspace })).status).toBe(200);
  });

  it('is one that runs may work in, also for a new session; others are all refused in the same words', async () => {
    symlinkSync('/etc', join(workspace, 'way-out'));
    const session = await talks.newSession();
    const wrong = ['/etc', '/no-such-folder', join(workspace, 'way-out'), join(workspace, 'nothing'), talks.home];
    const answers = await Promise.all(
      [...wrong, 'garden', `${workspace}/../..`, '', '\0'].flatMap((cwd) => [patch(session, { cwd }), create({ cwd })]),
    );
    for (const { status, body } of answers) {
      expect(status).toBe(422);
      expect(JSON.stringify(body)).toContain('"path":"cwd"');
    }
    expect(new Set(answers.slice(0, wrong.length * 2).map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect((await get(session)).cwd).toBeNull();
  });
});
