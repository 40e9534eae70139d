/** What a client that comes in the middle of an answer starts from. */
import type { HearthEvent, NumberedEvent } from '@hearth/contract';
import { expect, test } from 'vitest';
import { createLiveText } from './live-text.ts';

const ids = { session_id: 's', run_id: 'r' };
type Part = Partial<Extract<HearthEvent, { type: 'partial' }>['data']>;

const start = (index: number, block: Record<string, unknown>, messageId = 'm'): HearthEvent =>
  partial({ type: 'content_block_start', index, content_block: block, message_id: messageId });
const delta = (index: number, text: string, messageId = 'm'): HearthEvent =>
  partial({ type: 'content_block_delta', index, delta: { type: 'text_delta', text }, message_id: messageId });
const partial = (data: Part): HearthEvent => ({
  type: 'partial',
  data: { ...ids, type: 'content_block_delta', message_id: 'm', index: 0, parent_tool_use_id: null, ...data },
});
const message = (blocks: number): HearthEvent => ({
  type: 'message',
  data: {
    ...ids,
    uuid: 'u',
    type: 'assistant',
    parent_tool_use_id: null,
    message_id: 'm',
    content: Array.from({ length: blocks }, () => ({ type: 'text' as const, text: '' })),
  },
});

const fold = (events: HearthEvent[]) => {
  const live = createLiveText('r');
  events.forEach((event, at) => {
    live.take({ ...event, seq: at + 1 } as NumberedEvent);
  });
  return live.parts();
};

test('holds what was said so far, and up to which event', () => {
  const [part] = fold([start(0, { type: 'text', text: '' }), delta(0, 'Good '), delta(0, 'morn')]);
  expect(part).toMatchObject({
    message_id: 'm',
    run_id: 'r',
    seq: 3,
    blocks: [{ index: 0, type: 'text', text: 'Good morn' }],
  });
});

test('a block that became a message is gone, the next one stays', () => {
  const events = [
    start(0, { type: 'thinking', thinking: '' }),
    partial({ delta: { type: 'thinking_delta', thinking: 'hm' } }),
    message(1),
  ];
  expect(fold(events)).toEqual([]);
  const [part] = fold([
    ...events,
    start(1, { type: 'tool_use', id: 't', name: 'Bash' }),
    partial({ index: 1, delta: { type: 'input_json_delta', partial_json: '{"a' } }),
  ]);
  expect(part?.blocks).toEqual([{ index: 1, type: 'tool_use', id: 't', name: 'Bash', text: '{"a' }]);
});

test('answers of subagents are kept apart, and the end of the run clears all', () => {
  const events = [start(0, { type: 'text' }), delta(0, 'a'), start(0, { type: 'text' }, 'sub'), delta(0, 'b', 'sub')];
  expect(fold(events).map(({ blocks }) => blocks[0]?.text)).toEqual(['a', 'b']);
  expect(fold([...events, { type: 'done', data: { ...ids, reason: 'completed' } }])).toEqual([]);
});

test('words without a beginning are not made up into a block', () => {
  expect(fold([delta(0, 'and so on')])).toEqual([]);
});
