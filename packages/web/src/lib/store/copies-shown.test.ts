import type { HearthEvent } from '@hearth/contract';
import { describe, expect, it } from 'vitest';
import { createMemoryKv, type Kv } from '../kv.ts';
import { turns } from '../testing/timers.ts';
import * as make from './testing/make.ts';
import { answerAll, answered, asked, chatIn, ids, openedAt, story } from './testing/short-story.ts';
import { createWorld } from './testing/world.ts';

/** What a device keeps on which the chat was looked at when only the question was in it. */
const seenBefore = async (): Promise<Kv> => {
  const kv = createMemoryKv();
  const first = createWorld({ story, kv });
  await first.publish(asked);
  first.store.openChat('chat');
  await turns();
  await answerAll(first);
  first.store.stop();
  return kv;
};

describe('copies on this device', () => {
  it('are shown while the server is asked, and replaced by its answer', async () => {
    const kv = await seenBefore();

    const second = createWorld({ story, kv });
    await second.publish(answered);
    second.store.openChat('chat');
    await turns();
    expect(chatIn(second)).toMatchObject({ load: 'cached', savedAt: '2026-05-01T12:00:00.000Z' });
    expect(ids(second)).toEqual(['question']);
    expect(second.store.state.getState().sessionsLoad).toBe('loading');
    await answerAll(second);
    expect(ids(second)).toEqual(['question', 'answer']);
    expect(await second.store.savedChats()).toEqual(['chat']);
    second.store.stop();
  });

  it('of a chat are read also when the server was quicker to fail', async () => {
    const kv = await seenBefore();

    const slow = Promise.withResolvers<void>();
    const late: Kv = { ...kv, get: (key) => slow.promise.then(() => kv.get(key)) };
    const second = createWorld({ story, kv: late });
    second.store.openChat('chat');
    await turns();
    await second.fail(0);
    expect(chatIn(second)).toMatchObject({ load: 'error', messages: [] });
    slow.resolve();
    await turns();
    expect(chatIn(second)).toMatchObject({ load: 'cached', savedAt: '2026-05-01T12:00:00.000Z' });
    expect(ids(second)).toEqual(['question']);
    second.store.stop();
  });

  it('of a chat go when the chat is deleted anywhere', async () => {
    const world = await openedAt(asked);
    expect(await world.store.savedChats()).toEqual(['chat']);
    const deleted: HearthEvent = { type: 'session', data: { session_id: 'chat', session: null } };
    const later = createWorld({ story: [deleted], kv: world.kv });
    await later.connect('ring');
    await later.publish(1);
    await later.deliver(1);
    expect(await later.store.savedChats()).toEqual([]);
    world.store.stop();
    later.store.stop();
  });

  it('of the list are shown until the server has answered', async () => {
    const kv = createMemoryKv();
    await kv.set('copy:owner:sessions', { savedAt: 'then', sessions: [make.session('chat')] });
    const world = createWorld({ kv });
    await turns();
    expect(world.store.state.getState()).toMatchObject({ sessionsLoad: 'cached', sessionsSavedAt: 'then' });
    await world.connect('ring');
    await answerAll(world);
    expect(world.store.state.getState()).toMatchObject({ sessionsLoad: 'ready', sessionsSavedAt: null, sessions: {} });
    world.store.stop();
  });
});
