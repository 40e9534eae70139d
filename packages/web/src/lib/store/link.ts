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
  /** The stream is open. `missed` says whether events may have been lost since the last time. */
  onOpen(how: 'first' | 'again' | 'missed'): void;
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

  const opening = (missed: boolean): void => {
    handlers.onLink({ status: 'live' });
    // A stream that broke before its first event cannot be resumed.
    const again = missed || seq === undefined ? 'missed' : 'again';
    handlers.onOpen(opened ? again : 'first');
    opened = true;
  };

  const follow = async (signal: AbortSignal): Promise<void> => {
    const stream = client.events({
      signal,
      maxBlockBytes,
      ...(seq === undefined ? {} : { after: seq }),
      onConnection: (state) => {
        if (signal.aborted) return;
        if (state.status === 'connected') return opening(false);
        bundles.flush();
        const message = state.error.message;
        handlers.onLink({ status: 'down', since: now(), retryAt: now() + state.delayMs, message });
      },
    });
    for await (const item of stream) {
      if (item.kind === 'too_old') {
        seq = item.seq;
        opening(true);
      } else {
        seq = item.event.seq;
        bundles.add(item.event);
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
