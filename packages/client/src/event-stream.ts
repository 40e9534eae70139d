/**
 * The one resumable stream of an owner's events. Whatever happens to the connection, the caller sees each number at most
 * once and in rising order; what was pruned meanwhile is announced as `too_old`, never skipped in silence.
 * It ends when the signal aborts, and throws only what waiting cannot mend (401, 403, 404, ...).
 */
import type { NumberedEvent } from '@hearth/contract';
import type { EventSourceMessage } from 'eventsource-parser';
import { ApiError, networkError } from './api-error.ts';
import { backoffMs } from './backoff.ts';
import type { Clock } from './clock.ts';
import { decodeEvent } from './event-decode.ts';
import { readSse } from './sse.ts';
import type { Transport } from './transport.ts';

export type StreamItem =
  | { kind: 'event'; event: NumberedEvent }
  /** What was said up to `seq` does not come: a snapshot that reaches it lacks nothing. Only without `after`. */
  | { kind: 'start'; seq: number }
  /** Events are missing: take a snapshot. The stream itself goes on from `seq`. */
  | { kind: 'too_old'; seq: number; oldest: number };

export type ConnectionState =
  | { status: 'connected' }
  | { status: 'reconnecting'; attempt: number; delayMs: number; error: ApiError };

export interface FollowOptions {
  signal?: AbortSignal;
  onConnection?: (state: ConnectionState) => void;
  /** Give up after this many failures in a row. Default: never. */
  maxAttempts?: number;
}

export interface EventsOptions extends FollowOptions {
  /** The last number already known, normally `last_seq` of a snapshot. Without it the stream starts now. */
  after?: number;
  sessionId?: string;
  /** Have large blocks cut to this size; `sessions.block` gives the whole of one. */
  maxBlockBytes?: number;
}

export interface StreamDeps {
  transport: Transport;
  clock: Clock;
}

export const isRetriable = (error: unknown): error is ApiError =>
  error instanceof ApiError &&
  (error.status === 0 || error.status === 408 || error.status === 429 || error.status >= 500);

/** Counts failures in a row and waits between them. Shared by the owner's stream and the start of a run. */
export const createRetry = (deps: StreamDeps, options: FollowOptions) => {
  let attempt = 0;
  let isConnected = false;
  const connected = (): void => {
    if (!isConnected) options.onConnection?.({ status: 'connected' });
    isConnected = true;
    attempt = 0;
  };
  const pause = async (error: ApiError): Promise<void> => {
    isConnected = false;
    attempt += 1;
    if (attempt >= (options.maxAttempts ?? Number.POSITIVE_INFINITY)) throw error;
    const delayMs = backoffMs(attempt, deps.clock.random(), error.retryAfter);
    options.onConnection?.({ status: 'reconnecting', attempt, delayMs, error });
    await deps.clock.sleep(delayMs, options.signal);
  };
  return { connected, pause };
};

interface Position {
  seq: number | undefined;
}

/** What a message means at this position, or nothing when it is old news. Moves the position. */
export const advance = (message: EventSourceMessage, position: Position): StreamItem | undefined => {
  const decoded = decodeEvent(message);
  if (decoded.kind === 'closing') throw decoded.error;
  if (decoded.kind === 'too_old') {
    position.seq = decoded.tooOld.seq;
    return { kind: 'too_old', ...decoded.tooOld };
  }
  if (decoded.kind === 'start') {
    position.seq = decoded.start.seq;
    return { kind: 'start', ...decoded.start };
  }
  const seq = decoded.kind === 'event' ? decoded.event.seq : decoded.seq;
  if (seq === undefined || (position.seq !== undefined && seq <= position.seq)) return undefined;
  position.seq = seq;
  return decoded.kind === 'event' ? decoded : undefined;
};

/** One connection: from opening it to its end. */
async function* connect(
  deps: StreamDeps,
  position: Position,
  options: EventsOptions & { onActivity: () => void },
): AsyncGenerator<StreamItem, void, void> {
  const { signal, sessionId, maxBlockBytes, onActivity } = options;
  const query = { after: position.seq, session_id: sessionId, max_block_bytes: maxBlockBytes };
  const body = await deps.transport.open('GET', '/api/v1/events', { query, signal });
  for await (const message of readSse(body, { clock: deps.clock, signal, onActivity })) {
    const item = advance(message, position);
    if (item !== undefined) yield item;
  }
}

export async function* followEvents(
  deps: StreamDeps,
  options: EventsOptions = {},
): AsyncGenerator<StreamItem, void, void> {
  const position: Position = { seq: options.after };
  const retry = createRetry(deps, options);
  while (!options.signal?.aborted) {
    let failure = networkError('The server closed the connection');
    try {
      yield* connect(deps, position, { ...options, onActivity: retry.connected });
    } catch (error) {
      if (options.signal?.aborted) return;
      if (!isRetriable(error)) throw error;
      failure = error;
    }
    if (!options.signal?.aborted) await retry.pause(failure);
  }
}
