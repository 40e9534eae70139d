/** The list of chats lives from events alone: whoever folds them has, after each change, what the API would answer. */
import { type Session, sessionEventSchema, sessionSchema } from '@hearth/contract';
import type { Script } from '@hearth/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eachEngine } from '../packages/server/src/db/test-db.ts';
import { databaseEnv } from './support/engines.ts';
import type { Follower } from './support/events.ts';
import { runIs, startTalks, type Talks, talkScript } from './support/talks.ts';
import { until } from './support/until.ts';

const script: Script = (turn) =>
  turn.text === 'fail' ? [{ say: 'Oh. ' }, { fail: 'MODEL_REFUSED' }] : talkScript(turn);

const told = (follower: Follower) =>
  follower.events.flatMap(({ type, data }) => (type === 'session' ? [sessionEventSchema.parse(data)] : []));

/** The list as a reader of events has it. */
const folded = (follower: Follower): Map<string, Session> => {
  const list = new Map<string, Session>();
  for (const { session, session_id } of told(follower)) {
    if (session === null) list.delete(session_id);
    else list.set(session_id, session);
  }
  return list;
};

/** What a session was seen doing, each state once in a row. */
const activities = (follower: Follower, id: string): string[] =>
  told(follower)
    .flatMap(({ session }) => (session?.id === id ? [session.activity] : []))
    .filter((activity, index, all) => activity !== all[index - 1]);

