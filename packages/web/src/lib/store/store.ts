/**
 * The store of one signed-in person: state, what fills it (event stream, snapshots, copies on this device), and what the
 * screens may ask of it. One per page.
 */
import { type ApiError, type Client, isApiError, systemClock } from '@hearth/client';
import type { EventData, NumberedEvent } from '@hearth/contract';
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Kv } from '../kv.ts';
import { applyEvent } from './apply-event.ts';
import { applyApprovals, applyMessages, applyOlder, applySessions } from './apply-snapshot.ts';
import { type Copies, createCopies } from './copies.ts';
import { createLink, type EventLink, type LinkDeps, type LinkHandlers } from './link.ts';
import { type Chat, emptyChat, emptyState, type HearthState } from './state.ts';

export interface HearthStore {
  state: StoreApi<HearthState>;
  client: Client;
  /** Shows what is known of a chat and brings it up to date. */
  openChat(id: string): void;
  /** The chat is on the screen no more. */
  closeChat(id: string): void;
  reloadChat(id: string): Promise<void>;
  loadOlder(id: string): Promise<void>;
  savedChats(): Promise<readonly string[]>;
  loadSessions(): Promise<void>;
  loadApproval(id: string): Promise<void>;
  loadApprovals(): Promise<void>;
  wake(): void;
  rest(): void;
  stop(): void;
}

export interface StoreDeps {
  client: Client;
  kv: Kv;
  ownerId: string;
  onSignedOut: () => void;
  onLive: () => void;
  now?: () => number;
  timer?: LinkDeps['timer'];
}

/** A page is at least this many messages and never begins in the middle of a turn. */
const pageSize = 60;
const maxBlockBytes = 65_536;
const maxChatsInMemory = 8;
const sessionPageSize = 100;
const secondTryMs = 5_000;

export const problemOf = (error: unknown): string =>
  isApiError(error) || error instanceof Error ? error.message : 'Something went wrong';

interface Loading {
  arrived: NumberedEvent[];
  again: boolean;
  /** Events between the page and the stream may be missing. */
  hasGap: boolean;
  /** The line has come back since it was asked for. */
  isNewLine: boolean;
}

const isGone = (error: unknown): error is ApiError => isApiError(error) && error.status === 404;

interface LoaderDeps {
  client: Client;
  copies: Copies;
  nowIso: () => string;
}

/** Loads chats; events that come while a page is under way are kept and applied on top of it. */
const createChatLoader = (state: StoreApi<HearthState>, { client, copies, nowIso }: LoaderDeps) => {
  const loading = new Map<string, Loading>();
  /** What was said up to this number did not come over the stream. */
  let silentUntil = 0;
  const patch = (id: string, change: Partial<HearthState['chats'][string]>): void =>
    state.setState(({ chats }) => ({ chats: { ...chats, [id]: { ...(chats[id] ?? emptyChat), ...change } } }));

  const load = async (id: string): Promise<void> => {
    const underWay = loading.get(id);
    if (underWay) {
      underWay.again = true;
      return;
    }
    const mine: Loading = { arrived: [], again: false, hasGap: false, isNewLine: false };
    loading.set(id, mine);
    const seen = state.getState().seq;
    try {
      const query = { limit: pageSize, anchor: 'turn', max_block_bytes: maxBlockBytes } as const;
      const page = await client.sessions.messages(id, query);
      // The browser may have asked for it by itself, long before we did.
      if (page.last_seq < Math.max(seen, silentUntil)) mine.hasGap = mine.again = true;
      state.setState((old) => applyMessages(old, id, page, mine.hasGap ? [] : mine.arrived, nowIso()));
      if (mine.hasGap) patch(id, { load: 'cached', hasHoles: true });
      const chat = state.getState().chats[id];
      if (chat) copies.saveChat(id, chat);
    } catch (error) {
      if (isGone(error)) {
        copies.forgetChat(id);
        patch(id, { ...emptyChat, load: 'gone' });
      } else {
        if (mine.isNewLine) mine.again = true;
        patch(id, {
          problem: problemOf(error),
          ...(state.getState().chats[id]?.messages.length ? {} : { load: 'error' }),
        });
      }
    } finally {
      loading.delete(id);
    }
    if (mine.again) await load(id);
  };

  const show = async (id: string): Promise<void> => {
    if (state.getState().chats[id] !== undefined) return load(id);
    // The very object that stands for a chat nobody knows: nothing is drawn again for it.
    state.setState(({ chats }) => ({ chats: { ...chats, [id]: emptyChat } }));
    const loaded = load(id);
    const copy = await copies.chat(id);
    const known = state.getState().chats[id]?.load;
    // Asked for at the same time: the server may have answered already, or be out of reach.
    if (copy && (known === 'loading' || known === 'error')) patch(id, { ...copy, load: 'cached' });
    await loaded;
  };

  const older = async (id: string): Promise<void> => {
    const before = state.getState().chats[id]?.before;
    if (!before) return;
    const query = { limit: pageSize, before, anchor: 'turn', max_block_bytes: maxBlockBytes } as const;
    const page = await client.sessions.messages(id, query);
    state.setState((old) => (old.chats[id]?.before === before ? applyOlder(old, id, page) : old));
  };

  const note = (event: NumberedEvent): void => {
    if (!('session_id' in event.data) || event.data.session_id === undefined) return;
    loading.get(event.data.session_id)?.arrived.push(event);
  };
  const noteOpen: LinkHandlers['onOpen'] = (how) => {
    if (how.kind !== 'again') silentUntil = how.since;
    for (const one of loading.values()) {
      one.isNewLine = true;
      // A page that is under way says itself whether it reaches the first stream.
      if (how.kind !== 'first') one.hasGap = one.again = true;
    }
  };
  /** The page reaches the stream: whatever was said since has come or will. */
  const isWhole = ({ load, seq }: Chat): boolean => load === 'ready' && seq >= silentUntil;
  const isLoading = (id: string): boolean => loading.has(id);
  return { load, show, older, note, noteOpen, isWhole, isLoading };
};

