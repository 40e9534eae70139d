/**
 * The store with everything around it in the test's hands: what the server tells, when which request is read and
 * answered, and what the one stream of events delivers. Nothing happens until a step says so.
 */
import {
  ApiError,
  type Client,
  type ConnectionState,
  type EventsOptions,
  type MessageList,
  type StreamItem,
} from '@hearth/client';
import type { HearthEvent, NumberedEvent } from '@hearth/contract';
import { createMemoryKv, type Kv } from '../../kv.ts';
import { createTimers, turns } from '../../testing/timers.ts';
import { createHearthStore, type HearthStore } from '../store.ts';
import { createFakeServer, type FakeServer } from './fake-server.ts';

/** `ring`: everything since is told again. `stored`: words are not. `pruned`: nothing is, the reader came too late. */
export type Reopening = 'ring' | 'stored' | 'pruned';

interface Waiting {
  name: string;
  /** Looks at the server, one at a time; the answer is what the last one gives. */
  looks: (() => void)[];
  settle(): void;
  fail(error: ApiError): void;
}

export interface World {
  store: HearthStore;
  server: FakeServer;
  kv: Kv;
  /** How often `onLive` and `onSignedOut` were called. */
  calls: { live: number; signedOut: number };
  requests(): readonly string[];
  publish(count: number): Promise<void>;
  connect(how: Reopening): Promise<void>;
  deliver(count: number): Promise<void>;
  /** The stream tells its last events once more. */
  repeat(count: number): Promise<void>;
  cut(): Promise<void>;
  refuse(status: number): Promise<void>;
  /** The server looks at its data for one of the requests. */
  look(which: number): Promise<void>;
  answer(which: number): Promise<void>;
  fail(which: number, status?: number): Promise<void>;
  pass(ms: number): Promise<void>;
  isConnected(): boolean;
  isQuiet(): boolean;
}

const networkError = (status: number): ApiError =>
  new ApiError({ status, code: status === 0 ? 'NETWORK' : `HTTP_${status}`, message: `Failed with ${status}` });

type Command =
  | { kind: 'open'; how: Reopening }
  | { kind: 'more' }
  | { kind: 'cut' }
  | { kind: 'refuse'; status: number };

interface Line {
  push(command: Command): void;
  isOpen: boolean;
  /** Place in the log of the next event. */
  cursor: number;
  hidden: (event: NumberedEvent) => boolean;
  budget: number;
}

