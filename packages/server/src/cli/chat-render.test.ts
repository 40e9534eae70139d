/** Events in, terminal text out; styles are spelled out so that a test sees them. */
import type { NumberedEvent } from '@hearth/contract';
import { expect, test } from 'vitest';
import { createRenderer } from './chat-render.ts';
import { createEvents } from './testing/fake-hearth.ts';

const begin = () => {
  const time = { ms: 0 };
  const renderer = createRenderer({
    style: (format, text) => `<${String(format)}>${text}</>`,
    now: () => time.ms,
    isOwnMessage: (id) => id === 'own',
  });
  const show = (...events: NumberedEvent[]): string => events.map((event) => renderer.event(event)).join('');
  return { ...createEvents(), show, renderer, time };
};

const text = (value: string) => ({ type: 'text' as const, text: value });
const use = (id: string, name: string, input: unknown) => ({ type: 'tool_use' as const, id, name, input });
const used = (id: string, isError = false) => ({
  type: 'tool_result' as const,
  tool_use_id: id,
  content: '',
  is_error: isError,
});

test('text appears as it streams, and the finished message does not repeat it', () => {
  const { show, text: delta, message } = begin();
  expect(show(delta('Hel'), delta('lo'))).toBe('Hello');
  expect(show(message([text('Hello')]))).toBe('\n');
});

test('without deltas the message itself is shown', () => {
  const { show, message } = begin();
  expect(show(message([text('Hello')]))).toBe('Hello\n');
});

test('deltas lost at the end are made up for, deltas lost in the middle are corrected', () => {
  const { show, text: delta, message } = begin();
  expect(show(delta('Hel'), message([text('Hello')]))).toBe('Hello\n');
  expect(show(delta('Hel'), delta('!', 0), message([text('Hello!')]))).toBe('Hel!\nHello!\n');
  expect(show(delta('A'), message([text('A')]))).toBe('A\n');
});

test('a tool step is one dim line with verb, object and duration; a failed one is red', () => {
  const { show, message, time } = begin();
  expect(
    show(message([use('1', 'Bash', { command: 'ls\n-la' }), use('2', 'mcp__synapse__flux', { host: 'nas' })])),
  ).toBe('');
  time.ms = 1500;
  expect(show(message([used('1')], { type: 'user' }))).toBe('<dim>Ran ls -la · 1.5 s</>\n');
  time.ms = 65_000;
  expect(show(message([used('2', true)], { type: 'user' }))).toBe(
    '<red>Used synapse flux nas · failed after 65 s</>\n',
  );
});

test('a step in the middle of streamed text begins on a line of its own', () => {
  const { show, message, text: delta } = begin();
  const events = [
    delta('Look'),
    message([use('1', 'Read', { file_path: '/a' })]),
    message([used('1')], { type: 'user' }),
  ];
  expect(show(...events)).toBe('Look\n<dim>Read /a · 0.0 s</>\n');
});

test('a subagent shows its steps indented and keeps its talk to itself', () => {
  const { show, message, partial } = begin();
  const inner = { parent_tool_use_id: 'task' };
  show(message([text('inner'), use('1', 'Grep', { pattern: 'x' })], inner));
  expect(show(message([used('1')], { type: 'user', ...inner }))).toBe('<dim>  Searched x · 0.0 s</>\n');
  expect(show(partial({ ...inner, delta: { type: 'text_delta', text: 'inner' } }))).toBe('');
});

test('thinking is one line with its duration, and is not reported twice', () => {
  const { show, partial, message, time } = begin();
  expect(show(partial({ delta: { type: 'thinking_delta', thinking: 'secret' } }))).toBe('');
  time.ms = 3000;
  expect(show(partial({ type: 'content_block_stop' }))).toBe('<dim>Thought for 3.0 s</>\n');
  expect(show(message([{ type: 'thinking', thinking: 'secret' }]))).toBe('');
  expect(show(message([{ type: 'thinking', thinking: 'secret' }]))).toBe('<dim>Thought</>\n');
});

test('control codes of a model are gone, also when they are split over deltas', () => {
  const { show, text: delta, message, error } = begin();
  expect(show(delta('a\u001b'), delta('[2Jb'))).toBe('ab');
  expect(show(message([text('a\u001b[2Jb')]))).toBe('\n');
  expect(show(error('X', '\u001b]0;t\u0007bad'))).toBe('<red>X: bad</>\n');
});

test('tasks are listed when they change', () => {
  const { show, todo } = begin();
  const todos = [
    { content: 'One', status: 'completed' },
    { content: 'Two', status: 'in_progress' },
    { content: 'Three', status: 'pending' },
  ];
  expect(show(todo(todos))).toBe('<dim>[x] One\n[>] Two\n[ ] Three</>\n');
  expect(show(todo(todos))).toBe('');
});

test('the cost line tells time, tokens, money and who answered', () => {
  const { show, result } = begin();
  expect(show(result('x'))).toBe('<dim>3.2 s · 2 turns · 100 tokens in (80% cached), 7 out · $0.0123 · claude-x</>\n');
  expect(show(result('x', { demo: true, num_turns: 1, stop_reason: 'max_turns_reached' }))).toMatch(
    /max turns reached · .* 1 turn · .*demo model/,
  );
});

test('a message typed elsewhere is shown, one typed here is not', () => {
  const { show, message } = begin();
  expect(show(message([text('from the phone')], { type: 'user', client_message_id: 'other' }))).toBe(
    '<cyan>> from the phone</>\n',
  );
  expect(show(message([text('from here')], { type: 'user', client_message_id: 'own' }))).toBe('');
});
