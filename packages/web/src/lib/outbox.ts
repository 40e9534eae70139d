/**
 * Messages on their way to the server. Each has an id made here, so sending it again is harmless; it leaves the outbox
 * when the server's copy of it is on the screen. It outlives the page, and two tabs share it.
 */
import type { Client } from '@hearth/client';
import { type ApiError, isApiError } from '@hearth/client';
import type { ImageInput, PermissionMode } from '@hearth/contract';
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Kv } from './kv.ts';

/**
 * waiting: not tried yet, or tried and certainly not received. unconfirmed: perhaps received, being found out.
 * queued: held back until the answer in progress is over. refused: the server said no; a person decides.
 */
export type OutboxStatus = 'waiting' | 'sending' | 'unconfirmed' | 'queued' | 'refused' | 'accepted';

export interface OutboxItem {
  /** Also the `client_message_id`. */
  id: string;
  /** A session id, or a local id (`new-…`) until the server has made the session. */
  chat: string;
  text: string;
  images: readonly ImageInput[];
  settings: { model?: string; permission_mode?: PermissionMode; off_record?: boolean };
  status: OutboxStatus;
  problem: string | null;
  /** Wall clock of the next try, for the countdown. */
  retryAt: number | null;
  createdAt: number;
}

export interface OutboxState {
  items: readonly OutboxItem[];
  /** Local chat ids -> the sessions they became. */
  aliases: Readonly<Record<string, string>>;
  loaded: boolean;
}

export interface Outbox {
  state: StoreApi<OutboxState>;
  send(item: Pick<OutboxItem, 'id' | 'chat' | 'text' | 'images' | 'settings'>, how: 'now' | 'queue'): void;
  retry(id: string): void;
  /** Takes a message back; answers it, so that its text can return to the composer. */
  discard(id: string): OutboxItem | null;
  /** A queued message goes out at once, as steering. */
  sendNow(id: string): void;
  /** The server's copies of these messages are on the screen: their ids here -> the sessions they are in. */
  confirm(arrived: ReadonlyMap<string, string>): void;
  /** Something changed that may let messages go: the link is back, a run is over, a login. */
  wake(): void;
  /** Nothing goes out any more: the login is over, and the next one may be somebody else's. */
  stop(): void;
}

export interface OutboxDeps {
  client: Pick<Client, 'send' | 'sessions'>;
  kv: Kv;
  ownerId: string;
  /** True while an answer is being written in that chat. */
  isBusy: (chat: string) => boolean;
  isOnline: () => boolean;
  /** The session of a local chat is known. */
  onCreated: (localId: string, sessionId: string) => void;
  now: () => number;
  timer: (ms: number, fire: () => void) => () => void;
  random: () => number;
}

export const localChatPrefix = 'new-';
/** The chat that does not exist yet: its draft is kept under this name. */
export const newChatId = `${localChatPrefix}chat`;
export const isLocalChat = (chat: string): boolean => chat.startsWith(localChatPrefix);

/** Half a second to fifteen, with jitter; the server's own wish is a floor. */
const delayOf = (attempt: number, random: number, retryAfter = 0): number =>
  Math.max(retryAfter * 1000, Math.min(15_000, 500 * 2 ** Math.min(attempt, 6)) * (0.5 + random / 2));

type Outcome =
  | { kind: 'accepted'; sessionId: string }
  | { kind: 'again'; status: 'waiting' | 'unconfirmed'; problem: string; retryAfter?: number }
  | { kind: 'refused'; problem: string };

const outcomeOf = (error: unknown): Outcome => {
  const problem = error instanceof Error ? error.message : 'It could not be sent';
  if (!isApiError(error)) return { kind: 'refused', problem };
  // Without an answer it is unknown whether the message arrived; its id makes asking again safe.
  if (error.status === 0 || error.status >= 502) return again(error, 'unconfirmed');
  if (error.status === 401 || error.status === 429 || error.status === 503) return again(error, 'waiting');
  // The line was too slow for the request to arrive in time.
  if (error.status === 408) return again(error, 'unconfirmed');
  if (error.status === 409 && error.retryAfter !== undefined) return again(error, 'waiting');
  return error.status === 500 ? again(error, 'unconfirmed') : { kind: 'refused', problem };
};

const again = (error: ApiError, status: 'waiting' | 'unconfirmed'): Outcome => ({
  kind: 'again',
  status: error.status === 503 || error.status === 429 ? 'waiting' : status,
  problem: error.message,
  retryAfter: error.retryAfter,
});