/** One call of `client.events`: does what it is told, as the real one does. */
const createLine = (server: FakeServer, options: EventsOptions): { line: Line; items: AsyncGenerator<StreamItem> } => {
  const commands: Command[] = [];
  let wake = (): void => {};
  const line: Line = {
    isOpen: false,
    cursor: 0,
    hidden: () => false,
    budget: 0,
    push(command) {
      commands.push(command);
      wake();
    },
  };
  const next = async (): Promise<Command | null> => {
    while (commands.length === 0 && !options.signal?.aborted) {
      await new Promise<void>((resolve) => {
        wake = resolve;
        options.signal?.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    return options.signal?.aborted ? null : (commands.shift() ?? null);
  };
  const lost = (): ConnectionState => ({
    status: 'reconnecting',
    attempt: 1,
    delayMs: 500,
    error: networkError(0),
  });
  async function* items(): AsyncGenerator<StreamItem> {
    let position = options.after;
    for (;;) {
      const command = await next();
      if (command === null) return;
      if (command.kind === 'refuse') throw networkError(command.status);
      if (command.kind === 'cut' && line.isOpen) {
        line.isOpen = false;
        options.onConnection?.(lost());
      }
      if (command.kind === 'open' && !line.isOpen) {
        const newest = server.lastSeq();
        const place = server.log.findIndex((event) => event.seq > (position ?? newest));
        line.cursor = place < 0 ? server.log.length : place;
        line.hidden = (event) => command.how === 'stored' && event.type === 'partial' && event.seq <= newest;
        line.isOpen = true;
        options.onConnection?.({ status: 'connected' });
        if (position === undefined) {
          position = newest;
          yield { kind: 'start', seq: newest };
        } else if (command.how === 'pruned') {
          position = newest;
          yield { kind: 'too_old', seq: newest, oldest: newest };
          line.isOpen = false;
          options.onConnection?.(lost());
        }
      }
      while (line.isOpen && line.budget > 0) {
        line.budget -= 1;
        const event = server.log[line.cursor];
        if (event === undefined) break;
        line.cursor += 1;
        if (line.hidden(event)) continue;
        position = event.seq;
        yield { kind: 'event', event };
      }
      line.budget = 0;
    }
  }
  return { line, items: items() };
};

export interface WorldOptions {
  story?: readonly HearthEvent[];
  pageSize?: number;
  kv?: Kv;
  /** The browser asks for this chat before there is a store, and gives the answer to the first request for it. */
  earlyChat?: string;
}

export const createWorld = (options: WorldOptions = {}): World => {
  const { story = [], pageSize = 6, kv = createMemoryKv(), earlyChat } = options;
  const server = createFakeServer(story);
  const timers = createTimers();
  const waiting: Waiting[] = [];
  const calls = { live: 0, signedOut: 0 };
  let line: Line | null = null;

  const request = <T extends object>(name: string, ...looks: ((answer: Partial<T>) => void)[]): Promise<T> =>
    new Promise((resolve, reject) => {
      const answer: Partial<T> = {};
      const rest = looks.map((look) => () => look(answer));
      waiting.push({ name, looks: rest, settle: () => resolve(answer as T), fail: reject });
    });

  const approvals = (answer: { approvals?: unknown }): void => {
    answer.approvals = server.approvals().filter(({ status }) => status === 'pending');
  };
  // The server takes its number first, then reads the messages and the runs, and then what is being written.
  const looksAt = (id: string, before?: string): ((answer: Partial<MessageList>) => void)[] => [
    (answer) => Object.assign(answer, { last_seq: server.lastSeq() }),
    // Between two looks less is said than fits on a page.
    (answer) => {
      const size = pageSize + server.log.filter(({ seq }) => seq > (answer.last_seq ?? 0)).length;
      Object.assign(answer, server.page(id, size, before), { runs: server.runs(id), decisions: server.decisions(id) });
    },
    (answer) => Object.assign(answer, { live: before === undefined ? server.live(id) : [] }),
  ];
  const early: Partial<MessageList> = {};
  for (const look of earlyChat === undefined ? [] : looksAt(earlyChat)) look(early);
  let isEarlyUsed = false;
  const messages = (id: string, { before }: { before?: string }): Promise<MessageList> => {
    const name = `messages ${id}${before === undefined ? '' : ` before ${before}`}`;
    if (id !== earlyChat || before !== undefined || isEarlyUsed) return request(name, ...looksAt(id, before));
    isEarlyUsed = true;
    return request(name, (answer) => Object.assign(answer, early));
  };
  const client = {
    events: (options: EventsOptions) => {
      const made = createLine(server, options);
      line = made.line;
      return made.items;
    },
    sessions: {
      list: () => request('sessions', (answer) => Object.assign(answer, { sessions: [], total: 0 })),
      messages,
    },
    approvals: {
      list: () => request('approvals', approvals),
      get: (id: string) =>
        request(`approval ${id}`, (answer) => {
          Object.assign(
            answer,
            server.approvals().find((one) => one.id === id),
          );
        }),
    },
  } as unknown as Client;

  const store = createHearthStore({
    client,
    kv,
    ownerId: 'owner',
    onSignedOut: () => {
      calls.signedOut += 1;
    },
    onLive: () => {
      calls.live += 1;
    },
    now: timers.now,
    timer: timers.timer,
  });

  const pick = (which: number): Waiting | undefined => waiting[which % Math.max(1, waiting.length)];
  const finish = (one: Waiting | undefined): void => {
    if (one) waiting.splice(waiting.indexOf(one), 1);
  };
  const step =
    <A extends unknown[]>(act: (...args: A) => void) =>
    async (...args: A): Promise<void> => {
      act(...args);
      await turns();
    };

  return {
    store,
    server,
    kv,
    calls,
    requests: () => waiting.map(({ name }) => name),
    publish: step((count) => {
      for (let at = 0; at < count; at += 1) server.publish();
    }),
    connect: step((how) => line?.push({ kind: 'open', how })),
    deliver: step((count) => {
      if (!line?.isOpen) return;
      line.budget = count;
      line.push({ kind: 'more' });
    }),
    repeat: step((count) => {
      if (!line?.isOpen) return;
      line.cursor = Math.max(0, line.cursor - count);
      line.budget = count;
      line.push({ kind: 'more' });
    }),
    cut: step(() => line?.push({ kind: 'cut' })),
    refuse: step((status) => line?.push({ kind: 'refuse', status })),
    look: step((which) => pick(which)?.looks.shift()?.()),
    answer: step((which) => {
      const one = pick(which);
      for (const look of one?.looks ?? []) look();
      finish(one);
      one?.settle();
    }),
    fail: step((which, status = 0) => {
      const one = pick(which);
      finish(one);
      one?.fail(networkError(status));
    }),
    pass: step((ms) => timers.pass(ms)),
    isConnected: () => line?.isOpen === true,
    isQuiet: () =>
      waiting.length === 0 && line !== null && line.isOpen && line.cursor >= server.log.length && timers.count() === 0,
  };
};
