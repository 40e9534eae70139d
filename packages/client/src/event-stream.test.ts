/** The owner's stream: resuming, dropping what is old, waiting, and knowing when to stop. */
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient } from './client.ts';
import type { ConnectionState, EventsOptions, StreamItem } from './event-stream.ts';
import { silenceMs } from './sse.ts';
import { createManualClock } from './testing/manual-clock.ts';
import { encodeEvent, encodeEvents, recordedRun } from './testing/recorded-run.ts';
import {
  type Handler,
  type ScriptedServer,
  sendStream,
  sseHeaders,
  startScriptedServer,
} from './testing/scripted-server.ts';

let server: ScriptedServer;
beforeAll(async () => {
  server = await startScriptedServer(() => {});
});
afterAll(() => server.close());

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const done = recordedRun.slice(-1);

/** Reads until `count` items have come, or until the stream ends by itself. */
const read = async (handler: Handler, count: number, options: EventsOptions = {}) => {
  server.requests.length = 0;
  server.setHandler(handler);
  const clock = createManualClock();
  const client = createClient({ baseUrl: server.url, apiKey: 'k', clock });
  const items: StreamItem[] = [];
  for await (const item of client.events(options)) {
    items.push(item);
    if (items.length === count) break;
  }
  return { items, clock, seqs: items.map((item) => (item.kind === 'event' ? item.event.seq : item.seq)) };
};

const answer = (response: ServerResponse, status: number, headers: Record<string, string> = {}): void => {
  response.writeHead(status, headers);
  response.end(JSON.stringify({ error: { code: `CODE_${status}`, message: 'No' } }));
};

test('it resumes after the last number seen, and repeats of old numbers are dropped', async () => {
  const { seqs } = await read(
    (request, response) => {
      const again = server.requests.length > 1;
      expect(request.query.get('after')).toBe(again ? '7' : '2');
      sendStream(response, encodeEvents(again ? recordedRun : recordedRun.slice(0, 3)), 'close');
    },
    4,
    { after: 2 },
  );
  expect(seqs).toEqual([3, 4, 7, 12]);
});

test('duplicates and events out of order never reach the caller', async () => {
  const [first, second, third, fourth] = recordedRun;
  const shuffled = [first, first, third, second, third, fourth].filter((event) => event !== undefined);
  const { seqs } = await read((_request, response) => sendStream(response, encodeEvents(shuffled), 'close'), 3);
  expect(seqs).toEqual([3, 7, 12]);
});

test('characters split over chunks arrive whole', async () => {
  const whole = encodeEvents(recordedRun);
  const { items } = await read(async (_request, response) => {
    response.writeHead(200, sseHeaders);
    // One write per byte: each becomes a chunk of its own.
    for (const byte of whole) await new Promise((sent) => response.write(Uint8Array.of(byte), sent));
  }, 4);
  expect(items.map((item) => item.kind === 'event' && item.event)).toEqual(recordedRun);
});

test('forty silent seconds mean a dead connection: it opens a new one', async () => {
  const clock = createManualClock();
  server.requests.length = 0;
  server.setHandler((_request, response) => {
    if (server.requests.length > 1) return sendStream(response, encodeEvents(done), 'close');
    response.writeHead(200, sseHeaders);
    response.write(encodeEvents(recordedRun.slice(0, 1)));
  });
  const states: ConnectionState[] = [];
  const client = createClient({ baseUrl: server.url, clock });
  const events = client.events({ onConnection: (state) => states.push(state) });
  const first = await events.next();
  const second = events.next();
  expect(clock.fire(silenceMs)).toBe(1);
  expect([first, await second].map((step) => !step.done && step.value?.kind)).toEqual(['event', 'event']);
  expect(states.map((state) => state.status)).toEqual(['connected', 'reconnecting', 'connected']);
  await events.return();
});

