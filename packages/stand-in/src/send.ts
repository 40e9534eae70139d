/**
 * Sends a delivery over a Node response. Stops quietly when the client goes; waits when the client reads slowly.
 * Invariant: settles for every delivery, at the latest when the connection is closed.
 */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Delivery } from './delivery.ts';

/** Waits; ends early, without failing, when the signal is aborted. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

export const systemSleep: Sleep = async (ms, signal) => {
  await delay(ms, undefined, { signal }).catch(() => undefined);
};

export interface SendDeps {
  outgoing: ServerResponse;
  sleep: Sleep;
  /** The first piece is on its way. */
  onFirstPiece: () => void;
}

const closed = (outgoing: ServerResponse): AbortSignal => {
  const gone = new AbortController();
  if (outgoing.destroyed || outgoing.closed) gone.abort();
  outgoing.once('close', () => gone.abort());
  return gone.signal;
};

const untilGone = async (gone: AbortSignal): Promise<void> => {
  if (!gone.aborted) await once(gone, 'abort');
};

const writePieces = async (delivery: Delivery, deps: SendDeps, gone: AbortSignal): Promise<void> => {
  const { outgoing, sleep } = deps;
  for (const [at, { data, pauseMs }] of delivery.pieces.entries()) {
    if (pauseMs > 0) await sleep(pauseMs, gone);
    if (gone.aborted) return;
    const hasRoom = outgoing.write(data);
    if (at === 0) deps.onFirstPiece();
    if (!hasRoom) await once(outgoing, 'drain', { signal: gone }).catch(() => undefined);
  }
};

export const send = async (delivery: Delivery, deps: SendDeps): Promise<void> => {
  const { outgoing, sleep } = deps;
  const gone = closed(outgoing);
  if (delivery.delayMs > 0) await sleep(delivery.delayMs, gone);
  if (delivery.ending === 'silence') return untilGone(gone);
  if (gone.aborted) return;
  outgoing.writeHead(delivery.status, delivery.headers);
  await writePieces(delivery, deps, gone);
  if (gone.aborted) return;
  if (delivery.ending === 'end') {
    outgoing.end();
    return;
  }
  // What was written must reach the client before the socket dies, or a cut after N events would lose some of them.
  await new Promise<void>((resolve) => outgoing.write('', () => resolve()));
  outgoing.socket?.destroySoon();
};
