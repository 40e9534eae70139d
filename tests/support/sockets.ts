/** A WebSocket client for tests: the frames that arrived, waiting for one, how it ended. */
import { until } from './until.ts';

export interface Socket {
  readonly frames: Record<string, unknown>[];
  /** The close code; null while it is open. */
  readonly code: number | null;
  send(frame: unknown): void;
  sendRaw(data: string | Uint8Array<ArrayBuffer>): void;
  next(
    what: string,
    fits: (frame: Record<string, unknown>) => boolean,
    limitMs?: number,
  ): Promise<Record<string, unknown>>;
  /** Resolves with the close code. */
  end(limitMs?: number): Promise<number>;
  close(): void;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

export const socketPath = '/api/v1/query/ws';

export const openSocket = async (url: string, headers: Record<string, string> = {}): Promise<Socket> => {
  const ws = new WebSocket(`${url.replace('http', 'ws')}${socketPath}`, { headers });
  const frames: Record<string, unknown>[] = [];
  let code: number | null = null;
  ws.addEventListener('message', ({ data }) => {
    const frame: unknown = JSON.parse(String(data));
    if (isRecord(frame)) frames.push(frame);
  });
  ws.addEventListener('close', (event) => {
    code = event.code;
  });
  ws.addEventListener('error', () => {});
  await until('the open socket', () => ws.readyState !== WebSocket.CONNECTING);
  return {
    frames,
    get code() {
      return code;
    },
    send: (frame) => ws.send(JSON.stringify(frame)),
    sendRaw: (data) => ws.send(data),
    next: (what, fits, limitMs = 5_000) => until(what, () => frames.find(fits), limitMs),
    async end(limitMs = 5_000) {
      await until('the end of the socket', () => code !== null, limitMs);
      return code ?? 0;
    },
    close: () => ws.close(),
  };
};

/** The data of the run events that came over the socket, in order. */
export const eventsOf = (socket: Socket): { type: string; seq: number | null; data: unknown }[] =>
  socket.frames
    .filter((frame) => frame.type === 'sse_event')
    .map(({ event, id, data }) => ({ type: String(event), seq: typeof id === 'number' ? id : null, data }));
