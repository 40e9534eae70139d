import { describe, expect, it } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { confirmArrivals } from './hearth.ts';
import { createMemoryKv } from './kv.ts';
import { createOutbox, type OutboxState } from './outbox.ts';
import type { HearthState } from './store/state.ts';
import { message, showing } from './store/testing/make.ts';
import { createPostOffice } from './testing/post-office.ts';
import { createTimers, turns } from './testing/timers.ts';

const saved = { chat: 'new-1', text: '', images: [], settings: {}, problem: null, retryAt: null, createdAt: 1 };
const arrived = showing({ messages: [message('m', { client_message_id: 'mine' })] });

const keepIds =
  (into: string[][]) =>
  (ids: ReadonlyMap<string, string>): void =>
    void into.push([...ids.keys()]);

const create = async (first: HearthState, isQuick: boolean) => {
  const kv = createMemoryKv();
  await kv.set('outbox:owner:mine', { ...saved, id: 'mine', status: 'unconfirmed' });
  const gate = Promise.withResolvers<void>();
  if (isQuick) gate.resolve();
  const timers = createTimers();
  const outbox = createOutbox({
    ...{ client: createPostOffice().client, ownerId: 'owner', now: timers.now, timer: timers.timer },
    kv: { ...kv, all: (prefix) => gate.promise.then(() => kv.all(prefix)) },
    ...{ isBusy: () => false, isOnline: () => true, onCreated: () => {}, random: () => 0 },
  });
  const state = createStore<HearthState>(() => first);
  const stop = confirmArrivals({ state }, outbox);
  await turns();
  return { outbox, state, stop, gate };
};

describe('a message that arrived', () => {
  it('leaves the outbox when the server’s copy comes', async () => {
    const { outbox, state, stop } = await create(showing(), true);
    expect(outbox.state.getState().items).toHaveLength(1);
    state.setState(arrived);
    expect(outbox.state.getState()).toMatchObject({ items: [], aliases: { 'new-1': 'chat' } });
    stop();
  });

  it('leaves it too when the outbox is read later than the chat', async () => {
    const { outbox, stop, gate } = await create(arrived, false);
    gate.resolve();
    await turns();
    expect(outbox.state.getState()).toMatchObject({ loaded: true, items: [] });
    stop();
  });

  it('leaves it too when it came into the outbox after the chat, and when the chat is loaded again', () => {
    const confirmed: string[][] = [];
    const item = { ...saved, id: 'mine', status: 'accepted' as const };
    const none = { loaded: true, items: [], aliases: {} };
    const outbox = { state: createStore<OutboxState>(() => none), confirm: keepIds(confirmed) };
    const state = createStore<HearthState>(() => arrived);
    const stop = confirmArrivals({ state }, outbox);
    outbox.state.setState({ items: [item] });
    expect(confirmed).toEqual([['mine']]);
    const { chat } = arrived.chats;
    if (chat) state.setState({ chats: { chat: { ...chat } } });
    expect(confirmed).toHaveLength(2);
    stop();
  });
});