/** Once more after a moment, unless it was asked for again before; a new line asks for everything anyway. */
const createSecondTry = (state: StoreApi<HearthState>, timer: LinkDeps['timer'], work: () => Promise<void>) => {
  let cancel = (): void => {};
  let isOver = false;
  return {
    cancel: () => cancel(),
    stop: (): void => {
      isOver = true;
      cancel();
    },
    plan: (): void => {
      cancel();
      if (isOver) return;
      cancel = timer(secondTryMs, () => {
        if (state.getState().link.status === 'live') void work();
      });
    },
  };
};

/** What a list says by its silence counts only when it is whole. One that could not be loaded is tried again by itself. */
const createListLoader = (
  state: StoreApi<HearthState>,
  client: Client,
  { copies, timer }: { copies: Copies; timer: LinkDeps['timer'] },
) => {
  const loadSessions = async (): Promise<void> => {
    sessionsAgain.cancel();
    const since = state.getState().seq;
    try {
      const { sessions, total } = await client.sessions.list({ page_size: sessionPageSize });
      const complete = total <= sessions.length;
      state.setState((old) => applySessions(old, sessions, { since, complete }));
      copies.saveSessions(sessions);
    } catch {
      state.setState(({ sessionsLoad }) => ({ sessionsLoad: sessionsLoad === 'loading' ? 'error' : sessionsLoad }));
      sessionsAgain.plan();
    }
  };
  const loadApprovals = async (): Promise<void> => {
    approvalsAgain.cancel();
    const since = state.getState().seq;
    try {
      const { approvals } = await client.approvals.list({ status: 'pending' });
      state.setState((old) => applyApprovals(old, approvals, { since, complete: true }));
    } catch {
      state.setState(({ approvalsLoad }) => ({ approvalsLoad: approvalsLoad === 'loading' ? 'error' : approvalsLoad }));
      approvalsAgain.plan();
    }
  };
  const loadApproval = async (id: string): Promise<void> => {
    const since = state.getState().seq;
    const approval = await client.approvals.get(id);
    state.setState((old) => applyApprovals(old, [approval], { since, complete: false }));
  };
  const sessionsAgain = createSecondTry(state, timer, loadSessions);
  const approvalsAgain = createSecondTry(state, timer, loadApprovals);
  const stop = (): void => {
    sessionsAgain.stop();
    approvalsAgain.stop();
  };
  return { loadSessions, loadApprovals, loadApproval, stop };
};

/** Messages were taken out of a chat that is loaded here: somebody went back in it. */
const wasCut = ({ sessions, chats }: HearthState, { session, session_id }: EventData<'session'>): boolean => {
  const known = sessions[session_id]?.value;
  return session !== null && chats[session_id] !== undefined && known?.history_version !== session.history_version;
};

