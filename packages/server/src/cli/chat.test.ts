/** The whole chat over the real client and an injected fetch: typing, approvals, stopping, leaving. */
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { type ChatOptions, runChat } from './chat.ts';
import { createEvents, createFakeHearth, sessionId } from './testing/fake-hearth.ts';

/** A terminal of two streams: what was written can be waited for. */
const createTerminal = () => {
  const input = new PassThrough();
  const output = new PassThrough();
  let text = '';
  const waiting = new Set<{ part: string; resolve: () => void }>();
  output.on('data', (piece: Buffer) => {
    text += piece.toString('utf8');
    for (const entry of waiting) {
      if (!text.includes(entry.part)) continue;
      waiting.delete(entry);
      entry.resolve();
    }
  });
  const until = (part: string): Promise<void> =>
    new Promise((resolve) => {
      if (text.includes(part)) return resolve();
      waiting.add({ part, resolve });
    });
  return { input, output, until, type: (line: string) => void input.write(line), shown: () => text };
};

const begin = (options: Partial<ChatOptions> = {}, hearth = createFakeHearth()) => {
  const terminal = createTerminal();
  const { input, output } = terminal;
  const ended = runChat({ client: hearth.client, input, output, isTty: true, color: false, now: () => 0, ...options });
  return { hearth, ...terminal, ended, ...createEvents() };
};

const ctrlC = '\u0003';
const ctrlD = '\u0004';

test('it says where it is and that the demo model answers, streams an answer, and leaves with Ctrl+D', async () => {
  const chat = begin();
  await chat.until('> ');
  expect(chat.shown()).toContain('Hearth at http://hearth.test · demo model (no Claude account is connected)');
  chat.type('Hi there\r');
  const stream = await chat.hearth.nextStream();
  expect(stream.request).toMatchObject({ method: 'POST', path: '/api/v1/stream', body: { prompt: 'Hi there' } });
  stream.send(chat.text('Hello '), chat.text('you'));
  await chat.until('Hello you');
  stream.send(chat.result('Hello you'), chat.done());
  await chat.until('$0.0123');
  chat.type('And again\r');
  const second = await chat.hearth.nextStream();
  expect(second.request.path).toBe(`/api/v1/sessions/${sessionId}/resume`);
  second.send(chat.done());
  chat.type(ctrlD);
  expect(await chat.ended).toBe(0);
});

test.each([
  ['y', 'allow', 'Allowed once.'],
  ['a', 'allow_always', 'Allowed from now on.'],
  ['n', 'deny', 'Denied.'],
])('an approval shows the exact command; %s means %s', async (key, decision, note) => {
  const chat = begin();
  await chat.until('> ');
  chat.type('Go\r');
  const stream = await chat.hearth.nextStream();
  stream.send(chat.approval({ command: 'rm -rf /tmp/x\u001b[2K' }));
  await chat.until('[e] edit: ');
  expect(chat.shown()).toContain('Run a command\n  $ rm -rf /tmp/x\\u001b[2K\n  high risk: deletes files');
  chat.type('what?\r');
  chat.type(`${key}\r`);
  await chat.until(note);
  const decided = chat.hearth.requests.filter((request) => request.path.includes('/approvals/'));
  expect(decided.map((request) => request.body)).toEqual([{ decision }]);
  chat.type(ctrlD);
  await chat.ended;
});

test('an edited command is what is allowed', async () => {
  const chat = begin();
  await chat.until('> ');
  chat.type('Go\r');
  const stream = await chat.hearth.nextStream();
  stream.send(chat.approval({ command: 'ls', timeout: 5 }));
  await chat.until('[e] edit: ');
  chat.type('e\r');
  await chat.until('Edit: ');
  chat.type(' -la\r');
  await chat.until('Allowed once.');
  const edited = chat.hearth.requests.find((request) => request.path.includes('/approvals/'));
  expect(edited?.body).toEqual({ decision: 'allow', edited_input: { command: 'ls -la', timeout: 5 } });
  chat.type(ctrlD);
  await chat.ended;
});

