/** Going back to before a turn: what was said later is archived, never lost, and the model forgets what the reader no longer sees. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Message, type Rewound, rewoundSchema } from '@hearth/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eachEngine, runStatement } from '../packages/server/src/db/test-db.ts';
import { type Conversations, createConversations, idOf, textOf } from './support/conversations.ts';
import { databaseEnv } from './support/engines.ts';
import { errorOf } from './support/requests.ts';
import { rowsOf } from './support/rows.ts';
import { startTalks, type Talks } from './support/talks.ts';

let talks: Talks;
let on: Conversations;

const ask = async (session: string, target: object) => on.post(`/api/v1/sessions/${session}/rewind`, target);
const rewind = async (session: string, target: object): Promise<Rewound> => {
  const { status, body } = await ask(session, target);
  expect(status, JSON.stringify(body)).toBe(200);
  return rewoundSchema.parse(body);
};
const refusal = async (session: string, target: object) => {
  const { status, body } = await ask(session, target);
  return { status, ...errorOf({ text: JSON.stringify(body) }) };
};
const archiveOf = ({ archived_session_id }: Rewound): string => archived_session_id ?? 'none';

/** Changes a file in a turn, so that there is a checkpoint. */
const write = async (session: string, path: string): Promise<string> => {
  await (await on.begin(session, `write ${path}`, { permission_mode: 'bypassPermissions' })).end();
  const { checkpoints } = await talks.client.sessions.checkpoints(session);
  return checkpoints[0]?.id ?? '';
};