export const createHearthStore = (deps: StoreDeps): HearthStore => {
  const { client, kv, ownerId } = deps;
  const now = deps.now ?? Date.now;
  const nowIso = (): string => new Date(now()).toISOString();
  const state = createStore<HearthState>(() => emptyState);
  const copies = createCopies({ kv, ownerId, nowIso });
  const chats = createChatLoader(state, { client, copies, nowIso });
  const timer = deps.timer ?? systemClock.timer;
  const { stop: stopLists, ...lists } = createListLoader(state, client, { copies, timer });
  /** Chats on the screen, newest last. */
  const open: string[] = [];
  const used: string[] = [];

  /** Forgets the chats that were not looked at for longest. */
  const tidy = (): void => {
    const surplus = used.filter((id) => !open.includes(id)).slice(0, Math.max(0, used.length - maxChatsInMemory));
    if (surplus.length === 0) return;
    for (const id of surplus) used.splice(used.indexOf(id), 1);
    state.setState((old) => ({
      chats: Object.fromEntries(Object.entries(old.chats).filter(([id]) => !surplus.includes(id))),
    }));
  };

  /** Decided before its question was loaded: the answer under way may still say that it waits. */
  const isUnknown = (event: NumberedEvent): event is Extract<NumberedEvent, { type: 'approval_settled' }> =>
    event.type === 'approval_settled' && state.getState().approvals[event.data.approval_id] === undefined;

  const onEvents = (events: readonly NumberedEvent[]): void => {
    const before = state.getState();
    for (const event of events) chats.note(event);
    state.setState((old) => events.reduce((next, event) => applyEvent(next, event, nowIso()), old));
    for (const event of events) {
      if (event.type === 'approval' || event.type === 'question' || isUnknown(event)) {
        void lists.loadApproval(event.data.approval_id).catch(() => lists.loadApprovals());
      }
      if (event.type === 'session' && event.data.session === null) copies.forgetChat(event.data.session_id);
      if (event.type === 'session' && wasCut(before, event.data)) void chats.load(event.data.session_id);
      if (event.type !== 'done') continue;
      const chat = state.getState().chats[event.data.session_id];
      if (chat) copies.saveChat(event.data.session_id, chat);
    }
  };

  const onOpen: LinkHandlers['onOpen'] = (how) => {
    chats.noteOpen(how);
    void lists.loadSessions();
    void lists.loadApprovals();
    // Text that was streaming may lack words now, and a chat that was loaded before the first event may lack messages:
    // such a chat is a copy. Those that are not on the screen are loaded when they are opened.
    const isResumed = how.kind === 'again';
    state.setState((old) => ({
      // Something may have been remembered or forgotten in what did not come.
      memoryAt: how.kind === 'missed' ? Math.max(old.memoryAt, how.since) : old.memoryAt,
      chats: Object.fromEntries(
        Object.entries(old.chats).flatMap(([id, chat]) => {
          if (how.kind === 'first' && chats.isWhole(chat)) return [[id, chat]];
          if (!open.includes(id) && !isResumed) return [];
          const load = chat.load === 'ready' && !isResumed ? 'cached' : chat.load;
          return [[id, { ...chat, load, hasHoles: Object.keys(chat.live).length > 0 }]];
        }),
      ),
    }));
    for (const id of open) {
      const chat = state.getState().chats[id];
      if ((chat?.hasHoles || chat?.load !== 'ready') && !chats.isLoading(id)) void chats.load(id);
    }
    deps.onLive();
  };

  void copies.sessions().then((saved) => {
    if (!saved || state.getState().sessionsLoad !== 'loading') return;
    const listed = applySessions(state.getState(), saved.sessions, { since: -1, complete: false });
    state.setState({ ...listed, sessionsLoad: 'cached', sessionsSavedAt: saved.savedAt });
  });

  const link: EventLink = createLink({
    client,
    now,
    timer,
    handlers: { onEvents, onOpen, onLink: (value) => state.setState({ link: value }), onSignedOut: deps.onSignedOut },
  });

  return {
    state,
    client,
    openChat(id) {
      open.push(id);
      const at = used.indexOf(id);
      if (at >= 0) used.splice(at, 1);
      used.push(id);
      tidy();
      void chats.show(id);
    },
    closeChat(id) {
      const at = open.indexOf(id);
      if (at >= 0) open.splice(at, 1);
    },
    reloadChat: chats.load,
    loadOlder: chats.older,
    savedChats: copies.savedChats,
    ...lists,
    wake: link.wake,
    rest: link.rest,
    stop: () => {
      stopLists();
      link.stop();
    },
  };
};
