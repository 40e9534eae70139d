/** A new session out of a part of another one: what its reader sees is what the model knows. */
import { type Session, sessionSchema } from '@hearth/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eachEngine } from '../packages/server/src/db/test-db.ts';
import { type Conversations, createConversations, idOf, textOf } from './support/conversations.ts';
import { databaseEnv } from './support/engines.ts';
import { errorOf } from './support/requests.ts';
import { runIs, startTalks, type Talks } from './support/talks.ts';

let talks: Talks;
let on: Conversations;

eachEngine('a branch', (engine) => {
  beforeAll(async () => {
    talks = await startTalks({ env: await databaseEnv(engine) });
    on = createConversations(talks);
  });
  afterAll(() => talks.close());

  describe('of a conversation at rest', () => {
    it('holds everything up to the end of the turn of a message, whichever message of it is named', async () => {
      const { session, messages } = await on.talk('one', 'two', 'three');
      for (const text of ['two', 'You said: two (2)']) {
        const made = await on.branch({ session_id: session, message_id: idOf(messages, text) });
        expect(await on.textsOf(made.id)).toEqual(['one', 'You said: one (0)', 'two', 'You said: two (2)']);
        expect(await on.known(made.id)).toBe(4);
      }
      expect(await on.textsOf(session)).toHaveLength(6);
      expect(await on.known(session)).toBe(6);
    });

    it('ends before the turn when asked to, and may be empty', async () => {
      const { session, messages } = await on.talk('one', 'two');
      const first = { session_id: session, message_id: idOf(messages, 'You said: two (2)'), before: true };
      const made = await on.branch(first);
      expect(await on.textsOf(made.id)).toEqual(['one', 'You said: one (0)']);
      expect(await on.known(made.id)).toBe(2);
      const empty = await on.branch({ session_id: session, message_id: idOf(messages, 'one'), before: true });
      expect(await on.messagesOf(empty.id)).toEqual([]);
      expect(empty).toMatchObject({ last_message: null, last_message_at: null });
      expect(await on.known(empty.id)).toBe(0);
    });

    it('holds everything when no message is named', async () => {
      const { session } = await on.talk('one', 'two');
      const made = await on.branch({ session_id: session });
      expect(await on.textsOf(made.id)).toEqual(await on.textsOf(session));
      expect(await on.known(made.id)).toBe(4);
      const empty = await on.branch({ session_id: await on.newSession() });
      expect(await on.known(empty.id)).toBe(0);
    });

    it('can be branched again, and one made by /fork too: the place in the transcript is remembered', async () => {
      const { session } = await on.talk('one', 'two', 'three');
      const copy = await on.branch({ session_id: session });
      const again = await on.branch({ session_id: copy.id, message_id: idOf(await on.messagesOf(copy.id), 'two') });
      expect(await on.known(again.id)).toBe(4);
      const stream = await talks.client.fork(session, { prompt: 'four' });
      const forked = await Array.fromAsync(stream);
      const fork = String(Object(forked[0]?.data).session_id);
      const part = await on.branch({ session_id: fork, message_id: idOf(await on.messagesOf(fork), 'one') });
      expect(await on.known(part.id)).toBe(2);
    });

    it('keeps the tool steps of its turns, with new ids and without the ids that clients gave', async () => {
      const session = await on.newSession();
      const fields = { permission_mode: 'bypassPermissions', client_message_id: crypto.randomUUID() };
      await (await on.begin(session, 'run make tea', fields)).end();
      await on.say(session, 'two');
      const messages = await on.messagesOf(session);
      const made = await on.branch({ session_id: session, message_id: idOf(messages, 'run make tea') });
      const copies = await on.messagesOf(made.id);
      expect(copies.map(textOf)).toEqual(['run make tea', '[tool_use]', '[tool_result]', 'All done.']);
      expect(copies.filter(({ id }) => messages.some((message) => message.id === id))).toEqual([]);
      expect(copies.map((copy) => copy.client_message_id)).toEqual([null, null, null, null]);
      expect(copies.map(({ created_at }) => created_at)).toEqual(messages.slice(0, 4).map((one) => one.created_at));
    });

    it('keeps folder, model, mode and permission mode, but never the one that asks nobody', async () => {
      const settings = { mode: 'code', model: 'opus', cwd: `${talks.home}/data/workspace`, tags: ['a'] };
      const source = await on.create({ ...settings, title: 'Garden', permission_mode: 'acceptEdits' });
      const made = await on.branch({ session_id: source.id });
      expect(made).toMatchObject({
        ...settings,
        tags: [],
        permission_mode: 'acceptEdits',
        title: 'Garden (fork)',
        parent_session_id: source.id,
        archived: false,
        total_turns: 0,
        total_cost_usd: 0,
      });
      expect(await on.branch({ session_id: source.id }, { title: 'Mine', tags: ['b'] })).toMatchObject({
        title: 'Mine',
        tags: ['b'],
      });
      const free = await on.create({ title: 'x'.repeat(200), permission_mode: 'bypassPermissions' });
      const copy = await on.branch({ session_id: free.id });
      expect(copy.permission_mode).toBe('default');
      expect(copy.title).toMatch(/^x{193} \(fork\)$/);
    });

    it('is told to everybody who listens, and is the same for a request that is repeated', async () => {
      const { session } = await on.talk('one');
      const listener = await talks.events();
      const init = {
        method: 'POST',
        headers: {
          'X-API-Key': await on.freshKey(),
          'Content-Type': 'application/json',
          'Idempotency-Key': crypto.randomUUID(),
        },
        body: JSON.stringify({ from: { session_id: session } }),
      };
      const [first, second] = [
        await talks.fetch('/api/v1/sessions', init),
        await talks.fetch('/api/v1/sessions', init),
      ];
      const made = sessionSchema.parse(await first.json());
      expect(await second.json()).toEqual(made);
      await listener.next('session', (data) => data.session_id === made.id);
      listener.leave();
    });
  });

  describe('of a conversation at work', () => {
    it('holds only finished turns', async () => {
      const { session, messages } = await on.talk('one', 'two');
      const stream = await on.begin(session, 'run make tea');
      await talks.pending(session);
      const made = await on.branch({ session_id: session });
      expect(await on.textsOf(made.id)).toEqual(messages.map(textOf));
      expect(await on.known(made.id)).toBe(4);
      const earlier = await on.branch({ session_id: session, message_id: idOf(messages, 'one') });
      expect(await on.known(earlier.id)).toBe(2);
      const unfinished = idOf(await on.messagesOf(session), 'run make tea');
      const from = { session_id: session, message_id: unfinished };
      expect(await on.post('/api/v1/sessions', { from })).toMatchObject({ status: 409 });
      const retry = await on.branch({ ...from, before: true });
      expect(await on.known(retry.id)).toBe(4);
      stream.leave();
      await on.post(`/api/v1/sessions/${session}/interrupt`);
    });

    it('leaves a question that waits with the original, also when its run is parked', async () => {
      const parked = await startTalks({ env: { HEARTH_PARK_SECONDS: '1', ...(await databaseEnv(engine)) } });
      const { body } = await parked.post('/api/v1/query/single', { prompt: 'one' });
      const session = String(Object(body).session_id);
      const stream = await parked.stream('run make tea', { session });
      await runIs(parked, session, 'parked');
      stream.leave();
      const { body: copy } = await parked.post('/api/v1/sessions', { from: { session_id: session } });
      const { id } = sessionSchema.parse(copy);
      const answer = await parked.post('/api/v1/query/single', { prompt: 'how much', session_id: id });
      expect(answer.body).toMatchObject({ content: 'You said: how much (2)' });
      const { approvals } = await parked.client.approvals.list({ status: 'pending' });
      expect(approvals.map((one) => one.session_id)).toEqual([session]);
      await parked.close();
    });

    it('divides a run that a message joined at that message', async () => {
      const session = await on.newSession();
      const stream = await on.begin(session, 'run make tea');
      const { id } = await talks.pending(session);
      await on.begin(session, 'two').then((joined) => joined.leave());
      await talks.decide(id, { decision: 'allow' });
      await stream.end();
      const messages = await on.messagesOf(session);
      // The message came while the call was open, so what the call gave was stored after it.
      expect(messages.map(textOf).slice(0, 3)).toEqual(['run make tea', '[tool_use]', 'two']);
      const made = await on.branch({ session_id: session, message_id: idOf(messages, 'run make tea') });
      expect(await on.textsOf(made.id)).toEqual(['run make tea', '[tool_use]', '[tool_result]', 'All done.']);
      const whole = await on.branch({ session_id: session, message_id: idOf(messages, 'two') });
      expect(await on.textsOf(whole.id)).toEqual(messages.map(textOf));
    });
  });

  describe('that cannot be made', () => {
    const refused = async (body: object) => {
      const response = await talks.fetch('/api/v1/sessions', {
        method: 'POST',
        headers: { 'X-API-Key': await on.freshKey(), 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      });
      return { status: response.status, error: errorOf({ text: await response.text() }) };
    };
    const nobody = crypto.randomUUID();

    it('names what is not there', async () => {
      const { session } = await on.talk('one');
      const other = await on.talk('two');
      expect(await refused({ from: { session_id: nobody } })).toMatchObject({
        status: 404,
        error: { code: 'SESSION_NOT_FOUND' },
      });
      expect(await refused({ from: { session_id: session, message_id: nobody } })).toMatchObject({
        status: 404,
        error: { code: 'NOT_FOUND' },
      });
      const foreign = { session_id: session, message_id: other.messages[0]?.id };
      expect(await refused({ from: foreign })).toMatchObject({
        status: 422,
        error: { details: { issues: [{ path: 'from.message_id' }] } },
      });
    });

    it.each([
      ['from.session_id', { from: {} }],
      ['from.session_id', { from: { session_id: 'x' } }],
      ['from.message_id', { from: { session_id: nobody, message_id: 1 } }],
      ['from.before', { from: { session_id: nobody, before: true } }],
      ['from.before', { from: { session_id: nobody, message_id: nobody, before: 'yes' } }],
      ['from', { from: nobody }],
      ['off_record', { from: { session_id: nobody }, off_record: true }],
      ['cwd', { from: { session_id: nobody }, cwd: '/tmp' }],
      ['permission_mode', { from: { session_id: nobody }, permission_mode: 'plan' }],
    ])('%s is refused by name: %j', async (path, body) => {
      const { status, error } = await refused(body);
      expect(status).toBe(422);
      expect(JSON.stringify(error.details)).toContain(`"path":"${path}"`);
    });
  });

  it('made many times at once from a session that goes on talking is whole each time', async () => {
    const { session } = await on.talk('one');
    const talking = (async () => {
      for (let turn = 2; turn <= 9; turn += 1) await on.say(session, `turn ${turn}`);
    })();
    const made: Session[] = [];
    for (let round = 0; round < 12; round += 1) made.push(await on.branch({ session_id: session }));
    await talking;
    for (const { id } of made) {
      const texts = await on.textsOf(id);
      expect(texts.length % 2, texts.join()).toBe(0);
      expect(await on.known(id)).toBe(texts.length);
    }
  });
});
