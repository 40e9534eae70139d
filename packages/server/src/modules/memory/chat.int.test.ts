import type { TurnRequest } from '@hearth/contract';
import { expect, it } from 'vitest';
import { type Engine, eachEngine } from '../../db/test-db.ts';
import { systemClock } from '../../kernel/clock.ts';
import { newId } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import { createJobs } from '../jobs/index.ts';
import { createChatMemory } from './chat.ts';
import type { Memories } from './service.ts';
import { createMemorySettings } from './settings.ts';
import { createMemoryStore } from './store.ts';

const at = '2026-01-01T00:00:00.000Z';
const usage = '{"input_tokens":0,"output_tokens":0,"cache_read_input_tokens":0,"cache_creation_input_tokens":0}';

const suite = (engine: Engine): void => {
  it('forgets with everything else what it was about to learn, and does not go back to it', async () => {
    const db = await engine.makeDb();
    const [owner, session, run] = [newId(), newId(), newId()];
    const jobs = createJobs({ db, clock: systemClock, log: silentLog });
    const looked = Promise.withResolvers<void>();
    const found = Promise.withResolvers<void>();
    const wanted: boolean[] = [];
    const learn: Memories['learn'] = async (_owner, _conversation, how) => {
      looked.resolve();
      await found.promise;
      wanted.push(await db.kysely.transaction().execute(async (tx) => (await how?.note?.(tx)) ?? true));
      return { rows: [], merged: 0, superseded: [], blocked: 0, refused: 0 };
    };
    const unused = (): never => {
      throw new Error('nothing is recalled here');
    };
    const chat = createChatMemory({
      db,
      log: silentLog,
      store: createMemoryStore(db),
      settings: createMemorySettings({ db, clock: systemClock, keepsGraph: true }),
      recall: { find: unused },
      memories: { learn },
      jobs,
      gaveUp: async () => {},
      enabled: true,
      learnAfterMs: 0,
    });
    await db.kysely.insertInto('owners').values({ id: owner, name: 'Ada', created_at: at }).execute();
    const times = { created_at: at, updated_at: at, last_message_at: null };
    const plain = { status: 'active', mode: 'brainstorm', permission_mode: 'default', origin: 'chat' } as const;
    const nothing = { title: null, model: null, project_id: null, cwd: null, parent_session_id: null };
    await db.kysely
      .insertInto('sessions')
      .values({
        id: session,
        owner_id: owner,
        ...plain,
        ...nothing,
        ...times,
        agent_session_id: null,
        last_message: null,
        usage,
        deleted_at: null,
        next_message_no: 2,
      })
      .execute();
    const say = (no: number) =>
      db.kysely
        .insertInto('messages')
        .values({
          id: newId(),
          session_id: session,
          owner_id: owner,
          run_id: run,
          no,
          type: 'user',
          content: '[{"type":"text","text":"I like fish."}]',
          status: 'complete',
          model: null,
          usage: null,
          parent_tool_use_id: null,
          client_message_id: null,
          created_at: at,
        })
        .execute();
    await say(1);
    await db.kysely
      .insertInto('runs')
      .values({
        id: run,
        owner_id: owner,
        session_id: session,
        key_id: newId(),
        origin: 'chat',
        status: 'completed',
        client_message_id: null,
        request: '{"turn":{"prompt":"I like fish."}}',
        after_seq: 0,
        instance_id: null,
        lease_until: null,
        agent_session_id: null,
        draft: null,
        result: null,
        error: null,
        created_at: at,
        started_at: at,
        ended_at: at,
      })
      .execute();
    await chat.afterRun({ ownerId: owner, sessionId: session }, db.kysely);
    await jobs.start();
    await looked.promise;

    // Meanwhile something more is said, and then everything is to be forgotten.
    await say(2);
    await db.kysely.updateTable('sessions').set({ next_message_no: 3 }).where('id', '=', session).execute();
    await jobs.remove(owner, 'memory.learn');
    await chat.leaveBehind(owner);
    found.resolve();
    await jobs.stop(2_000);
    expect(wanted).toEqual([false]);
    const row = await db.kysely
      .selectFrom('sessions')
      .where('id', '=', session)
      .select('learned_no')
      .executeTakeFirst();
    expect(row?.learned_no).toBe(2);
  });

  it('expects questions of an owner whose last one was looked up, and of nobody else', async () => {
    const db = await engine.makeDb();
    const owner = newId();
    await db.kysely.insertInto('owners').values({ id: owner, name: 'Ada', created_at: at }).execute();
    const settings = createMemorySettings({ db, clock: systemClock, keepsGraph: true });
    const expected: string[] = [];
    let hasAny = false;
    const unused = (): never => {
      throw new Error('nothing is learned here');
    };
    const chat = createChatMemory({
      db,
      log: silentLog,
      store: { hasAny: async () => hasAny },
      settings,
      recall: { expect: (query) => expected.push(query), find: async () => ({ found: [] }) },
      memories: { learn: unused },
      jobs: createJobs({ db, clock: systemClock, log: silentLog }),
      gaveUp: async () => {},
      enabled: true,
      learnAfterMs: 0,
    });
    const say = async (turn: TurnRequest): Promise<number> => {
      const before = expected.length;
      chat.expect(owner, turn);
      await chat.recall(owner, turn);
      return expected.length - before;
    };
    const question = { prompt: 'Where is the key?' };
    expect(await say(question)).toBe(0);
    hasAny = true;
    expect([await say(question), await say(question)]).toEqual([0, 1]);
    expect(expected).toEqual(['Where is the key?']);
    expect(await say({ prompt: ' ' })).toBe(0);
    expect(await say({ ...question, memory: { enabled: false } })).toBe(0);
    chat.expect(newId(), question);
    expect(expected).toHaveLength(1);
    // The switch was found off, so the next question is not expected either.
    await settings.update(owner, { enabled: false });
    expect([await say(question), await say(question)]).toEqual([1, 0]);
  });
};

eachEngine('memory in chats', suite);
