import { afterEach, expect, test } from 'vitest';
import { answer, fail, type StandIn, type StandInOptions, startStandIn, text, thinking, toolUse } from './index.ts';
import { offers, post, readEvents, readReply, requestBody, user } from './testing.ts';

let standIn: StandIn | undefined;
const start = async (options: StandInOptions = {}): Promise<StandIn> => {
  standIn = await startStandIn(options);
  return standIn;
};
afterEach(async () => {
  await standIn?.close();
  standIn = undefined;
});

const body = (extra: Record<string, unknown> = {}) => requestBody([user('hello')], extra);

test('a script is answered in order, and then the brain speaks', async () => {
  const { url, script, requests } = await start();
  script(['one', text('two')]);
  const texts: unknown[] = [];
  for (let turn = 0; turn < 3; turn += 1) {
    const message = await readReply(await post(`${url}/v1/messages`, body()));
    texts.push(message.content[0]?.text);
  }
  expect(texts.slice(0, 2)).toEqual(['one', 'two']);
  expect(texts[2]).toContain('demo model');
  expect(requests.all().map(({ answeredBy }) => answeredBy)).toEqual(['script', 'script', 'brain']);
});

test('the answer has the shape of the API', async () => {
  const { url, script } = await start();
  script([[text('Looking.'), toolUse('Bash', { command: 'ls' })]]);
  const response = await post(`${url}/v1/messages`, body());
  expect(response.headers.get('request-id')).toMatch(/^req_/);
  expect(response.headers.get('content-type')).toContain('application/json');
  expect(await response.json()).toMatchObject({
    id: expect.stringMatching(/^msg_01/),
    type: 'message',
    role: 'assistant',
    model: 'claude-opus-5-5',
    stop_reason: 'tool_use',
    stop_sequence: null,
    content: [
      { type: 'text', text: 'Looking.' },
      { type: 'tool_use', id: expect.stringMatching(/^toolu_01/), name: 'Bash', input: { command: 'ls' } },
    ],
    usage: { cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 7 },
  });
});

test('a stream has the events of the API in their order', async () => {
  const { url, script } = await start();
  script([[thinking('Hm.'), text('Hello there'), toolUse('A', { x: 1 }), toolUse('B')]]);
  const response = await post(`${url}/v1/messages`, body({ stream: true }));
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const events = readEvents(await response.text());
  const names = events.map(({ event, data }) => `${event}${data.index === undefined ? '' : ` ${data.index}`}`);
  expect(names.slice(0, 3)).toEqual(['message_start', 'ping', 'content_block_start 0']);
  expect(names.filter((name) => name.startsWith('content_block_stop'))).toHaveLength(4);
  expect(names.slice(-2)).toEqual(['message_delta', 'message_stop']);
  const deltas = events.flatMap(({ data }) => (data.delta ? [data.delta] : []));
  expect(deltas).toContainEqual({ type: 'signature_delta', signature: expect.any(String) });
  expect(deltas).toContainEqual({ type: 'input_json_delta', partial_json: '{"x":1}' });
  expect(deltas.at(-1)).toEqual({ stop_reason: 'tool_use', stop_sequence: null });
});

test('stop reasons can be chosen', async () => {
  const { url, script } = await start();
  script([answer('no', { stopReason: 'refusal' }), answer('a', { stopReason: 'stop_sequence', stopSequence: 'END' })]);
  const refused = await readReply(await post(`${url}/v1/messages`, body()));
  expect(refused.stop_reason).toBe('refusal');
  const stopped = await readReply(await post(`${url}/v1/messages`, body()));
  expect([stopped.stop_reason, stopped.stop_sequence]).toEqual(['stop_sequence', 'END']);
});

test('a text longer than allowed is cut off', async () => {
  const { url, script } = await start();
  script(['0123456789']);
  const message = await readReply(await post(`${url}/v1/messages`, body({ max_tokens: 2 })));
  expect([message.content[0]?.text, message.stop_reason]).toEqual(['01234567', 'max_tokens']);
});

test('a session can have its own script', async () => {
  const { url, script, scriptFor, requests } = await start();
  script([{ ...answer('general'), repeat: true }]);
  scriptFor('mine', ['special']);
  const said = async (session: string): Promise<string | undefined> => {
    const headers = { 'x-api-key': 'k', 'x-claude-code-session-id': session };
    return (await readReply(await post(`${url}/v1/messages`, body(), headers))).content[0]?.text;
  };
  expect([await said('other'), await said('mine'), await said('mine')]).toEqual(['general', 'special', 'general']);
  expect(requests.forSession('mine')).toHaveLength(2);
});

test('credentials: either header will do, none is refused, and the owner may be choosy', async () => {
  const { url, requests } = await start({ acceptKey: (key) => (key === 'good' ? 'ok' : 'invalid') });
  const status = async (headers: Record<string, string>) => (await post(`${url}/v1/messages`, body(), headers)).status;
  expect(await status({ 'x-api-key': 'good' })).toBe(200);
  expect(await status({ authorization: 'Bearer good' })).toBe(200);
  expect(await status({ 'x-api-key': 'bad' })).toBe(401);
  const response = await post(`${url}/v1/messages`, body(), {});
  expect(response.status).toBe(401);
  expect(await response.json()).toEqual({
    type: 'error',
    error: { type: 'authentication_error', message: 'x-api-key header is required' },
    request_id: response.headers.get('request-id'),
  });
  expect(requests.count()).toBe(2);
});

