import { expect, test } from 'vitest';
import {
  ask,
  assistant,
  offers,
  requestBody,
  type TestMessage,
  textOf,
  toolsOf,
  user,
  usualContext,
} from '../testing.ts';

const use = (name: string, input: Record<string, unknown> = {}) =>
  assistant([{ type: 'tool_use', id: 't', name, input }]);
const result = (content: string, isError = false) => ({
  type: 'tool_result',
  tool_use_id: 't',
  content,
  is_error: isError,
});
const text = (value: string) => ({ type: 'text', text: value });

const talk = (...said: string[]): TestMessage[] => said.flatMap((value) => [user(value), assistant('ok')]);

test.each([
  [['my name is Anna'], 'what is my name?', 'Anna'],
  [['My name is Anna', 'call me Bo'], 'who am i', 'Bo'],
  [['the code word is pelican'], "What's the code word?", 'pelican'],
  [['remember that my favourite colour is green'], 'what is my favourite colour?', 'green'],
  [['Hello', 'The code-word is owl.'], 'what was the code word again?', 'owl'],
  [['my wife’s name is Eva'], "what is my wife's name?", 'Eva'],
  [['first things first', 'later'], 'what was my first message?', 'first things first'],
  [['first', 'then this'], 'what did I just say?', 'then this'],
  [['tea', 'cake'], 'what did we talk about?', '2. “cake”'],
  [[], 'what is my name?', 'have not told me'],
  [[], 'what did i say?', 'first message'],
])('remembers from the conversation: %j', (earlier, question, part) => {
  expect(textOf(ask([...talk(...earlier), user(question)]))).toContain(part);
});

test('a statement is acknowledged, the latest counts', () => {
  expect(textOf(ask('The code word is kiwi'))).toContain('**kiwi**');
  const said = talk('the code word is kiwi', 'the code word is plum');
  expect(textOf(ask([...said, user('what is the code word?')]))).toContain('plum');
});

test('a result is quoted in a fence that holds, and trimmed', () => {
  const long = `\`\`\`\n${'line\n'.repeat(60)}`;
  const said = textOf(ask([user('run `x`'), use('Bash', { command: 'x' }), user([result(long)])]));
  expect(said).toContain('````');
  expect(said).toContain('(shortened)');
  expect(said.length).toBeLessThan(700);
});

test.each([
  ['Exit code 3\nboom', 'failed'],
  ['The user doesn’t want to proceed with this tool use.', 'did not happen'],
  ['Nobody is present in this run, so Bash is not available.', 'did not happen'],
  ['Exit code 1\nPermission denied', 'failed'],
])('what did not work is said and not tried again: %s', (said, part) => {
  const plan = ask([user('run `x`'), use('Bash', { command: 'x' }), user([result(said, true)])]);
  expect(textOf(plan)).toContain(part);
  expect(toolsOf(plan)).toEqual([]);
});

test('what the human adds is answered after the comment', () => {
  const plan = ask([user('run `x`'), use('Bash', { command: 'x' }), user([result('fine'), text('who lives here?')])]);
  expect(textOf(plan)).toContain('fine');
  expect(textOf(plan)).toContain('Astrid');
});

test('a refused use is not repeated even when the human adds the same wish', () => {
  const input = { command: 'ls -la', description: 'List the files in the working directory' };
  const plan = ask([
    user('list the files here'),
    use('Bash', input),
    user([result('denied', true), text('list the files here')]),
  ]);
  expect(toolsOf(plan)).toEqual([]);
});

test('answers, helpers and lists are told in their own way', () => {
  const answered = 'Your questions have been answered: "What for dinner?"="Pizza". You can continue.';
  expect(textOf(ask([user('ask me'), use('AskUserQuestion'), user([result(answered)])]))).toContain('**Pizza**');
  const report = '[Subagent hand-back] A note. The report follows:\n  All is well.\n';
  const helped = textOf(ask([user('use a subagent'), use('Agent', { description: 'Check' }), user([result(report)])]));
  expect(helped).toContain('> All is well.');
  expect(helped).not.toContain('hand-back');
  const todos = { todos: [{ content: 'Step one' }] };
  expect(textOf(ask([user('plan x'), use('TodoWrite', todos), user([result('ok')])]))).toContain('1. Step one');
});

test('structured output is a minimal instance, then an end', () => {
  const schema = { type: 'object', required: ['answer'], properties: { answer: { type: 'string' }, more: {} } };
  const tools = [{ name: 'StructuredOutput', input_schema: schema }];
  const [used] = toolsOf(ask('is plex running?', { tools }));
  expect(used?.name).toBe('StructuredOutput');
  expect(used?.input).toEqual({ answer: expect.stringContaining('plex') });
  const after = ask([user('x'), use('StructuredOutput'), user([result('ok')])], { tools });
  expect(toolsOf(after)).toEqual([]);
});

test.each([
  [
    'Write a short title (3-6 words) for this conversation:\n\nHow do I water the tomatoes in July?',
    'Water tomatoes July',
  ],
  ['Generate a concise title.\n<conversation>\nUser: fix the garden pump\n</conversation>', 'Fix garden pump'],
])('a title is short: %#', (prompt, title) => {
  expect(textOf(ask(prompt, { model: 'claude-haiku-5-5' }))).toBe(title);
});

test('a title asked for by the system prompt, as JSON', () => {
  const format = {
    type: 'json_schema',
    schema: { type: 'object', required: ['title'], properties: { title: { type: 'string' } } },
  };
  const said = textOf(
    ask('garden pump broken', {
      model: 'claude-haiku-5-5',
      system: 'Generate a title for the session.',
      output_config: { format },
    }),
  );
  expect(JSON.parse(said)).toEqual({ title: 'Garden pump broken' });
});

test('a human who talks about titles gets no title', () => {
  expect(textOf(ask('give me a good title for my book'))).toContain('demo model');
});

test('a compaction keeps the facts', () => {
  const prompt = 'Your task is to create a detailed summary of the conversation so far.';
  const summary = textOf(ask([...talk('my name is Anna'), user(prompt)]));
  expect(summary).toMatch(/<summary>[\s\S]*name is Anna[\s\S]*<\/summary>/);
});

test('the same request has the same answer', () => {
  const body = requestBody([user('how is the nas?')], usualContext);
  expect(ask('how is the nas?', body)).toEqual(ask('how is the nas?', body));
  expect(textOf(ask('hello', { tools: offers() }))).toContain('demo');
});