test('a stream that says where it begins goes on from there, also when nothing was said before it broke', async () => {
  const { items } = await read((request, response) => {
    if (server.requests.length === 1)
      return sendStream(response, bytes('id: 5\nevent: start\ndata: {"seq":5}\n\n'), 'close');
    expect(request.query.get('after')).toBe('5');
    sendStream(response, encodeEvents(done), 'close');
  }, 2);
  expect(items).toEqual([
    { kind: 'start', seq: 5 },
    { kind: 'event', event: done[0] },
  ]);
});

test('a pruned past is handed over with the number to go on from', async () => {
  const { items } = await read(
    (request, response) => {
      if (server.requests.length === 1)
        return sendStream(response, bytes('event: too_old\ndata: {"oldest":9,"seq":11}\n\n'), 'close');
      expect(request.query.get('after')).toBe('11');
      sendStream(response, encodeEvents(done), 'close');
    },
    2,
    { after: 1 },
  );
  expect(items).toEqual([
    { kind: 'too_old', seq: 11, oldest: 9 },
    { kind: 'event', event: done[0] },
  ]);
});

test('an unknown kind of event is skipped but its number counts, so an older client survives a newer server', async () => {
  const { seqs } = await read((request, response) => {
    if (server.requests.length === 1)
      return sendStream(response, bytes('event: weather\nid: 10\ndata: {}\n\n'), 'close');
    expect(request.query.get('after')).toBe('10');
    sendStream(response, encodeEvents(done), 'close');
  }, 1);
  expect(seqs).toEqual([12]);
});

test.each([401, 403, 404])('a %i ends the stream with the error, because waiting would not help', async (status) => {
  const reading = read((_request, response) => answer(response, status), 1);
  await expect(reading).rejects.toMatchObject({ status, code: `CODE_${status}` });
  expect(server.requests).toHaveLength(1);
});

test.each([429, 503])('a %i waits as long as the server asks, then goes on', async (status) => {
  const { clock, seqs } = await read((_request, response) => {
    if (server.requests.length === 1) return answer(response, status, { 'retry-after': '90' });
    sendStream(response, encodeEvents(done), 'close');
  }, 1);
  expect(seqs).toEqual([12]);
  expect(clock.sleeps).toEqual([90_000]);
});

test('a revoked key that is announced inside the stream ends it, a slow reader reconnects', async () => {
  const closing = (code: string): Uint8Array => bytes(`event: error\ndata: {"code":"${code}","message":"Bye"}\n\n`);
  const revoked = read((_request, response) => sendStream(response, closing('KEY_REVOKED'), 'close'), 1);
  await expect(revoked).rejects.toMatchObject({ status: 401, code: 'KEY_REVOKED' });
  const { seqs } = await read((_request, response) => {
    sendStream(response, server.requests.length === 1 ? closing('SLOW_READER') : encodeEvents(done), 'close');
  }, 1);
  expect(seqs).toEqual([12]);
});

test('a page of somebody else in between (a login portal) is trouble, not data', async () => {
  const { seqs } = await read((_request, response) => {
    if (server.requests.length > 1) return sendStream(response, encodeEvents(done), 'close');
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end('<h1>Log in</h1>');
  }, 1);
  expect(seqs).toEqual([12]);
});

test('aborting ends a stream that waits for data at once, and frees the connection', async () => {
  const stop = new AbortController();
  let closed: Promise<unknown> = Promise.resolve();
  server.setHandler((_request, response) => {
    closed = new Promise((resolve) => response.on('close', resolve));
    response.writeHead(200, sseHeaders);
    response.write(
      encodeEvent(recordedRun[0] ?? { seq: 1, type: 'health', data: { status: 'up', degraded_features: [] } }),
    );
  });
  const client = createClient({ baseUrl: server.url, clock: createManualClock() });
  const events = client.events({ signal: stop.signal });
  await events.next();
  const pending = events.next();
  stop.abort();
  expect(await pending).toEqual({ done: true, value: undefined });
  await closed;
});

test('a stream whose signal was aborted before asks for nothing', async () => {
  const { items } = await read(() => {}, 1, { signal: AbortSignal.abort() });
  expect(items).toEqual([]);
  expect(server.requests).toHaveLength(0);
});