test('an approval that is settled on the phone goes away, and typing means the chat again', async () => {
  const chat = begin();
  await chat.until('> ');
  chat.type('Go\r');
  const stream = await chat.hearth.nextStream();
  stream.send(chat.approval({ command: 'ls' }));
  await chat.until('[e] edit: ');
  stream.send(chat.settled('denied', 'phone'));
  await chat.until('denied by phone');
  chat.type('y\r');
  const steering = await chat.hearth.nextStream();
  expect(steering.request).toMatchObject({ path: `/api/v1/sessions/${sessionId}/resume`, body: { prompt: 'y' } });
  expect(chat.hearth.requests.some((request) => request.path.includes('/approvals/'))).toBe(false);
  chat.type(ctrlD);
  await chat.ended;
});

test('a question is answered by number, with the label of the option', async () => {
  const chat = begin();
  await chat.until('> ');
  chat.type('Go\r');
  const stream = await chat.hearth.nextStream();
  stream.send(chat.question('Which?', [{ label: 'Red' }, { label: 'Blue' }]));
  await chat.until('own words: ');
  expect(chat.shown()).toContain('  1. Red\n  2. Blue');
  chat.type('2\r');
  await chat.until('Answered: Blue');
  const answer = await chat.hearth.nextRequest('/answer');
  expect(answer.body).toEqual({ answer: 'Blue', tool_use_id: 't1' });
  chat.type(ctrlD);
  await chat.ended;
});

test('typing during a run steers it, and events that both streams carry are shown once', async () => {
  const chat = begin();
  await chat.until('> ');
  chat.type('Go\r');
  const stream = await chat.hearth.nextStream();
  stream.send(chat.text('Working'));
  await chat.until('Working');
  chat.type('faster\r');
  const steering = await chat.hearth.nextStream();
  const word = chat.text(' quickly');
  const end = [chat.result('Working quickly'), chat.done()];
  stream.send(word, ...end);
  steering.send(word, ...end);
  await chat.until('$0.0123');
  chat.type(ctrlD);
  await chat.ended;
  expect(chat.shown().match(/quickly/g)).toHaveLength(1);
  expect(chat.shown().match(/\$0\.0123/g)).toHaveLength(1);
});

test('Ctrl+C stops the run, a second one leaves', async () => {
  const chat = begin();
  await chat.until('> ');
  chat.type('Go\r');
  const stream = await chat.hearth.nextStream();
  stream.send(chat.text('Working'));
  await chat.until('Working');
  chat.type(ctrlC);
  const stopped = await chat.hearth.nextRequest('/interrupt');
  expect(stopped.path).toBe(`/api/v1/sessions/${sessionId}/interrupt`);
  chat.type(ctrlC);
  expect(await chat.ended).toBe(0);
  expect(chat.shown()).toContain(`hearth chat --session ${sessionId}`);
});

test('a cut connection is mended without the person noticing more than one line', async () => {
  const chat = begin();
  await chat.until('> ');
  chat.type('Go\r');
  const stream = await chat.hearth.nextStream();
  const first = chat.text('One ');
  stream.send(first);
  await chat.until('One ');
  stream.cut();
  const rest = await chat.hearth.nextStream();
  expect(rest.request.path).toBe(`/api/v1/events?after=${first.seq}&session_id=${sessionId}`);
  rest.send(first, chat.text('two'), chat.result('One two'), chat.done());
  await chat.until('$0.0123');
  expect(chat.shown()).toContain('Connection lost, reconnecting.');
  expect(chat.shown()).not.toContain('One One');
  chat.type(ctrlD);
  await chat.ended;
});

test('what a run writes waits while a line is being typed', async () => {
  const chat = begin();
  await chat.until('> ');
  chat.type('Go\r');
  const stream = await chat.hearth.nextStream();
  chat.type('half');
  await chat.until('half');
  stream.send(chat.text('ANSWER'));
  chat.type(' line\r');
  await chat.hearth.nextStream();
  await chat.until('ANSWER');
  expect(chat.shown()).toMatch(/half line[\s\S]*ANSWER/);
  chat.type(ctrlD);
  await chat.ended;
});

