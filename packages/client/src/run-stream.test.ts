/** A run must look the same whatever happens to its connections. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient } from './client.ts';
import { createManualClock } from './testing/manual-clock.ts';
import { encodeEvent, encodeEvents, otherRunId, recordedRun, runId, sessionId } from './testing/recorded-run.ts';
import { type Handler, type ScriptedServer, sendStream, startScriptedServer } from './testing/scripted-server.ts';

let server: ScriptedServer;
beforeAll(async () => {
  server = await startScriptedServer(() => {});
});
afterAll(() => server.close());

const begin = (handler: Handler, random = 0) => {
  server.requests.length = 0;
  server.setHandler(handler);
  const clock = createManualClock(random);
  return { clock, client: createClient({ baseUrl: server.url, apiKey: 'k', clock }) };
};

const collect = async <Item>(items: AsyncIterable<Item>): Promise<Item[]> => {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
};

/** Plays the recorded run; the nth answer is cut after cuts[n] bytes, later ones are whole. */
const cutting = (cuts: readonly number[]): Handler => {
  let answer = 0;
  return (request, response) => {
    const cut = cuts[answer++];
    const after = Number(request.query.get('after') ?? 0);
    const bytes = encodeEvents(recordedRun.filter((event) => event.seq > after));
    if (cut === undefined) return sendStream(response, bytes, 'close');
    if (cut === 0) return void response.socket?.destroy();
    sendStream(response, bytes.subarray(0, cut), 'break');
  };
};

const wholeBytes = encodeEvents(recordedRun).length;

test('a stream cut at any byte still shows the whole run, each event once and in order', async () => {
  for (let cut = 0; cut < wholeBytes; cut++) {
    const { client } = begin(cutting([cut]));
    expect(await collect(client.stream({ prompt: 'Hi' })), `cut after ${cut} bytes`).toEqual(recordedRun);
    const ids = server.requests.filter((r) => r.method === 'POST').map((r) => JSON.parse(r.body).client_message_id);
    expect(new Set(ids).size, 'every repeated POST carries the same id').toBe(1);
  }
}, 60_000);

test('any series of cuts, on the first connection and on later ones, changes nothing', async () => {
  const cuts = fc.array(fc.nat({ max: wholeBytes - 1 }), { maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(cuts, async (series) => {
      const { client } = begin(cutting(series));
      expect(await collect(client.stream({ prompt: 'Hi' }))).toEqual(recordedRun);
    }),
    { numRuns: 60 },
  );
}, 60_000);

test('after a cut the rest comes from the events of that session, and other runs stay out', async () => {
  const { client } = begin((request, response) => {
    if (request.method === 'POST') return sendStream(response, encodeEvents(recordedRun.slice(0, 2)), 'break');
    const mixed = recordedRun
      .slice(2)
      .flatMap((event) => [
        encodeEvent({ ...event, seq: event.seq - 1 }).replaceAll(runId, otherRunId),
        encodeEvent(event),
      ]);
    sendStream(response, new TextEncoder().encode(mixed.join('')), 'close');
  });
  expect(await collect(client.stream({ prompt: 'Hi' }))).toEqual(recordedRun);
  const resumed = server.requests[1];
  expect(resumed?.path).toBe('/api/v1/events');
  expect(resumed?.query.get('after')).toBe('4');
  expect(resumed?.query.get('session_id')).toBe(sessionId);
});

test('a stream that the server closes before `done` is continued too, for a parked run goes on later', async () => {
  const { client } = begin((request, response) => {
    const events = request.method === 'POST' ? recordedRun.slice(0, 1) : recordedRun;
    sendStream(response, encodeEvents(events), 'close');
  });
  expect(await collect(client.resume(sessionId, { prompt: 'Hi' }))).toEqual(recordedRun);
  expect(server.requests[0]?.path).toBe(`/api/v1/sessions/${sessionId}/resume`);
});

test('nothing is read after `done`, even when the server keeps the connection open', async () => {
  const { client } = begin((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(encodeEvents(recordedRun));
  });
  expect(await collect(client.fork(sessionId, { prompt: 'Hi' }))).toEqual(recordedRun);
});

test("the caller's own client_message_id is kept", async () => {
  const { client } = begin((_request, response) => sendStream(response, encodeEvents(recordedRun), 'close'));
  await collect(client.stream({ prompt: 'Hi', client_message_id: 'mine' }));
  expect(JSON.parse(server.requests[0]?.body ?? '').client_message_id).toBe('mine');
});

test('a start that keeps failing is reported after four tries, with waits that grow', async () => {
  const { client, clock } = begin((_request, response) => void response.socket?.destroy(), 0.999);
  await expect(collect(client.stream({ prompt: 'Hi' }))).rejects.toMatchObject({ code: 'NETWORK', status: 0 });
  expect(server.requests).toHaveLength(4);
  expect(clock.sleeps.map((ms) => Math.round(ms / 100))).toEqual([10, 20, 40]);
});

test('a refused start is reported at once', async () => {
  const { client } = begin((_request, response) => {
    response.writeHead(422, { 'content-type': 'application/json', 'x-correlation-id': 'c1' });
    response.end(JSON.stringify({ error: { code: 'VALIDATION_ERROR', message: 'No', details: { issues: [] } } }));
  });
  const failure = { code: 'VALIDATION_ERROR', status: 422, correlationId: 'c1', details: { issues: [] } };
  await expect(collect(client.stream({ prompt: '' }))).rejects.toMatchObject(failure);
  expect(server.requests).toHaveLength(1);
});

test('a start waits out a short Retry-After, but reports a long one', async () => {
  let retryAfter = '7';
  const { client, clock } = begin((_request, response) => {
    if (server.requests.length > 1) return sendStream(response, encodeEvents(recordedRun), 'close');
    response.writeHead(503, { 'retry-after': retryAfter });
    response.end();
  });
  expect(await collect(client.stream({ prompt: 'Hi' }))).toEqual(recordedRun);
  expect(clock.sleeps).toEqual([7000]);
  retryAfter = '120';
  server.requests.length = 0;
  await expect(collect(client.stream({ prompt: 'Hi' }))).rejects.toMatchObject({ status: 503, retryAfter: 120 });
});

test('a run whose events have been pruned ends with an error instead of a gap', async () => {
  const { client } = begin((request, response) => {
    if (request.method === 'POST') return sendStream(response, encodeEvents(recordedRun.slice(0, 1)), 'break');
    const tooOld = 'event: too_old\ndata: {"oldest":50,"seq":60}\n\n';
    sendStream(response, new TextEncoder().encode(tooOld), 'close');
  });
  await expect(collect(client.stream({ prompt: 'Hi' }))).rejects.toMatchObject({
    code: 'EVENTS_LOST',
    details: { session_id: sessionId },
  });
});

test('aborting ends the iteration at once and without an error', async () => {
  const { client } = begin((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(encodeEvents(recordedRun.slice(0, 1)));
  });
  const stop = new AbortController();
  const seen: string[] = [];
  for await (const event of client.stream({ prompt: 'Hi' }, { signal: stop.signal })) {
    seen.push(event.type);
    stop.abort();
  }
  expect(seen).toEqual(['status']);
});

test('the caller is told that the connection went and came back', async () => {
  const { client } = begin(cutting([encodeEvents(recordedRun.slice(0, 2)).length + 5]));
  const states: string[] = [];
  await collect(client.stream({ prompt: 'Hi' }, { onConnection: (state) => states.push(state.status) }));
  expect(states).toEqual(['connected', 'reconnecting', 'connected']);
});
