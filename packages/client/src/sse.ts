/**
 * Reads the messages of one event stream body. Ends normally when the server closes it or the signal aborts, and throws a
 * `NETWORK` error when the connection breaks or stays silent for too long: a keep-alive comment comes every 15 s, so
 * silence means a dead connection that nobody has told us about. The body is always cancelled on the way out.
 */
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { networkError } from './api-error.ts';
import type { Clock } from './clock.ts';

export const silenceMs = 40_000;
/** A single event is bounded by the server; more than this is not our server. */
const maxBufferedChars = 64 * 1024 * 1024;

export interface SseOptions {
  clock: Clock;
  signal?: AbortSignal;
  /** Called for every piece that arrives, keep-alive comments included. */
  onActivity?: () => void;
}

type Chunk = { done: boolean; value?: Uint8Array };
type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** One read, raced against silence and the caller's signal. An abort reads as the end. */
const readChunk = (reader: Reader, { clock, signal }: SseOptions): Promise<Chunk> =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) return resolve({ done: true });
    const abort = (): void => settle(() => resolve({ done: true }));
    const cancelTimer = clock.timer(silenceMs, () =>
      settle(() => reject(networkError('The connection has been silent for too long'))),
    );
    const settle = (act: () => void): void => {
      cancelTimer();
      signal?.removeEventListener('abort', abort);
      act();
    };
    signal?.addEventListener('abort', abort);
    reader.read().then(
      (chunk) => settle(() => resolve(chunk)),
      (error: unknown) => settle(() => reject(networkError('The connection broke', error))),
    );
  });

export async function* readSse(
  body: ReadableStream<Uint8Array>,
  options: SseOptions,
): AsyncGenerator<EventSourceMessage, void, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let messages: EventSourceMessage[] = [];
  const parser = createParser({ maxBufferSize: maxBufferedChars, onEvent: (message) => void messages.push(message) });
  try {
    for (;;) {
      const chunk = await readChunk(reader, options);
      if (chunk.done) return;
      options.onActivity?.();
      parser.feed(decoder.decode(chunk.value, { stream: true }));
      const ready = messages;
      messages = [];
      for (const message of ready) {
        if (options.signal?.aborted) return;
        yield message;
      }
    }
  } finally {
    // A body that has already failed rejects here with the error we have just reported.
    await reader.cancel().catch(() => {});
  }
}
