/**
 * The last requests, for assertions. Invariant: bounded by number and by size, the oldest go first; the count of all
 * requests keeps running.
 */
import type { ModelRequest } from './model-request.ts';
import type { MessagesBody } from './protocol.ts';

export interface LoggedRequest {
  number: number;
  sessionId: string | null;
  /** The credential the client showed. */
  key: string;
  headers: Record<string, string>;
  body: MessagesBody;
  request: ModelRequest;
  answeredBy: 'script' | 'brain';
}

export interface RequestLog {
  /** Oldest first. */
  all(): LoggedRequest[];
  forSession(sessionId: string): LoggedRequest[];
  last(): LoggedRequest | undefined;
  /** Every `POST /v1/messages` since the start or the last reset, also those no longer kept. */
  count(): number;
  /** Milliseconds from a request to the first piece of its answer, for the last ones that got so far; oldest first. */
  times(): number[];
}

export interface WritableRequestLog extends RequestLog {
  add(entry: LoggedRequest, bytes: number): void;
  took(ms: number): void;
  clear(): void;
}

const maxBytes = 64 * 1024 * 1024;

export const createRequestLog = (maxRequests: number): WritableRequestLog => {
  let entries: { entry: LoggedRequest; bytes: number }[] = [];
  let times: number[] = [];
  let count = 0;
  let total = 0;
  const dropOldest = (): void => {
    total -= entries.shift()?.bytes ?? 0;
  };
  const all = (): LoggedRequest[] => entries.map(({ entry }) => entry);
  return {
    all,
    forSession: (sessionId) => all().filter((entry) => entry.sessionId === sessionId),
    last: () => entries.at(-1)?.entry,
    count: () => count,
    times: () => times,
    took(ms) {
      times = [...times, ms].slice(-maxRequests);
    },
    add(entry, bytes) {
      count += 1;
      total += bytes;
      entries.push({ entry, bytes });
      while (entries.length > maxRequests || (total > maxBytes && entries.length > 1)) dropOldest();
    },
    clear() {
      entries = [];
      times = [];
      count = 0;
      total = 0;
    },
  };
};