test('/mode, /sessions, /resume and an unknown command', async () => {
  const chat = begin();
  const session = { id: sessionId, title: 'Old\u001b[2J talk', updated_at: '2026-01-02T03:04:05Z', activity: 'idle' };
  chat.hearth.answers.set('/sessions', { body: { sessions: [session], total: 1 } });
  const old = { type: 'user', parent_tool_use_id: null, content: [{ type: 'text', text: 'Before' }] };
  chat.hearth.answers.set('/messages', { body: { messages: [old], last_seq: 5 } });
  await chat.until('> ');
  chat.type('/sessions\r');
  await chat.until('6e9f8f24  2026-01-02 03:04  Old talk');
  chat.type('/resume 6e9f\r');
  await chat.until('> Before');
  chat.type('/mode plan\r');
  await chat.until('Mode: plan');
  chat.type('/nonsense\r');
  await chat.until('Unknown command /nonsense');
  chat.type('Go on\r');
  const stream = await chat.hearth.nextStream();
  expect(stream.request.path).toBe(`/api/v1/sessions/${sessionId}/resume`);
  expect(stream.request.body).toMatchObject({ prompt: 'Go on', permission_mode: 'plan' });
  stream.send(chat.done());
  chat.type('/quit\r');
  expect(await chat.ended).toBe(0);
});

const pipe = (question: string, options: Partial<ChatOptions> = {}) => {
  const errors = createTerminal();
  return { ...begin({ isTty: false, question, errorOutput: errors.output, ...options }), errors };
};

test('a piped question prints the plain answer and nothing else', async () => {
  const chat = pipe('How many?');
  const stream = await chat.hearth.nextStream();
  stream.send(chat.text('Fo'), chat.result('Four\u001b[2J'), chat.done());
  expect(await chat.ended).toBe(0);
  expect(chat.shown()).toBe('Four\n');
});

test('a question can come from the input', async () => {
  const chat = begin({ isTty: false });
  chat.input.end('From a pipe\n');
  const stream = await chat.hearth.nextStream();
  expect(stream.request.body.prompt).toBe('From a pipe');
  stream.send(chat.result('ok'), chat.done());
  expect(await chat.ended).toBe(0);
});

test.each([
  [false, 'deny', 'Denied: Run a command (use --yes to allow)\n'],
  [true, 'allow', 'Allowed: Run a command\n'],
])('without a person an approval is decided by --yes (%s)', async (yes, decision, remark) => {
  const chat = pipe('Go', { yes });
  const stream = await chat.hearth.nextStream();
  stream.send(chat.approval({ command: 'ls' }));
  await chat.errors.until(remark);
  stream.send(chat.result('ok'), chat.done());
  await chat.ended;
  const decided = chat.hearth.requests.find((request) => request.path.includes('/approvals/'));
  expect(decided?.body).toEqual({ decision });
});

test('an error of the run, and one of the server, end with exit code 1 and say why', async () => {
  const run = pipe('Go');
  (await run.hearth.nextStream()).send(run.error('MODEL_OVERLOADED', 'Busy'), run.done('error'));
  expect(await run.ended).toBe(1);
  await run.errors.until('Busy [MODEL_OVERLOADED]');
  const hearth = createFakeHearth();
  const error = { code: 'AUTHENTICATION_ERROR', message: 'The key is not known' };
  hearth.answers.set('/health', { status: 401, body: { error } });
  const refused = begin({}, hearth);
  expect(await refused.ended).toBe(1);
  expect(refused.shown()).toBe('The key is not known [AUTHENTICATION_ERROR]\n');
});

test('a second key pressed too soon never decides the next approval', async () => {
  const chat = begin();
  await chat.until('> ');
  chat.type('Go\r');
  const stream = await chat.hearth.nextStream();
  const next = '6e9f8f24-1d07-4a53-8d83-0a4a1f9c2b09';
  stream.send(
    chat.approval({ command: 'ls' }),
    chat.approval({ command: 'rm -rf /' }, { approval_id: next, title: 'Second' }),
  );
  await chat.until('[e] edit: ');
  chat.type('y\ry\r');
  await chat.until('Second');
  const decided = chat.hearth.requests.filter((request) => request.path.includes('/approvals/'));
  expect(decided).toHaveLength(1);
  chat.type('n\r');
  await chat.until('Denied.');
  expect(chat.hearth.requests.at(-1)).toMatchObject({ path: `/api/v1/approvals/${next}`, body: { decision: 'deny' } });
  chat.type(ctrlD);
  await chat.ended;
});
