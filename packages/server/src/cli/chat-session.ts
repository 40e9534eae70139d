/**
 * The conversation behind the screen: which session it is, which runs are being watched, and what reaches the renderer.
 * A message sent while a run is under way steers it; its stream may repeat events of that run, so numbers already seen
 * are dropped per run.
 */
import { type Client, type ConnectionState, isApiError, newId } from '@hearth/client';
import type { EventData, NumberedEvent, PermissionMode } from '@hearth/contract';

export interface ChatView {
  event(event: NumberedEvent): void;
  connection(state: ConnectionState): void;
  error(error: unknown): void;
  /** No run is under way any more. */
  idle(): void;
}

export interface ChatSessionOptions {
  client: Client;
  view: ChatView;
  /** Numbers of consecutive failures after which a run's stream is given up. Default: never. */
  maxAttempts?: number;
}

type Done = EventData<'done'>['reason'];

export const describeError = (error: unknown): string => {
  if (!isApiError(error)) return error instanceof Error ? error.message : String(error);
  const wait = error.retryAfter === undefined ? '' : ` (try again in ${Math.ceil(error.retryAfter)} s)`;
  return `${error.message}${wait} [${error.code}]`;
};

const runIdOf = (event: NumberedEvent): string => ('run_id' in event.data ? (event.data.run_id ?? '') : '');

/** Events of several streams, each number of a run once. */
const createDeduplicator = () => {
  const last = new Map<string, number>();
  return (event: NumberedEvent): boolean => {
    const run = runIdOf(event);
    if (event.seq <= (last.get(run) ?? -1)) return false;
    last.set(run, event.seq);
    return true;
  };
};

const changeMode = (client: Client, id: string, mode: PermissionMode) =>
  client.sessions.control(id, { type: 'permission_mode_change', permission_mode: mode });

/** A run that has just ended has nothing left to stop. */
const interruptRun = async (client: Client, id: string): Promise<void> => {
  await client.sessions.interrupt(id).catch((error: unknown) => {
    if (!isApiError(error, 'CONFLICT')) throw error;
  });
};

interface WatcherOptions {
  take: (event: NumberedEvent) => void;
  fail: (error: unknown) => void;
  idle: () => void;
}

/** Reads several streams at once; when the last one has ended, the chat is idle. */
const createWatcher = ({ take, fail, idle }: WatcherOptions) => {
  const watched = new Set<Promise<void>>();
  const end = (reading: Promise<void>): void => {
    watched.delete(reading);
    if (watched.size === 0) idle();
  };
  const watch = (events: AsyncIterable<NumberedEvent>): void => {
    const reading: Promise<void> = readAll(events, take)
      .catch(fail)
      .finally(() => end(reading));
    watched.add(reading);
  };
  return { watch, isRunning: (): boolean => watched.size > 0 };
};

/** What was typed before the first run had said which session it made. */
const createEarly = () => {
  let wanted = { prompts: [] as string[], stop: false };
  return {
    add: (prompt: string): void => void wanted.prompts.push(prompt),
    stop: (): void => {
      wanted.stop = true;
    },
    take: () => {
      const taken = wanted;
      wanted = { prompts: [], stop: false };
      return taken;
    },
  };
};

/** Leaving only stops watching: runs go on by themselves on the server. */
export const createChatSession = ({ client, view, maxAttempts }: ChatSessionOptions) => {
  const own = new Set<string>();
  const leave = new AbortController();
  const isNew = createDeduplicator();
  const early = createEarly();
  let sessionId: string | undefined;
  let mode: PermissionMode | undefined;
  let lastEnd: Done | 'failed' | undefined;
  const follow = { signal: leave.signal, maxAttempts, onConnection: view.connection };

  const idle = (): void => {
    if (leave.signal.aborted) return;
    for (const prompt of early.take().prompts) send(prompt);
    if (!isRunning()) view.idle();
  };
  const fail = (error: unknown): void => {
    lastEnd = 'failed';
    view.error(error);
  };
  const take = (event: NumberedEvent): void => {
    if (!isNew(event)) return;
    if ('run_id' in event.data) sessionId = event.data.session_id ?? sessionId;
    if (event.type === 'done') lastEnd = event.data.reason;
    view.event(event);
    if (sessionId === undefined) return;
    const wanted = early.take();
    for (const prompt of wanted.prompts) send(prompt);
    if (wanted.stop) interruptRun(client, sessionId).catch(fail);
  };
  const { watch, isRunning } = createWatcher({ take, fail, idle });
  const send = (prompt: string): void => {
    if (sessionId === undefined && isRunning()) return void early.add(prompt);
    const id = newId();
    own.add(id);
    const request = { prompt, client_message_id: id, permission_mode: mode, include_partial_messages: true };
    watch(sessionId === undefined ? client.stream(request, follow) : client.resume(sessionId, request, follow));
  };

  return {
    send,
    /** Joins a run that is already under way. */
    attach: (after: number): void => {
      if (sessionId !== undefined) watch(untilDone(client.events({ ...follow, after, sessionId })));
    },
    open: (id: string | undefined): void => {
      sessionId = id;
    },
    setMode: async (next: PermissionMode): Promise<void> => {
      mode = next;
      if (sessionId !== undefined && isRunning()) await changeMode(client, sessionId, next);
    },
    interrupt: async () => (sessionId === undefined ? early.stop() : interruptRun(client, sessionId)),
    isOwn: (clientMessageId = ''): boolean => own.has(clientMessageId),
    isRunning,
    id: (): string | undefined => sessionId,
    lastEnd: () => lastEnd,
    leave: (): void => leave.abort(),
  };
};
export type ChatSession = ReturnType<typeof createChatSession>;

const readAll = async (events: AsyncIterable<NumberedEvent>, take: (event: NumberedEvent) => void): Promise<void> => {
  for await (const event of events) take(event);
};

async function* untilDone(items: ReturnType<Client['events']>): AsyncGenerator<NumberedEvent, void, void> {
  for await (const item of items) {
    if (item.kind === 'too_old') throw new Error('Part of this run is no longer kept; use /resume to see the rest');
    if (item.kind === 'start') continue;
    yield item.event;
    if (item.event.type === 'done') return;
  }
}