eachEngine('going back', (engine) => {
  beforeAll(async () => {
    talks = await startTalks({ env: await databaseEnv(engine) });
    on = createConversations(talks);
  });
  afterAll(() => talks.close());
  const inWorkspace = (name: string): string => join(talks.home, 'data', 'workspace', name);

  describe('in a conversation', () => {
    it('ends it before the turn of a message, and keeps all of it in an archive that can go on', async () => {
      const { session, messages } = await on.talk('one', 'two', 'three');
      const texts = messages.map(textOf);
      const rewound = await rewind(session, { message_id: idOf(messages, 'You said: two (2)') });
      expect(rewound).toMatchObject({
        status: 'rewound',
        session_id: session,
        checkpoint_id: null,
        undo_checkpoint_id: null,
        restored: [],
        deleted: [],
        failed: [],
      });
      expect(await on.textsOf(session)).toEqual(texts.slice(0, 2));
      expect(await on.known(session)).toBe(2);

      const archive = archiveOf(rewound);
      expect(await on.textsOf(archive)).toEqual(texts);
      expect(await on.known(archive)).toBe(6);
      expect(await on.get(archive)).toMatchObject({
        title: 'one (before restore)',
        archived: true,
        pinned: false,
        parent_session_id: session,
        history_version: 0,
      });
    });

    it('may leave nothing, and begins anew then', async () => {
      const { session, messages } = await on.talk('one', 'two');
      const archive = archiveOf(await rewind(session, { message_id: idOf(messages, 'one') }));
      expect(await on.messagesOf(session)).toEqual([]);
      expect((await on.get(session)).last_message).toBeNull();
      expect(await on.known(session)).toBe(0);
      expect(await on.known(archive)).toBe(4);
    });

    it('can be done again and again, and the archives can be gone back in too', async () => {
      const { session, messages } = await on.talk('one', 'two', 'three');
      const first = archiveOf(await rewind(session, { message_id: idOf(messages, 'three') }));
      const again = idOf(await on.messagesOf(session), 'two');
      const second = archiveOf(await rewind(session, { message_id: again }));
      expect(await on.get(session)).toMatchObject({ history_version: 2, last_message: 'You said: one (0)' });
      expect(await on.textsOf(second)).toHaveLength(4);
      const third = archiveOf(await rewind(first, { message_id: idOf(await on.messagesOf(first), 'two') }));
      expect(await on.known(first)).toBe(2);
      expect(await on.known(third)).toBe(6);
      expect(await on.known(session)).toBe(2);
    });

    it('tells everybody, with a number that says: read it again', async () => {
      const { session, messages } = await on.talk('one', 'two');
      expect((await on.get(session)).history_version).toBe(0);
      const listener = await talks.events();
      const archive = archiveOf(await rewind(session, { message_id: idOf(messages, 'two') }));
      const changed = await listener.next('session', (data) => data.session_id === session);
      expect(changed.data).toMatchObject({ session: { history_version: 1, last_message: 'You said: one (0)' } });
      await listener.next('session', (data) => data.session_id === archive);
      listener.leave();
    });

    it('moves what was removed as it is: its ids, its runs, and the answer to a message that is sent again', async () => {
      const session = await on.newSession();
      await on.say(session, 'one');
      const fields = { client_message_id: crypto.randomUUID() };
      await (await on.begin(session, 'two', fields)).end();
      const messages = await on.messagesOf(session);
      const archive = archiveOf(await rewind(session, { message_id: idOf(messages, 'two') }));
      const kept = await on.messagesOf(archive);
      const ids = (list: Message[]) => list.slice(2).map(({ id }) => id);
      expect(ids(kept)).toEqual(ids(messages));
      const events = await (await on.begin(archive, 'two', fields)).end();
      expect(events.at(-1)?.type).toBe('done');
      expect(await on.textsOf(session)).toHaveLength(2);
      expect(await on.textsOf(archive)).toHaveLength(4);
      const { kysely } = talks.server.app.db;
      const runs = await kysely
        .selectFrom('runs')
        .select('session_id')
        .where('session_id', 'in', [session, archive])
        .execute();
      expect(runs.map((run) => run.session_id).sort()).toEqual([session, archive].sort());
    });

    it('does not make the archive the conversation that was used last', async () => {
      const { session, messages } = await on.talk('one', 'two');
      await rewind(session, { message_id: idOf(messages, 'two') });
      const body = { prompt: 'how much', continue_conversation: true };
      expect((await on.post('/api/v1/query/single', body)).body).toMatchObject({ session_id: session });
    });

    it('cuts a run that a message joined at that message', async () => {
      const session = await on.newSession();
      const stream = await on.begin(session, 'run make tea');
      const { id } = await talks.pending(session);
      (await on.begin(session, 'two')).leave();
      await talks.decide(id, { decision: 'allow' }, await on.freshKey());
      await stream.end();
      const messages = await on.messagesOf(session);
      const archive = archiveOf(await rewind(session, { message_id: idOf(messages, 'two') }));
      expect(await on.textsOf(session)).toEqual(['run make tea', '[tool_use]', '[tool_result]', 'All done.']);
      expect(await on.textsOf(archive)).toEqual(messages.map(textOf));
    });

    it('leaves nothing behind of an archive that is deleted', async () => {
      const { session, messages } = await on.talk('one', 'a very private matter');
      const archive = archiveOf(await rewind(session, { message_id: idOf(messages, 'a very private matter') }));
      await talks.client.sessions.remove(archive);
      await talks.server.app.events.flush();
      const { kysely } = talks.server.app.db;
      const events = await kysely.selectFrom('events').select('data').where('run_id', 'is not', null).execute();
      const said = JSON.stringify([await rowsOf(talks), events.map(({ data }) => data)]);
      expect(said).not.toContain('a very private matter');
      expect(await on.known(session)).toBe(2);
    });
  });

  describe('to a checkpoint', () => {
    it('restores only files unless told otherwise, as ever', async () => {
      const path = inWorkspace('only-files.txt');
      const { session } = await on.talk('one');
      const checkpoint_id = await write(session, path);
      const before = await on.textsOf(session);
      for (const target of [{ checkpoint_id }, { checkpoint_id, conversation: false }]) {
        const rewound = await rewind(session, target);
        expect(rewound).toMatchObject({ checkpoint_id, deleted: [path], archived_session_id: null });
        expect(rewound.undo_checkpoint_id).not.toBeNull();
      }
      expect(await on.textsOf(session)).toEqual(before);
      expect((await on.get(session)).history_version).toBe(0);
    });

    it('restores files and ends the conversation before the turn that changed them; both can be brought back', async () => {
      const path = inWorkspace('both.txt');
      writeFileSync(path, 'old');
      const { session } = await on.talk('one');
      const checkpoint_id = await write(session, path);
      await on.say(session, 'three');
      writeFileSync(path, 'new');
      const all = await on.textsOf(session);
      const rewound = await rewind(session, { checkpoint_id, conversation: true });
      expect(rewound).toMatchObject({ checkpoint_id, restored: [path], deleted: [], failed: [] });
      expect(readFileSync(path, 'utf8')).toBe('old');
      expect(await on.textsOf(session)).toEqual(all.slice(0, 2));
      expect(await on.known(session)).toBe(2);
      expect(await on.textsOf(archiveOf(rewound))).toEqual(all);
      await rewind(session, { checkpoint_id: rewound.undo_checkpoint_id });
      expect(readFileSync(path, 'utf8')).toBe('new');
    });

    it('is refused where the checkpoint belongs to no turn of the conversation, before anything is touched', async () => {
      const path = inWorkspace('refused.txt');
      const { session } = await on.talk('one');
      const checkpoint_id = await write(session, path);
      const { undo_checkpoint_id } = await rewind(session, { checkpoint_id });
      expect(await refusal(session, { checkpoint_id: undo_checkpoint_id, conversation: true })).toMatchObject({
        status: 422,
        details: { issues: [{ path: 'checkpoint_id' }] },
      });
      await rewind(session, { checkpoint_id, conversation: true });
      writeFileSync(path, 'still here');
      const before = await rowsOf(talks);
      expect(await refusal(session, { checkpoint_id, conversation: true })).toMatchObject({ status: 409 });
      expect({ ...(await rowsOf(talks)), api_keys: [] }).toEqual({ ...before, api_keys: [] });
      expect(existsSync(path)).toBe(true);
    });

    it('knows a prompt that only looks like the name of a rewind', async () => {
      const path = inWorkspace('Before rewinding: it.txt');
      const { session } = await on.talk('one');
      const fields = { permission_mode: 'bypassPermissions' };
      await (await on.begin(session, `write ${path}`, fields)).end();
      const { kysely } = talks.server.app.db;
      await kysely
        .updateTable('checkpoints')
        .set({ label: 'Before rewinding: x' })
        .where('session_id', '=', session)
        .execute();
      const { checkpoints } = await talks.client.sessions.checkpoints(session);
      await rewind(session, { checkpoint_id: checkpoints[0]?.id, conversation: true });
      expect(await on.textsOf(session)).toHaveLength(2);
    });
  });

  describe('that cannot be done', () => {
    const nobody = crypto.randomUUID();

    it('is refused while a run is at work or waits', async () => {
      const { session, messages } = await on.talk('one');
      const stream = await on.begin(session, 'run make tea');
      await talks.pending(session);
      const target = { message_id: idOf(messages, 'one') };
      expect(await refusal(session, target)).toMatchObject({ status: 409, code: 'CONFLICT' });
      await on.post(`/api/v1/sessions/${session}/interrupt`);
      await stream.end();
      await rewind(session, target);
      expect(await on.textsOf(session)).toEqual([]);
    });

    it('names what is not there', async () => {
      const { session } = await on.talk('one');
      const other = await on.talk('two');
      expect(await refusal(nobody, { message_id: nobody })).toMatchObject({ status: 404, code: 'SESSION_NOT_FOUND' });
      expect(await refusal(session, { message_id: nobody })).toMatchObject({ status: 404, code: 'NOT_FOUND' });
      expect(await refusal(session, { message_id: other.messages[0]?.id })).toMatchObject({
        status: 422,
        details: { issues: [{ path: 'message_id' }] },
      });
      const target = { checkpoint_id: nobody, conversation: true };
      expect(await refusal(session, target)).toMatchObject({ status: 404, code: 'CHECKPOINT_NOT_FOUND' });
    });

    it.each([
      ['checkpoint_id', {}],
      ['checkpoint_id', { conversation: true }],
      ['checkpoint_id', { checkpoint_id: 'x' }],
      ['message_id', { message_id: 1 }],
      ['message_id', { message_id: nobody, checkpoint_id: nobody }],
      ['conversation', { message_id: nobody, conversation: false }],
      ['conversation', { checkpoint_id: nobody, conversation: 'yes' }],
    ])('%s is refused by name: %j', async (path, target) => {
      const session = await on.newSession();
      const { status, details } = await refusal(session, target);
      expect(status).toBe(422);
      expect(JSON.stringify(details)).toContain(`"path":"${path}"`);
    });
  });

  describe('at the same time as', () => {
    it('another rewind to the same place happens once', async () => {
      const { session, messages } = await on.talk('one', 'two', 'three');
      const target = { message_id: idOf(messages, 'two') };
      const answers = await Promise.all([ask(session, target), ask(session, target), ask(session, target)]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 422, 422]);
      expect(await on.get(session)).toMatchObject({ history_version: 1 });
      expect(await on.known(session)).toBe(2);
    });

    it('a new message leaves a conversation that its model knows as its reader sees it', async () => {
      for (let round = 0; round < 6; round += 1) {
        const { session, messages } = await on.talk('one', 'two');
        const [{ status }, stream] = await Promise.all([
          ask(session, { message_id: idOf(messages, 'two') }),
          on.begin(session, 'three'),
        ]);
        await stream.end();
        expect([200, 409]).toContain(status);
        const texts = await on.textsOf(session);
        expect(texts).toContain('three');
        expect(await on.known(session), texts.join(' / ')).toBe(texts.length);
      }
    });

    it('a branch gives a whole copy of the one state or the other', async () => {
      for (let round = 0; round < 6; round += 1) {
        const { session, messages } = await on.talk('one', 'two', 'three');
        const [copy] = await Promise.all([
          on.post('/api/v1/sessions', { from: { session_id: session } }),
          rewind(session, { message_id: idOf(messages, 'two') }),
        ]);
        expect([201, 409]).toContain(copy.status);
        if (copy.status === 409) continue;
        const made = String(Object(copy.body).id);
        const texts = await on.textsOf(made);
        expect([2, 6]).toContain(texts.length);
        expect(await on.known(made)).toBe(texts.length);
      }
    });

    it('another process cut the conversation: a message that was about to go on from the old one is refused', async () => {
      const { session } = await on.talk('one');
      const { kysely } = talks.server.app.db;
      const { sessions, ownerId } = talks.server.app;
      const row = await sessions.row(ownerId, session);
      await kysely.updateTable('sessions').set({ history_version: 1 }).where('id', '=', session).execute();
      const going = kysely.transaction().execute((tx) => sessions.mustHaveHistory(row, tx));
      await expect(going).rejects.toMatchObject({ code: 'CONFLICT', retryAfter: 1 });
    });
  });

  it('leaves everything as it was when the database gives up in the middle', async () => {
    const { session, messages } = await on.talk('one', 'two');
    const { db } = talks.server.app;
    const fail =
      db.kind === 'sqlite'
        ? [
            "create trigger broken before update of history_version on sessions when new.history_version > 0 begin select raise(abort, 'broken'); end",
          ]
        : [
            "create function broken() returns trigger as $$ begin raise exception 'broken'; end $$ language plpgsql",
            'create trigger broken before update on sessions for each row when (new.history_version > 0) execute function broken()',
          ];
    const before = await rowsOf(talks);
    for (const statement of fail) await runStatement(db, statement);
    expect(await refusal(session, { message_id: idOf(messages, 'two') })).toMatchObject({ status: 500 });
    await runStatement(db, db.kind === 'sqlite' ? 'drop trigger broken' : 'drop trigger broken on sessions');
    expect({ ...(await rowsOf(talks)), api_keys: [] }).toEqual({ ...before, api_keys: [] });
    expect(await on.known(session)).toBe(4);
  });
});
