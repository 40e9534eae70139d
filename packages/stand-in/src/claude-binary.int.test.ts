/**
 * The unmodified `claude` binary against the stand-in: what it accepts, shows and repeats.
 * Every run has its own folders, and no credentials but a made-up key.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Options, query, type SDKMessage, type SDKUserMessage } from '@anthropic-ai/claude-agent-sdk';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fail, type StandIn, startStandIn, text, thinking, toolUse } from './index.ts';

let standIn: StandIn;
let home: string;
let cwd: string;

beforeEach(async () => {
  standIn = await startStandIn();
  home = await mkdtemp(join(tmpdir(), 'stand-in-home-'));
  cwd = await mkdtemp(join(tmpdir(), 'stand-in-work-'));
});

afterEach(async () => {
  await standIn.close();
  await rm(home, { recursive: true, force: true });
  await rm(cwd, { recursive: true, force: true });
});

type Permission = 'allow' | 'deny';

const runOptions = (permission: Permission): Options => ({
  cwd,
  settingSources: [],
  permissionMode: 'default',
  includePartialMessages: true,
  env: {
    PATH: process.env.PATH,
    HOME: home,
    CLAUDE_CONFIG_DIR: home,
    ANTHROPIC_BASE_URL: standIn.url,
    ANTHROPIC_API_KEY: 'sk-test',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
  },
  hooks: {
    PreToolUse: [
      {
        hooks: [async () => ({ hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision: permission } })],
      },
    ],
  },
});

interface Run {
  messages: SDKMessage[];
  text: string;
  streamed: string;
}

const textOf = (message: SDKMessage): string =>
  message.type === 'assistant'
    ? message.message.content.map((block) => (block.type === 'text' ? block.text : '')).join('')
    : '';

const streamedText = (message: SDKMessage): string =>
  message.type === 'stream_event' &&
  message.event.type === 'content_block_delta' &&
  message.event.delta.type === 'text_delta'
    ? message.event.delta.text
    : '';

const run = async (
  prompt: string | AsyncIterable<SDKUserMessage>,
  { permission = 'allow', ...options }: Options & { permission?: Permission } = {},
): Promise<Run> => {
  const messages: SDKMessage[] = [];
  for await (const message of query({ prompt, options: { ...runOptions(permission), ...options } })) {
    messages.push(message);
  }
  return { messages, text: messages.map(textOf).join('\n'), streamed: messages.map(streamedText).join('') };
};

const resultOf = ({ messages }: Run) => messages.find((message) => message.type === 'result');

test('a plain answer streams in pieces and ends well', async () => {
  const done = await run('hello');
  expect(done.text).toContain('demo model');
  expect(done.streamed).toBe(done.text.trim());
  expect(done.messages.filter((message) => streamedText(message) !== '').length).toBeGreaterThan(5);
  expect(resultOf(done)).toMatchObject({ subtype: 'success', is_error: false });
});

test('a command runs, and its output comes back in the answer', async () => {
  const done = await run('run `echo seen-by-shell`');
  expect(resultOf(done)).toMatchObject({ subtype: 'success', num_turns: 2 });
  expect(done.text).toMatch(/```\nseen-by-shell\n```/);
});

test('a file is written where the client works', async () => {
  await run('create a file named hello.txt with Good morning');
  expect(await readFile(join(cwd, 'hello.txt'), 'utf8')).toBe('Good morning\n');
});

test('a refused tool is not tried again', async () => {
  const done = await run('create a file named hello.txt with Good morning', { permission: 'deny' });
  expect(done.text).toContain('did not happen');
  expect(standIn.requests.count()).toBe(2);
  await expect(readFile(join(cwd, 'hello.txt'))).rejects.toThrow('ENOENT');
});

test('parallel uses come back together', async () => {
  standIn.script([
    [text('Both.'), toolUse('Bash', { command: 'echo one' }), toolUse('Bash', { command: 'echo two' })],
    'done',
  ]);
  const done = await run('go');
  expect(done.text).toContain('done');
  expect(standIn.requests.last()?.request.toolResults.map((result) => result.text)).toEqual(['one', 'two']);
});

test('thinking is shown and sent back with its signature', async () => {
  standIn.script([[thinking('Let me see.'), toolUse('Bash', { command: 'true' })], 'done']);
  const done = await run('go');
  const blocks = done.messages.flatMap((message) => (message.type === 'assistant' ? message.message.content : []));
  expect(blocks).toContainEqual(expect.objectContaining({ type: 'thinking', thinking: 'Let me see.' }));
  const sent = standIn.requests.last()?.body.messages.flatMap(({ content }) => content);
  expect(sent).toContainEqual(expect.objectContaining({ type: 'thinking', signature: expect.stringMatching(/.+/) }));
});

test('an image arrives with its size', async () => {
  const data = 'iVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAYAAAC56t6BAAAAC0lEQVR4nGNgwAcAAB4AAVGgjZwAAAAASUVORK5CYII=';
  const ask = async function* (): AsyncGenerator<SDKUserMessage> {
    yield {
      type: 'user',
      parent_tool_use_id: null,
      message: {
        role: 'user',
        content: [
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data } },
          { type: 'text', text: 'What is in this image?' },
        ],
      },
    };
  };
  expect((await run(ask())).text).toContain('image/png, 2 × 3 pixels');
});

test('an overloaded server is asked again', async () => {
  standIn.script([fail.overloaded(), 'at last']);
  expect((await run('hello')).text).toContain('at last');
  expect(standIn.requests.count()).toBe(2);
});

test.each([
  ['a cut stream', fail.cut()],
  ['an error in the middle', fail.midStream()],
])('%s is asked again', async (_name, step) => {
  standIn.script([step, 'at last', 'at last']);
  const done = await run('hello');
  expect(done.text).toContain('at last');
  expect(resultOf(done)).toMatchObject({ is_error: false });
});

test('a refused key ends the run with an error', async () => {
  standIn.script([{ ...fail.authentication(), repeat: true }]);
  const messages: SDKMessage[] = [];
  const reading = async (): Promise<void> => {
    for await (const message of query({ prompt: 'hello', options: runOptions('allow') })) messages.push(message);
  };
  await expect(reading()).rejects.toThrow('Invalid API key');
  expect(messages.find((message) => message.type === 'result')).toMatchObject({ is_error: true });
});

test('structured output satisfies the schema', async () => {
  const schema = {
    type: 'object',
    properties: { state: { enum: ['up', 'down'] }, note: { type: 'string' } },
    required: ['state', 'note'],
  };
  const done = await run('is plex running?', { outputFormat: { type: 'json_schema', schema } });
  expect(resultOf(done)).toMatchObject({ structured_output: { state: 'up', note: expect.stringContaining('plex') } });
});

test('a tool the client holds back is loaded and used', async () => {
  const done = await run('fetch http://127.0.0.1:9/page');
  const used = done.messages.flatMap((message) =>
    message.type === 'assistant'
      ? message.message.content.flatMap((block) => (block.type === 'tool_use' ? [block.name] : []))
      : [],
  );
  expect(used.at(-1)).toBe('WebFetch');
  expect(done.text).toContain('127.0.0.1:9/page');
});

test('a helper works and reports', async () => {
  const done = await run('use a subagent to check the nas');
  expect(done.text).toContain('> **nas**');
  expect(done.text).not.toContain('hand-back');
});

test('a conversation goes on in a new process, and the cache is read', async () => {
  const first = await run('my name is Anna');
  const session = resultOf(first)?.session_id;
  const second = await run('what is my name?', { resume: session });
  expect(second.text).toContain('**Anna**');
  expect(standIn.requests.forSession(session ?? '').length).toBeGreaterThan(0);
  const usage = resultOf(second)?.usage;
  expect(usage?.cache_read_input_tokens).toBeGreaterThan(1000);
});
