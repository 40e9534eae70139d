import { expect, test } from 'vitest';
import { toModelRequest } from './model-request.ts';
import { assistant, offers, requestBody, type TestMessage, user } from './testing.ts';

const read = (messages: TestMessage[], extra: Record<string, unknown> = {}) =>
  toModelRequest(requestBody(messages, extra), null);

const textBlock = (text: string) => ({ type: 'text', text });
const use = (id: string, input: Record<string, unknown> = {}) => ({ type: 'tool_use', id, name: `Tool${id}`, input });
const result = (id: string, content: unknown, isError = false) => ({
  type: 'tool_result',
  tool_use_id: id,
  content,
  is_error: isError,
});

test('reminders and system messages are not what the human said', () => {
  const request = read([
    user([textBlock('<system-reminder>\nrestart plex\n</system-reminder>\n'), textBlock('hello there')]),
    { role: 'system', content: 'Primary working directory: /x' },
  ]);
  expect(request.prompt).toBe('hello there');
  expect(request.humanTexts).toEqual(['hello there']);
  expect(request.systemText).toContain('restart plex');
  expect(request.systemText).toContain('/x');
});

test('tool results know their use, in the order of the uses', () => {
  const request = read([
    user('go'),
    assistant([use('1', { a: 1 }), use('2')]),
    user([result('2', [textBlock('two')], true), result('1', 'one')]),
  ]);
  expect(request.prompt).toBe('');
  expect(request.toolResults).toMatchObject([
    { name: 'Tool1', input: { a: 1 }, text: 'one', isError: false },
    { name: 'Tool2', text: 'two', isError: true },
  ]);
});

test.each<[string, TestMessage[]]>([
  ['beside the results', [user([result('1', 'one'), textBlock('and now?')])]],
  [
    'in a system message',
    [
      user([result('1', 'one')]),
      {
        role: 'system',
        content: 'The user sent a new message while you were working:\nand now?\n\nThis is how it is shown to you.',
      },
    ],
  ],
  [
    'in a reminder',
    [
      user([
        result('1', 'one'),
        textBlock(
          '<system-reminder>\nThe user sent a new message while you were working:\nand now?\n</system-reminder>',
        ),
      ]),
    ],
  ],
])('what the human adds while the model works is heard: %s', (_where, messages) => {
  const request = read([user('go'), assistant([use('1')]), ...messages]);
  expect(request.prompt).toBe('and now?');
  expect(request.toolResults).toHaveLength(1);
  expect(request.humanTexts).toEqual(['go', 'and now?']);
});

test('after an interruption only the new message counts', () => {
  const request = read([
    user('go'),
    assistant([use('1')]),
    user([result('1', 'rejected', true), textBlock('[Request interrupted by user for tool use]'), textBlock('hello')]),
  ]);
  expect(request.prompt).toBe('hello');
  expect(request.toolResults).toEqual([]);
});

test('images and documents, side requests', () => {
  const image = { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } };
  expect(read([user([image, textBlock('what is this?')])]).attachments).toHaveLength(1);
  expect(read([user('x')], { model: 'claude-haiku-5-5' }).isSide).toBe(true);
  expect(read([user('x')], { model: 'claude-haiku-5-5', tools: offers('A') }).isSide).toBe(false);
});
