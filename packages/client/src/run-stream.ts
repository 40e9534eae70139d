/**
 * One run, seen without a gap. The POST starts it; if its stream breaks, the rest comes over the owner's stream until
 * that run's `done`. The POST is sent again only while no event has arrived, and always with the same
 * `client_message_id`, so the server never runs a message twice.
 */
import type { NumberedEvent } from '@hearth/contract';
import { ApiError, networkError } from './api-error.ts';
import {
  advance,
  createRetry,
  type FollowOptions,
  followEvents,
  isRetriable,
  type StreamDeps,
} from './event-stream.ts';
import { readSse } from './sse.ts';

/** Aborting `signal` stops watching; the run itself goes on. To stop a run, interrupt its session. */
export type RunOptions = FollowOptions;

/** A start that fails this often in a row is reported: a person is waiting for the first sign of life. */
export const startAttempts = 4;
const longestStartDelaySeconds = 15;

export const mayStartAgain = (error: unknown): error is ApiError =>
  isRetriable(error) && error.status !== 500 && (error.retryAfter ?? 0) <= longestStartDelaySeconds;

interface Progress {
  seq: number | undefined;
  run?: { runId: string; sessionId: string };
  done: boolean;
}

const note = (progress: Progress, event: NumberedEvent): void => {
  const data = event.data;
  if ('run_id' in data && data.run_id !== undefined && data.session_id !== undefined) {
    progress.run ??= { runId: data.run_id, sessionId: data.session_id };
  }
  if (event.type === 'done' && event.data.run_id === progress.run?.runId) progress.done = true;
};

interface Start {
  path: string;
  body: { client_message_id: string };
}

/** One POST and what its stream carries. */
async function* post(
  deps: StreamDeps,
  start: Start & { progress: Progress; onEvent: () => void },
  signal?: AbortSignal,
): AsyncGenerator<NumberedEvent, void, void> {
  const { path, body: payload, progress, onEvent } = start;
  const body = await deps.transport.open('POST', path, { body: payload, signal });
  for await (const message of readSse(body, { clock: deps.clock, signal })) {
    const item = advance(message, progress);
    if (item?.kind !== 'event') continue;
    note(progress, item.event);
    onEvent();
    yield item.event;
    if (progress.done) return;
  }
}

/** The rest of a run whose own stream broke. */
async function* follow(
  deps: StreamDeps,
  progress: Progress,
  options: RunOptions,
): AsyncGenerator<NumberedEvent, void, void> {
  const { runId, sessionId } = progress.run ?? {};
  for await (const item of followEvents(deps, { ...options, after: progress.seq, sessionId })) {
    if (item.kind === 'too_old') {
      const message = 'The run went on for too long without us: read the session instead';
      throw new ApiError({ status: 0, code: 'EVENTS_LOST', message, details: { session_id: sessionId } });
    }
    if (item.kind === 'start') continue;
    const { event } = item;
    if (!('run_id' in event.data) || event.data.run_id !== runId) continue;
    yield event;
    if (event.type === 'done') return;
  }
}

export async function* streamRun(
  deps: StreamDeps,
  start: Start,
  options: RunOptions = {},
): AsyncGenerator<NumberedEvent, void, void> {
  const progress: Progress = { seq: undefined, done: false };
  const retry = createRetry(deps, { ...options, maxAttempts: options.maxAttempts ?? startAttempts });
  while (!options.signal?.aborted) {
    let failure = networkError('The server closed the connection');
    try {
      yield* post(deps, { ...start, progress, onEvent: retry.connected }, options.signal);
    } catch (error) {
      if (options.signal?.aborted) return;
      const mendable: typeof isRetriable = progress.run === undefined ? mayStartAgain : isRetriable;
      if (!mendable(error)) throw error;
      failure = error;
    }
    if (progress.done || options.signal?.aborted) return;
    if (progress.run !== undefined) {
      options.onConnection?.({ status: 'reconnecting', attempt: 0, delayMs: 0, error: failure });
      return yield* follow(deps, progress, options);
    }
    await retry.pause(failure);
  }
}
