import { afterEach, expect, test } from 'vitest';
import { answer, type Failure, fail, type StandIn, startStandIn, text } from './index.ts';
import { post, readEvents, requestBody, user } from './testing.ts';

let standIn: StandIn | undefined;
const slept: number[] = [];
afterEach(async () => {
  await standIn?.close();
  slept.length = 0;
});

const send = async (step: Failure | ReturnType<typeof answer>, stream = true): Promise<Response> => {
  standIn = await startStandIn({
    sleep: async (ms) => {
      slept.push(ms);
    },
  });
  standIn.script([step]);
  return post(`${standIn.url}/v1/messages`, requestBody([user('hi')], { stream }));
};

test.each([
  [fail.badRequest(), 400, 'invalid_request_error'],
  [fail.authentication(), 401, 'authentication_error'],
  [fail.permission(), 403, 'permission_error'],
  [fail.modelNotFound(), 404, 'not_found_error'],
  [fail.rateLimited({ retryAfterSeconds: 7 }), 429, 'rate_limit_error'],
  [fail.server(), 500, 'api_error'],
  [fail.overloaded(), 529, 'overloaded_error'],
])('%#: an error on command', async (step, status, type) => {
  const response = await send(step);
  expect(response.status).toBe(status);
  expect(response.headers.get('retry-after')).toBe(status === 429 ? '7' : null);
  expect(response.headers.get('x-should-retry')).toBe(status === 429 ? null : String(status >= 500));
  expect(await response.json()).toMatchObject({ type: 'error', error: { type } });
});

test('an error in the middle of a stream', async () => {
  const events = readEvents(await (await send(fail.midStream({ afterEvents: 4 }))).text());
  expect(events).toHaveLength(5);
  expect(events.at(-1)).toEqual({
    event: 'error',
    data: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
  });
});

test('an error in the middle is a plain error without a stream', async () => {
  expect((await send(fail.midStream(), false)).status).toBe(529);
});

test.each([true, false])('a cut connection, stream %s', async (stream) => {
  const response = await send(fail.cut({ afterEvents: 3 }), stream);
  expect(response.status).toBe(200);
  await expect(response.text()).rejects.toThrow();
});

test('events before a cut arrive', async () => {
  const response = await send(fail.cut({ afterEvents: 3 }));
  let received = '';
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) received += decoder.decode(chunk);
  };
  await expect(read()).rejects.toThrow();
  expect(readEvents(received).map(({ event }) => event)).toEqual(['message_start', 'ping', 'content_block_start']);
});

test('a malformed event', async () => {
  const body = await (await send(fail.malformed({ afterEvents: 2 }))).text();
  expect(() => readEvents(body)).toThrow(SyntaxError);
});

test('a trickle is slow and complete', async () => {
  const step = fail.slow({ content: [text('slow but whole')], bytesPerPiece: 100, pauseMs: 250 });
  const body = await (await send(step)).text();
  expect(readEvents(body).at(-1)?.event).toBe('message_stop');
  expect(slept).toEqual(Array.from({ length: Math.ceil(body.length / 100) }, () => 250));
});

test('pace and delay', async () => {
  const step = answer('0123456789 0123456789', { delayMs: 500, tokensPerSecond: 2 });
  await (await send(step)).text();
  expect(slept).toEqual([500, 3000]);
});

test('silence ends when the server closes', async () => {
  const opened = await startStandIn();
  opened.script([fail.silent()]);
  const pending = post(`${opened.url}/v1/messages`, requestBody([user('hi')], { stream: true }));
  const ended = expect(pending).rejects.toThrow();
  await expect.poll(() => opened.requests.count()).toBe(1);
  await opened.close();
  await ended;
});

test('silence ends when the client goes', async () => {
  standIn = await startStandIn();
  standIn.script([fail.silent(), 'after']);
  const leaving = new AbortController();
  const pending = fetch(`${standIn.url}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': 'k' },
    body: JSON.stringify(requestBody([user('hi')])),
    signal: leaving.signal,
  });
  const ended = expect(pending).rejects.toThrow();
  const { requests, url } = standIn;
  await expect.poll(() => requests.count()).toBe(1);
  leaving.abort();
  await ended;
  expect((await post(`${url}/v1/messages`, requestBody([user('hi')]))).status).toBe(200);
});