test.each([
  ['{"model":', 400, 'invalid_request_error'],
  [{ model: 'claude-opus-5-5', max_tokens: 10 }, 400, 'invalid_request_error'],
  [{ model: 'gpt', max_tokens: 10, messages: [user('hi')] }, 404, 'not_found_error'],
  [{ model: 'claude-x', max_tokens: 10, messages: [user('x'.repeat(3000))] }, 413, 'request_too_large'],
])('a bad body is refused: %#', async (sent, status, type) => {
  const { url } = await start({ maxBodyBytes: 2000 });
  const response = await post(`${url}/v1/messages`, sent);
  expect(response.status).toBe(status);
  expect((await readReply(response)).error.type).toBe(type);
  expect(response.headers.get('request-id')).toMatch(/^req_/);
});

test('tokens are counted, and unknown fields do no harm', async () => {
  const { url } = await start();
  const sent = { model: 'claude-opus-5-5', messages: [user('12345678')], tools: offers('A'), something_new: { a: 1 } };
  const { input_tokens } = await readReply(await post(`${url}/v1/messages/count_tokens`, sent));
  expect(input_tokens).toBe(2 + Math.ceil(JSON.stringify(offers('A')[0]).length / 4));
});

test('models are listed and looked up; the rest is not found', async () => {
  const { url } = await start();
  const get = (path: string, method = 'GET') => fetch(`${url}${path}`, { method, headers: { 'x-api-key': 'k' } });
  const { data } = await readReply(await get('/v1/models'));
  expect((await readReply(await get(`/v1/models/${data[0]?.id}`))).type).toBe('model');
  expect((await get('/v1/models/none')).status).toBe(404);
  expect((await readReply(await get('/v1/organizations/me'))).error.type).toBe('not_found_error');
  expect([(await get('/')).status, (await get('/', 'HEAD')).status]).toEqual([200, 200]);
});

test('the log is bounded and can be forgotten', async () => {
  const { url, requests, reset } = await start({ maxRequests: 2 });
  for (const word of ['a', 'b', 'c']) await post(`${url}/v1/messages`, requestBody([user(word)]));
  expect(requests.all().map(({ request }) => request.prompt)).toEqual(['b', 'c']);
  expect(requests.count()).toBe(3);
  expect(requests.last()?.key).toBe('sk-test');
  reset();
  expect(requests.all()).toEqual([]);
});

test('ids of one conversation never repeat, also after a restart', async () => {
  const ids = new Set<string>();
  for (const messages of [[user('a')], [user('a'), { role: 'assistant' as const, content: 'b' }, user('a')]]) {
    const server = await startStandIn();
    ids.add((await readReply(await post(`${server.url}/v1/messages`, requestBody(messages)))).id);
    await server.close();
  }
  expect(ids.size).toBe(2);
});

test('a brain that throws is an API error', async () => {
  const { url } = await start({
    brain: () => {
      throw new Error('no idea');
    },
  });
  const response = await post(`${url}/v1/messages`, body());
  expect(response.status).toBe(500);
  expect((await readReply(response)).error.message).toContain('no idea');
});

test('remote control is closed unless asked for', async () => {
  const { url } = await start();
  expect((await post(`${url}/stand-in/script`, { steps: [] })).status).toBe(404);
  expect((await fetch(`${url}/stand-in/requests`)).status).toBe(404);
});

test('says how long it took to the first piece of each answer, until it is told to forget', async () => {
  const { url, script, requests } = await start({ control: true, sleep: async () => {} });
  const times = async () => (await readReply(await fetch(`${url}/stand-in/times`))).times;
  expect(await times()).toEqual([]);
  script([answer('late', { delayMs: 60_000 }), fail.overloaded()]);
  for (const stream of [true, false]) await (await post(`${url}/v1/messages`, body({ stream }))).text();
  expect(await times()).toEqual([expect.any(Number), expect.any(Number)]);
  expect(requests.times().every((ms) => ms > 0 && ms < 60_000)).toBe(true);
  await post(`${url}/stand-in/reset`, {});
  expect(await times()).toEqual([]);
});

test('remote control sets scripts, for all or for one session, and shows requests without credentials', async () => {
  const { url } = await start({ control: true });
  const steps = [
    'by hand',
    { kind: 'failure', fault: { type: 'http', status: 529, errorType: 'overloaded_error', message: 'x' } },
  ];
  expect((await post(`${url}/stand-in/script`, { steps })).status).toBe(200);
  expect((await post(`${url}/stand-in/script`, { steps: ['s'], sessionId: 'mine' })).status).toBe(200);
  expect((await post(`${url}/stand-in/script`, { steps: [{ kind: 'nothing' }] })).status).toBe(400);
  expect((await readReply(await post(`${url}/v1/messages`, body()))).content[0]?.text).toBe('by hand');
  expect((await post(`${url}/v1/messages`, body())).status).toBe(529);
  const logged = await (await fetch(`${url}/stand-in/requests`)).text();
  expect(JSON.parse(logged).count).toBe(2);
  expect(logged).not.toContain('sk-test');
  await post(`${url}/stand-in/reset`, {});
  expect((await readReply(await fetch(`${url}/stand-in/requests`))).count).toBe(0);
});
