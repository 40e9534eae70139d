import type { EventData } from '@hearth/contract';
import { describe, expect, it } from 'vitest';
import { addPartial, partsByMessage, settleParts, withoutRun } from './live-parts.ts';

const ids = { session_id: 'chat', run_id: 'run', message_id: 'm', parent_tool_use_id: null };
type Partial = EventData<'partial'>;
const start = (index: number, content_block?: Record<string, unknown>): Partial => ({
  ...ids,
  ...{ type: 'content_block_start', index, content_block },
});
const delta = (index: number, given: Partial['delta']): Partial => ({
  ...ids,
  ...{ type: 'content_block_delta', index, delta: given },
});
const text = (value: string) => ({ type: 'text_delta', text: value }) as const;
const fold = (...events: Partial[]) =>
  events.reduce<ReturnType<typeof addPartial>>((parts, data, at) => addPartial(parts, data, at + 1), {});

describe('answers being written', () => {
  it('grow by text, thought and input', () => {
    const { m } = fold(
      start(0, { type: 'thinking', thinking: 'Hm' }),
      delta(0, { type: 'thinking_delta', thinking: 'm' }),
      start(1, { type: 'text', text: '' }),
      delta(1, text('Hel')),
      delta(1, text('lo')),
      start(2, { type: 'tool_use', id: 'call', name: 'Bash' }),
      delta(2, { type: 'input_json_delta', partial_json: '{"a"' }),
    );
    expect(m?.blocks).toMatchObject([
      { index: 0, type: 'thinking', text: 'Hmm' },
      { index: 1, type: 'text', text: 'Hello' },
      { index: 2, type: 'tool_use', text: '{"a"', id: 'call', name: 'Bash' },
    ]);
    expect(m?.seq).toBe(7);
  });

  it('take a block of an unknown kind as text, and an end as nothing new', () => {
    const stop: Partial = { ...ids, type: 'content_block_stop', index: 0 };
    expect(fold(start(0), delta(0, text('Hi')), stop).m?.blocks).toMatchObject([{ type: 'text', text: 'Hi' }]);
  });

  it('ignore what they have seen, and words without a beginning', () => {
    const parts = fold(start(0), delta(0, text('Hi')));
    expect(addPartial(parts, delta(0, text('Hi')), 2)).toBe(parts);
    expect(addPartial({}, delta(0, text('Hi')), 2)).toEqual({});
  });

  it('give up the blocks that have become a message, once', () => {
    const parts = fold(start(0), delta(0, text('one')), start(1), delta(1, text('two')));
    const settled = settleParts(parts, 'm', 1, 5);
    expect(settled.m).toMatchObject({ seq: 5, blocks: [{ index: 1, text: 'two' }] });
    expect(settleParts(settled, 'm', 1, 5)).toBe(settled);
    expect(settleParts(parts, undefined, 1, 5)).toBe(parts);
    expect(settleParts(parts, 'other', 1, 5)).toBe(parts);
  });

  it('end with their run', () => {
    const parts = fold(start(0));
    expect(withoutRun(parts, 'other')).toBe(parts);
    expect(withoutRun(parts, 'run')).toEqual({});
    expect(partsByMessage(Object.values(parts))).toEqual(parts);
  });
});
