/** `WS /api/v1/query/ws`: who gets in, what frames do, and what a rude client can do to it (case 43). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testKey } from './harness.ts';
import { faultsOfRun, text } from './support/events.ts';
import { makeKey, makeOwner } from './support/owners.ts';
import { tryUpgrade } from './support/requests.ts';
import { eventsOf, openSocket, type Socket, socketPath } from './support/sockets.ts';
import { startTalks, type Talks } from './support/talks.ts';

let talks: Talks;
beforeAll(async () => {
  talks = await startTalks();
});
afterAll(() => talks.close());

const open = async (key = testKey): Promise<Socket> => openSocket(talks.url, { 'X-API-Key': key });
const isAck = (frame: Record<string, unknown>): boolean => frame.type === 'ack';
const isEvent = (name: string) => (frame: Record<string, unknown>) =>
  frame.type === 'sse_event' && frame.event === name;
const isError = (code: string) => (frame: Record<string, unknown>) => frame.type === 'error' && frame.code === code;

/** Says something and waits for the end of the run. */
const talk = async (socket: Socket, prompt: string): Promise<void> => {
  socket.send({ type: 'prompt', prompt });
  await socket.next('the end of the run', isEvent('done'));
};

describe('the upgrade', () => {
  it.each<[string, string, Record<string, string>, number]>([
    ['a key in the URL', `${socketPath}?api_key=${testKey}`, {}, 400],
    ['a key in the URL beside a good one', `${socketPath}?token=x`, { 'X-API-Key': testKey }, 400],
    ['a wrong key', socketPath, { 'X-API-Key': 'wrong-key-0123456789-abcdef' }, 401],
    ['a wrong Bearer', socketPath, { Authorization: 'Bearer wrong-key-0123456789-abcdef' }, 401],
    ['a bad key with a good Bearer', socketPath, { 'X-API-Key': 'x', Authorization: `Bearer ${testKey}` }, 401],
    ['a foreign origin', socketPath, { 'X-API-Key': testKey, Origin: 'https://evil.example' }, 403],
    ['a foreign origin without a key', socketPath, { Origin: 'https://evil.example' }, 403],
    ['the origin "null"', socketPath, { 'X-API-Key': testKey, Origin: 'null' }, 403],
    ['a foreign host', socketPath, { 'X-API-Key': testKey, Host: 'evil.example' }, 421],
    ['another path', '/api/v1/stream', { 'X-API-Key': testKey }, 404],
    ['a path with a slash more', `${socketPath}/`, { 'X-API-Key': testKey }, 404],
    ['a good key', socketPath, { 'X-API-Key': testKey }, 101],
    ['a good Bearer', socketPath, { Authorization: `Bearer ${testKey}` }, 101],
    ['our own origin', socketPath, { 'X-API-Key': testKey, Host: 'localhost', Origin: 'http://localhost' }, 101],
  ])('with %s', async (_name, path, headers, status) => {
    expect(await tryUpgrade(talks.url, path, headers)).toBe(status);
  });

  it('a plain GET of the socket path is no way in', async () => {
    expect([400, 404, 426]).toContain((await talks.fetch(socketPath)).status);
  });
});

describe('signing in with the first frame', () => {
  it('works, and nothing does before it', async () => {
    const early = await openSocket(talks.url);
    early.send({ type: 'prompt', prompt: 'hello' });
    await early.next('the refusal', isError('AUTHENTICATION_ERROR'));
    expect(await early.end()).toBe(4401);

    const socket = await openSocket(talks.url);
    socket.send({ type: 'auth', api_key: testKey });
    await socket.next('the acknowledgement', isAck);
    await talk(socket, 'hello');
    socket.send({ type: 'auth', api_key: testKey });
    await socket.next('the refusal of a second sign-in', isError('CONFLICT'));
    socket.close();
  });

  it('with a wrong key ends the socket', async () => {
    const socket = await openSocket(talks.url);
    socket.send({ type: 'auth', api_key: 'wrong-key-0123456789-abcdef' });
    await socket.next('the refusal', isError('AUTHENTICATION_ERROR'));
    expect(await socket.end()).toBe(4401);
  });
});