export const createOutbox = (deps: OutboxDeps): Outbox => {
  const { client, kv, ownerId } = deps;
  const state = createStore<OutboxState>(() => ({ items: [], aliases: {}, loaded: false }));
  const itemKey = (id: string): string => `outbox:${ownerId}:${id}`;
  const aliasKey = `aliases:${ownerId}`;
  const attempts = new Map<string, number>();
  const busyChats = new Set<string>();
  let stopped = false;

  const nameOf = (chat: string): string => state.getState().aliases[chat] ?? chat;
  const chatOf = (item: OutboxItem): string => nameOf(item.chat);

  const patch = (id: string, change: Partial<OutboxItem>): void => {
    state.setState(({ items }) => ({ items: items.map((item) => (item.id === id ? { ...item, ...change } : item)) }));
    const item = state.getState().items.find((one) => one.id === id);
    if (!item) return;
    // What the server has is the server's to keep.
    void (item.status === 'accepted' ? kv.remove(itemKey(id)) : kv.set(itemKey(id), item));
  };

  const remove = (id: string): void => {
    attempts.delete(id);
    state.setState(({ items }) => ({ items: items.filter((item) => item.id !== id) }));
    void kv.remove(itemKey(id));
  };

  const post = async (item: OutboxItem): Promise<Outcome> => {
    const body = {
      prompt: item.text,
      client_message_id: item.id,
      include_partial_messages: true,
      ...(item.images.length > 0 ? { images: [...item.images] } : {}),
      ...item.settings,
    };
    try {
      const chat = chatOf(item);
      const accepted = isLocalChat(chat) ? await client.send(body) : await client.sessions.send(chat, body);
      return { kind: 'accepted', sessionId: accepted.session_id };
    } catch (error) {
      return outcomeOf(error);
    }
  };

  const noteSession = ({ chat }: OutboxItem, sessionId: string): void => {
    if (!isLocalChat(chat) || state.getState().aliases[chat] !== undefined) return;
    // Whoever sends under the old name goes on under the new one, and nobody else beside it.
    if (busyChats.has(chat)) busyChats.add(sessionId);
    state.setState(({ aliases }) => ({ aliases: { ...aliases, [chat]: sessionId } }));
    void kv.update<Record<string, string>>(aliasKey, (old = {}) => ({ ...old, [chat]: sessionId }));
    deps.onCreated(chat, sessionId);
  };

  const sendOne = async (item: OutboxItem): Promise<void> => {
    patch(item.id, { status: item.status === 'unconfirmed' ? 'unconfirmed' : 'sending', retryAt: null });
    const outcome = await post(item);
    if (outcome.kind === 'accepted') noteSession(item, outcome.sessionId);
    if (!state.getState().items.some((one) => one.id === item.id)) return;
    if (outcome.kind === 'accepted') return patch(item.id, { status: 'accepted', problem: null, retryAt: null });
    if (outcome.kind === 'refused') return patch(item.id, { status: 'refused', problem: outcome.problem });
    const attempt = (attempts.get(item.id) ?? 0) + 1;
    attempts.set(item.id, attempt);
    const delay = delayOf(attempt, deps.random(), outcome.retryAfter);
    // Whoever may have arrived stays "unconfirmed", whatever later tries say.
    const status = item.status === 'unconfirmed' ? 'unconfirmed' : outcome.status;
    const retryAt = deps.now() + delay;
    patch(item.id, { status, problem: outcome.problem, retryAt });
    deps.timer(delay, () => {
      // Browsers fire in whole milliseconds, that is a little too early: the time has come all the same.
      if (state.getState().items.some((one) => one.id === item.id && one.retryAt === retryAt))
        patch(item.id, { retryAt: null });
      wake();
    });
  };

  const isDue = (item: OutboxItem): boolean => {
    if (item.status === 'queued') return !deps.isBusy(chatOf(item));
    return item.status === 'waiting' || item.status === 'unconfirmed';
  };

  /** One message at a time per chat, in their order; one that was refused does not hold up the others. */
  const drain = async (chat: string): Promise<void> => {
    if (busyChats.has(chat)) return;
    busyChats.add(chat);
    try {
      for (;;) {
        const open = state.getState().items.filter((one) => chatOf(one) === nameOf(chat) && one.status !== 'refused');
        // First what may have arrived: it may have made the session of a new chat.
        const next = open.find((one) => one.status === 'unconfirmed') ?? open.find((one) => one.status !== 'accepted');
        if (stopped || !next || !isDue(next) || !deps.isOnline()) return;
        if (next.retryAt !== null && next.retryAt > deps.now()) return;
        await sendOne(next);
      }
    } finally {
      busyChats.delete(chat);
      busyChats.delete(nameOf(chat));
    }
  };

  const wake = (): void => {
    // What an earlier visit has left goes first, and knows which chats exist.
    if (!state.getState().loaded) return;
    for (const chat of new Set(state.getState().items.map(chatOf))) void drain(chat);
  };

  const load = async (): Promise<void> => {
    const [saved, aliases] = await Promise.all([
      kv.all<OutboxItem>(`outbox:${ownerId}:`),
      kv.get<Record<string, string>>(aliasKey),
    ]);
    // A page that was closed while sending does not know how it went.
    const items = saved.map(([, item]) => ({
      ...item,
      status: item.status === 'sending' || item.status === 'accepted' ? ('unconfirmed' as const) : item.status,
      retryAt: null,
    }));
    state.setState((old) => ({
      items: [
        ...items
          .filter((item) => !old.items.some((one) => one.id === item.id))
          .toSorted((a, b) => a.createdAt - b.createdAt),
        ...old.items,
      ],
      aliases: { ...aliases, ...old.aliases },
      loaded: true,
    }));
    wake();
  };
  void load();

  return {
    state,
    send(message, how) {
      const status = how === 'queue' ? 'queued' : 'waiting';
      // Their order is that of these times, also after the clock was put back.
      const createdAt = Math.max(deps.now(), (state.getState().items.at(-1)?.createdAt ?? 0) + 1);
      const item: OutboxItem = { ...message, status, problem: null, retryAt: null, createdAt };
      state.setState(({ items }) => ({ items: [...items, item] }));
      void kv.set(itemKey(item.id), item);
      wake();
    },
    retry(id) {
      patch(id, { status: 'waiting', problem: null, retryAt: null });
      wake();
    },
    discard(id) {
      const item = state.getState().items.find((one) => one.id === id) ?? null;
      remove(id);
      return item;
    },
    sendNow(id) {
      patch(id, { status: 'waiting' });
      wake();
    },
    confirm(arrived) {
      for (const item of state.getState().items) {
        const sessionId = arrived.get(item.id);
        if (sessionId === undefined) continue;
        noteSession(item, sessionId);
        remove(item.id);
      }
    },
    wake() {
      for (const item of state.getState().items) if (item.retryAt !== null) patch(item.id, { retryAt: null });
      wake();
    },
    stop() {
      stopped = true;
    },
  };
};
