/**
 * Server-sent events with a bound. What a slow reader has not taken yet waits in a buffer; when that is full the reader
 * is told so with an `error` event and let go, and the run goes on without it. It can come back with `after`.
 */
import type { Context } from 'hono';
import type { HttpEnv } from './context.ts';

export interface SseStream {
  readonly response: Response;
  /** False when the reader is gone or was let go. */
  send(event: { event: string; data: unknown; id?: number }): boolean;
  close(): void;
}

export interface SseOptions {
  onClose: () => void;
  maxBufferedBytes?: number;
  keepAliveMs?: number;
  setTimer: (ms: number, fn: () => void) => () => void;
}

const encoder = new TextEncoder();

const slowReader = {
  event: 'error',
  data: { code: 'SLOW_READER', message: 'This connection reads too slowly and was closed. Reconnect to continue.' },
};

const frame = ({ event, data, id }: { event: string; data: unknown; id?: number }): Uint8Array =>
  encoder.encode(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);

export const openSse = (c: Context<HttpEnv>, options: SseOptions): SseStream => {
  const limit = options.maxBufferedBytes ?? 16 * 1024 * 1024;
  let open = true;
  let cancelTimer = (): void => {};
  let stream: ReadableStreamDefaultController<Uint8Array>;

  const end = (): void => {
    if (!open) return;
    open = false;
    cancelTimer();
    options.onClose();
  };

  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        stream = controller;
      },
      cancel: end,
    },
    { highWaterMark: limit, size: (chunk) => chunk.byteLength },
  );

  const close = (): void => {
    if (!open) return;
    end();
    stream.close();
  };

  const write = (bytes: Uint8Array): boolean => {
    if (!open) return false;
    if ((stream.desiredSize ?? 0) < bytes.byteLength) {
      stream.enqueue(frame(slowReader));
      close();
      return false;
    }
    stream.enqueue(bytes);
    return true;
  };

  const keepAlive = (): void => {
    cancelTimer = options.setTimer(options.keepAliveMs ?? 15_000, () => {
      if (write(encoder.encode(': keep-alive\n\n'))) keepAlive();
    });
  };

  // A first comment makes the headers leave at once, so that a client knows it is connected.
  write(encoder.encode(': open\n\n'));
  keepAlive();
  // Nobody reads the body of an answer to HEAD.
  if (c.req.method === 'HEAD') close();
  return {
    response: c.body(body, 200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store, no-transform',
      'X-Accel-Buffering': 'no',
      Connection: 'keep-alive',
    }),
    send: (event) => write(frame(event)),
    close,
  };
};