describe('frames', () => {
  it('a prompt is acknowledged and answered with the events of its run, and no others', async () => {
    const [socket, other] = [await open(), await open()];
    await talk(socket, 'hello');
    const ack = await socket.next('the acknowledgement', isAck);
    expect(ack).toMatchObject({ message: 'started', run_id: expect.any(String), session_id: expect.any(String) });
    const events = eventsOf(socket);
    expect(faultsOfRun(events)).toEqual([]);
    expect(events.every(({ data }) => text(data, 'run_id') === ack.run_id)).toBe(true);
    expect(other.frames).toEqual([]);
    socket.close();
    other.close();
  });

  it('partial events come only when they are asked for, as on the other transports', async () => {
    const socket = await open();
    await talk(socket, 'three little words');
    expect(eventsOf(socket).filter(({ type }) => type === 'partial')).toEqual([]);
    socket.close();
    const eager = await open();
    eager.send({ type: 'prompt', prompt: 'three little words', include_partial_messages: true });
    await eager.next('a partial', isEvent('partial'));
    eager.close();
  });

  it('interrupt, answer and control do what their routes do', async () => {
    const socket = await open();
    socket.send({ type: 'prompt', prompt: 'hang' });
    const { session_id } = await socket.next('the acknowledgement', isAck);
    await socket.next('the first words', isEvent('message'));
    socket.send({ type: 'control', session_id, permission_mode: 'plan' });
    await socket.next('control', (frame) => isAck(frame) && frame.message === 'control');
    expect((await talks.json(`/api/v1/sessions/${String(session_id)}`)).body).toMatchObject({
      permission_mode: 'plan',
    });
    socket.send({ type: 'interrupt', session_id });
    const done = await socket.next('the end', isEvent('done'));
    expect(done.data).toMatchObject({ reason: 'interrupted' });
    socket.send({ type: 'interrupt', session_id });
    await socket.next('the conflict', isError('CONFLICT'));
    socket.close();

    const asker = await open();
    asker.send({ type: 'prompt', prompt: 'ask' });
    const question = await asker.next('the question', isEvent('question'));
    asker.send({ type: 'answer', session_id: text(question.data, 'session_id'), answer: 'left' });
    await asker.next('the end', isEvent('done'));
    asker.close();
  });

  it('"continue the last conversation" means the same as over HTTP', async () => {
    const { key } = await makeOwner(talks);
    const before = await talks.post('/api/v1/query/single', { prompt: 'first' }, key);
    const socket = await open(key);
    socket.send({ type: 'prompt', prompt: 'second', continue_conversation: true });
    const ack = await socket.next('the acknowledgement', isAck);
    expect(ack.session_id).toBe(text(before.body, 'session_id'));
    socket.close();
  });

  it('a foreign session is one that never existed, for every frame', async () => {
    const stranger = await makeOwner(talks);
    const session = await talks.newSession();
    for (const frame of [
      { type: 'prompt', prompt: 'a' },
      { type: 'prompt', prompt: 'a', fork_session: true },
      { type: 'interrupt' },
      { type: 'answer', answer: 'a' },
      { type: 'control', permission_mode: 'plan' },
    ]) {
      const answers = [];
      for (const session_id of [session, crypto.randomUUID()]) {
        const socket = await open(stranger.key);
        socket.send({ ...frame, session_id });
        answers.push(await socket.next('the refusal', ({ type }) => type === 'error'));
        socket.close();
      }
      expect(answers[0], frame.type).toEqual(answers[1]);
    }
  });

  it.each([
    '',
    '{',
    'null',
    '[]',
    '1',
    '{}',
    '{"type":"unknown"}',
    '{"type":["prompt"]}',
    '{"type":"prompt"}',
    '{"type":"prompt","prompt":""}',
    '{"type":"prompt","prompt":"a","owner_id":"x"}',
    '{"type":"prompt","prompt":"a","session_id":"x"}',
    '{"type":"interrupt"}',
    '{"type":"control","permission_mode":"yolo"}',
    '{"type":"__proto__"}',
    '['.repeat(50_000),
  ])('the frame %.40j gets an error, and the socket goes on', async (raw) => {
    const socket = await open((await makeKey(talks)).key);
    socket.sendRaw(raw);
    const error = await socket.next('the error', ({ type }) => type === 'error');
    expect(JSON.stringify(error).length).toBeLessThan(2_000);
    await talk(socket, 'hello');
    socket.close();
  });

  it('a binary frame gets an error, a frame of 100 MB ends the socket, and the server lives on', async () => {
    const socket = await open();
    socket.sendRaw(new Uint8Array([1, 2, 3]));
    await socket.next('the error', isError('BAD_REQUEST'));
    socket.sendRaw('x'.repeat(100 * 1024 * 1024));
    expect([1006, 1009]).toContain(await socket.end(20_000));
    expect((await talks.fetch('/api/v1/auth/me')).status).toBe(200);
  });

  it('before the sign-in only small frames are taken', async () => {
    const socket = await openSocket(talks.url);
    socket.sendRaw(JSON.stringify({ type: 'auth', api_key: testKey, padding: 'x'.repeat(1024 * 1024) }));
    expect(await socket.end()).not.toBe(1000);
    expect(socket.frames.some(isAck)).toBe(false);
  });

  it('prompts count towards the limit of the key', async () => {
    const socket = await open((await makeKey(talks)).key);
    for (let index = 0; index < 70; index += 1) socket.send({ type: 'prompt', prompt: 'hello' });
    await socket.next('the limit', isError('RATE_LIMIT_EXCEEDED'), 20_000);
    socket.close();
  });
});

describe('many sockets', () => {
  it('are at most 20 for a key, whichever way they sign in, and a closed one makes room', async () => {
    const { key } = await makeKey(talks);
    const sockets = await Promise.all(Array.from({ length: 20 }, () => open(key)));
    for (const socket of sockets) await talkQuietly(socket);
    expect(await (await open(key)).end()).toBe(4429);
    const late = await openSocket(talks.url);
    late.send({ type: 'auth', api_key: key });
    await late.next('the refusal', isError('RATE_LIMIT_EXCEEDED'));
    late.close();
    sockets[0]?.close();
    await sockets[0]?.end();
    const next = await open(key);
    await talkQuietly(next);
    for (const socket of [...sockets, next]) socket.close();
  });
});

/** A frame that costs nothing, to know that the socket is signed in. */
const talkQuietly = async (socket: Socket): Promise<void> => {
  socket.send({ type: 'auth', api_key: 'x' });
  await socket.next('the answer', isError('CONFLICT'));
};

describe('a key that ends', () => {
  it.each(['revoked', 'rotated'])('%s: its sockets close within 1.5 s', async (how) => {
    const { key, keyId } = await makeKey(talks);
    const socket = await open(key);
    await talkQuietly(socket);
    if (how === 'revoked') await talks.fetch(`/api/v1/api-keys/${keyId}`, { method: 'DELETE' });
    else await talks.post(`/api/v1/api-keys/${keyId}/rotate`);
    expect(await socket.end(1_500)).toBe(4401);
  });
});
