/** Everything of one signed-in person on this page, joined: store, outbox, drafts. */
import { type Client, createClient, systemClock } from '@hearth/client';
import type { Identity } from '@hearth/contract';
import { createDrafts, type Drafts } from './drafts.ts';
import { createBrowserKv, type Kv } from './kv.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import { activeRun, type HearthState } from './store/state.ts';
import { createHearthStore, type HearthStore } from './store/store.ts';

export interface Hearth {
  ownerId: string;
  /** Null until the server has said who this is; what is on the screen then are copies of this device. */
  identity: Identity | null;
  client: Client;
  store: HearthStore;
  outbox: Outbox;
  drafts: Drafts;
  kv: Kv;
  stop(): void;
}

export const client: Client = createClient({ baseUrl: '' });

let browserKv: Kv | null = null;
export const openKv = (): Kv => {
  browserKv ??= createBrowserKv('hearth');
  return browserKv;
};

const openChannel = (): BroadcastChannel | null =>
  typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('hearth-drafts');

/** Messages whose server copy is in the store have arrived. */
export const confirmArrivals = (
  store: Pick<HearthStore, 'state'>,
  outbox: Pick<Outbox, 'state' | 'confirm'>,
): (() => void) => {
  const confirm = (chats: HearthState['chats'], before: HearthState['chats']): void => {
    if (chats === before || outbox.state.getState().items.length === 0) return;
    const arrived = new Map<string, string>();
    for (const [id, chat] of Object.entries(chats)) {
      // A page that was loaded again may bring nothing new and yet settle what has come into the outbox since.
      if (chat === before[id]) continue;
      for (const { client_message_id } of chat.messages)
        if (client_message_id !== null) arrived.set(client_message_id, id);
    }
    if (arrived.size > 0) outbox.confirm(arrived);
  };
  const stops = [
    store.state.subscribe((now, before) => confirm(now.chats, before.chats)),
    // What an earlier visit or another tab has left, or what the server has just told us it knows, may be on the screen already.
    outbox.state.subscribe((now, before) => {
      if (now.loaded && (now.items !== before.items || !before.loaded)) confirm(store.state.getState().chats, {});
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
};

/** Queued messages go out when the run they waited for is over. */
const releaseQueued = (store: HearthStore, outbox: Outbox): (() => void) =>
  store.state.subscribe(({ chats, sessions }, before) => {
    if (chats === before.chats && sessions === before.sessions) return;
    if (outbox.state.getState().items.some((item) => item.status === 'queued')) outbox.wake();
  });

export interface HearthEvents {
  onSignedOut: () => void;
  onCreated: (localId: string, sessionId: string) => void;
}

export const createHearth = (ownerId: string, { onSignedOut, onCreated }: HearthEvents): Hearth => {
  const kv = openKv();
  const channel = openChannel();
  const store: HearthStore = createHearthStore({ client, kv, ownerId, onSignedOut, onLive: () => outbox.wake() });
  const isBusy = (chat: string): boolean => {
    const { chats, sessions } = store.state.getState();
    const activity = sessions[chat]?.value?.activity ?? 'idle';
    return chats[chat]?.load === 'ready' ? activeRun(chats[chat]) !== null : activity !== 'idle';
  };
  const outbox: Outbox = createOutbox({
    client,
    kv,
    ownerId,
    isBusy,
    isOnline: () => navigator.onLine,
    onCreated,
    now: Date.now,
    timer: systemClock.timer,
    random: Math.random,
  });
  const drafts = createDrafts({ kv, ownerId, now: Date.now, timer: systemClock.timer, channel });
  const stops = [confirmArrivals(store, outbox), releaseQueued(store, outbox)];
  return {
    ownerId,
    identity: null,
    client,
    store,
    outbox,
    drafts,
    kv,
    stop() {
      drafts.leave();
      for (const stop of stops) stop();
      outbox.stop();
      store.stop();
      channel?.close();
    },
  };
};