eachEngine('session events', (engine) => {
  let talks: Talks;
  let reader: Follower;
  beforeAll(async () => {
    talks = await startTalks({ script, env: { ...(await databaseEnv(engine)), HEARTH_PARK_SECONDS: '1' } });
    reader = await talks.events('?after=0');
  });
  afterAll(async () => {
    reader.leave();
    await talks.close();
  });

  const asAnswered = async (): Promise<Map<string, Session>> => {
    const { sessions } = await talks.client.sessions.list({ page_size: 100 });
    return new Map(sessions.map((session) => [session.id, session]));
  };
  const agrees = async (): Promise<void> => {
    const same = async () =>
      JSON.stringify([...(await asAnswered())].sort()) === JSON.stringify([...folded(reader)].sort());
    await until('the list from events is the list of the API', same, 4_000).catch(async () => {
      expect(Object.fromEntries(folded(reader))).toEqual(Object.fromEntries(await asAnswered()));
    });
  };
  /** A question is stored before its run is told to wait; both lists may agree on the moment in between. */
  const waits = async (session: string): Promise<void> => {
    await until('a run that waits', () => folded(reader).get(session)?.activity === 'waiting');
    await agrees();
  };
  const say = (session: string, prompt: string) => talks.client.sessions.send(session, { prompt });
  const newest = async (session: string) => sessionSchema.parse((await talks.json(`/api/v1/sessions/${session}`)).body);

  it('tell every state of a turn in its order, the title, the last words and what it cost', async () => {
    const session = await talks.newSession();
    await say(session, 'run make tea');
    const { id } = await talks.pending(session);
    await waits(session);
    expect(folded(reader).get(session)).toMatchObject({ activity: 'waiting', title: 'run make tea' });
    await talks.decide(id, { decision: 'allow' });
    await runIs(talks, session, 'completed');
    await agrees();
    expect(folded(reader).get(session)).toMatchObject({ activity: 'idle', last_message: 'All done.', total_turns: 1 });
    expect(activities(reader, session)).toEqual(['idle', 'queued', 'running', 'waiting', 'running', 'idle']);
  });

  it('tell a run that is parked as one that waits, without a flicker, and how it goes on', async () => {
    const session = await talks.newSession();
    await say(session, 'run make coffee');
    const { id } = await talks.pending(session);
    await runIs(talks, session, 'parked');
    await agrees();
    await talks.decide(id, { decision: 'deny' });
    await runIs(talks, session, 'completed');
    await agrees();
    expect(activities(reader, session)).toEqual(['idle', 'queued', 'running', 'waiting', 'running', 'idle']);
  });

  it('tell the words of both sides while a run goes on', async () => {
    const session = await talks.newSession();
    await say(session, 'look out');
    const { id } = await talks.pending(session);
    await say(session, 'one more thing');
    await waits(session);
    expect(folded(reader).get(session)).toMatchObject({ last_message: 'one more thing', activity: 'waiting' });
    await talks.decide(id, { decision: 'allow' });
    await until('the end', async () => (await newest(session)).activity === 'idle');
    await agrees();
  });

  it('tell runs that fail or are stopped', async () => {
    for (const prompt of ['fail', 'hang']) {
      const session = await talks.newSession();
      await say(session, prompt);
      if (prompt === 'hang') {
        await runIs(talks, session, 'running');
        await agrees();
        await talks.client.sessions.interrupt(session);
      }
      await until('the end', async () => (await newest(session)).activity === 'idle');
      await agrees();
    }
  });

  it('tell whatever a person changes', async () => {
    const session = await talks.newSession();
    const path = `/api/v1/sessions/${session}`;
    const changes: [string, object, string][] = [
      [path, { title: 'New' }, 'PATCH'],
      [path, { archived: true }, 'PATCH'],
      [path, { archived: false, pinned: true }, 'PATCH'],
      [path, { model: 'opus', cwd: null }, 'PATCH'],
      [`${path}/tags`, { tags: ['a', 'b'] }, 'PATCH'],
      [`${path}/promote`, { project_id: crypto.randomUUID() }, 'POST'],
      [`${path}/control`, { type: 'permission_mode_change', permission_mode: 'bypassPermissions' }, 'POST'],
      [`${path}/control`, { type: 'permission_mode_change', permission_mode: 'default' }, 'POST'],
    ];
    for (const [to, change, method] of changes) {
      const seen = told(reader).length;
      expect((await talks.json(to, change, method)).status).toBe(200);
      await until('one more event', () => told(reader).length > seen);
      await agrees();
    }
  });

  it('tell copies, and deletions of sessions at rest and at work', async () => {
    const { session_id } = await talks.client.send({ prompt: 'hello' });
    await runIs(talks, session_id, 'completed');
    const copy = await talks.client.send({ prompt: 'else', session_id, fork_session: true });
    await runIs(talks, copy.session_id, 'completed');
    await agrees();
    expect(folded(reader).get(copy.session_id)).toMatchObject({ title: 'hello (fork)', parent_session_id: session_id });
    const { session_id: busy } = await talks.client.send({ prompt: 'hang' });
    await runIs(talks, busy, 'running');
    for (const id of [copy.session_id, busy]) {
      await talks.client.sessions.remove(id);
      await until('the deletion', () =>
        told(reader).some((event) => event.session_id === id && event.session === null),
      );
      expect(folded(reader).has(id)).toBe(false);
    }
    await agrees();
    expect(told(reader).findLast((event) => event.session_id === busy)?.session, 'nothing after it').toBeNull();
  });

  it('end with the newest state, however many changes come at once', async () => {
    const session = await talks.newSession();
    await Promise.all([
      ...Array.from({ length: 25 }, (_, index) => talks.client.sessions.update(session, { title: `Title ${index}` })),
      say(session, 'count 5'),
      ...Array.from({ length: 10 }, (_, index) => talks.client.sessions.update(session, { pinned: index % 2 === 0 })),
    ]);
    await until('the end', async () => (await newest(session)).activity === 'idle');
    await agrees();
  });
});

describe('a server that comes back after a crash', () => {
  it('tells that its sessions are at rest', async () => {
    const talks = await startTalks({ script });
    try {
      const { session_id } = await talks.client.send({ prompt: 'hang' });
      await runIs(talks, session_id, 'running');
      const { kysely } = talks.server.app.db;
      const reader = await talks.events('?after=0');
      // As another process would leave it behind, and this one find it.
      const run = { id: crypto.randomUUID(), instance_id: 'gone', lease_until: new Date(0).toISOString() };
      const row = await kysely.selectFrom('runs').selectAll().executeTakeFirstOrThrow();
      const { id: other } = await talks.client.sessions.create({});
      await kysely
        .insertInto('runs')
        .values({ ...row, ...run, session_id: other, client_message_id: null })
        .execute();
      expect((await talks.client.sessions.get(other)).activity).toBe('running');
      await talks.server.app.agent.recover(false);
      await until('the end', () => folded(reader).get(other)?.activity === 'idle');
      reader.leave();
    } finally {
      await talks.close();
    }
  });
});
