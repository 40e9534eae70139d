/**
 * The one event stream of this page. It reconnects by itself, is dropped while the page has been hidden for a while, and
 * hands on events in bundles: at most 20 a second while text streams, at once for everything else.
 */
import { type Client, isApiError } from '@hearth/client';
import type { NumberedEvent } from '@hearth/contract';
import type { Link } from './state.ts';

export interface LinkHandlers {
  onEvents(events: readonly NumberedEvent[]): void;
  onLink(link: Link): void;
  /** The stream is open: `again` where it broke off, or anew, and then what was said up to `since` does not come. */
  onOpen(how: { kind: 'again' } | { kind: 'first' | 'missed'; since: number }): void;
  /** The login is over. */
  onSignedOut(): void;
}

export interface EventLink {
  /** Tries again now, for example because the network is back. */
  wake(): void;
  /** Ends the stream until `wake`. */
  rest(): void;
  stop(): void;
}

export interface LinkDeps {
  client: Pick<Client, 'events'>;
  handlers: LinkHandlers;
  now: () => number;
  /** Runs a callback in at most this many ms; answers how to cancel it. */
  timer: (ms: number, fire: () => void) => () => void;
}

const bundleMs = 50;
/** Longer than the largest tool result that is shown without asking. */
const maxBlockBytes = 65_536;

const createBundles = ({ timer, now, handlers }: LinkDeps) => {
  let waiting: NumberedEvent[] = [];
  let cancel: (() => void) | null = null;
  let last = 0;
  const flush = (): void => {
    cancel?.();
    cancel = null;
    if (waiting.length === 0) return;
    const events = waiting;
    waiting = [];
    last = now();
    handlers.onEvents(events);
  };
  const add = (event: NumberedEvent): void => {
    waiting.push(event);
    const due = last + bundleMs - now();
    if (event.type !== 'partial' || due <= 0) flush();
    else cancel ??= timer(due, flush);
  };
  return { add, flush };
};

export const createLink = (deps: LinkDeps): EventLink => {
  const { client, handlers, now } = deps;
  const bundles = createBundles(deps);
  let seq: number | undefined;
  let opened = false;
  let current: AbortController | null = null;
  let stopped = false;
  let cancelRetry = (): void => {};

  const opening = (since?: number): void => {
    handlers.onLink({ status: 'live' });
    handlers.onOpen(since === undefined ? { kind: 'again' } : { kind: opened ? 'missed' : 'first', since });
    opened = true;
  };

  const follow = async (signal: AbortSignal): Promise<void> => {
    const stream = client.events({
      signal,
      maxBlockBytes,
      ...(seq === undefined ? {} : { after: seq }),
      onConnection: (state) => {
        if (signal.aborted) return;
        if (state.status === 'connected') {
          // Without a number to go on from, the stream says first where it begins.
          if (seq !== undefined) opening();
          return;
        }
        bundles.flush();
        const message = state.error.message;
        handlers.onLink({ status: 'down', since: now(), retryAt: now() + state.delayMs, message });
      },
    });
    for await (const item of stream) {
      if (item.kind === 'event') {
        seq = item.event.seq;
        bundles.add(item.event);
      } else {
        seq = item.seq;
        opening(seq);
      }
    }
  };

  const start = (): void => {
    if (stopped || current) return;
    const mine = new AbortController();
    current = mine;
    follow(mine.signal)
      .catch((error: unknown) => {
        if (mine.signal.aborted) return;
        if (isApiError(error) && error.status === 401) return handlers.onSignedOut();
        const message = error instanceof Error ? error.message : 'The connection broke';
        handlers.onLink({ status: 'down', since: now(), retryAt: now() + 5_000, message });
        cancelRetry = deps.timer(5_000, start);
      })
      .finally(() => {
        bundles.flush();
        if (current === mine) current = null;
      });
  };

  const end = (): void => {
    cancelRetry();
    current?.abort();
    current = null;
    bundles.flush();
  };

  start();
  return {
    wake() {
      end();
      start();
    },
    rest: end,
    stop() {
      stopped = true;
      end();
    },
  };
};
