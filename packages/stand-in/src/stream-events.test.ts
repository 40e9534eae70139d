import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMessage } from './message.ts';
import type { Block } from './protocol.ts';
import { encodeEvent, toStreamEvents } from './stream-events.ts';
import { readEvents, requestBody, user } from './testing.ts';

const usage = { input_tokens: 1, cache_creation_input_tokens: 2, cache_read_input_tokens: 3 };

const block: fc.Arbitrary<Block> = fc.oneof(
  fc.record({ type: fc.constant('text' as const), text: fc.string({ unit: 'grapheme' }) }),
  fc.record({ type: fc.constant('thinking' as const), thinking: fc.string({ unit: 'grapheme' }) }),
  fc.record({
    type: fc.constant('tool_use' as const),
    name: fc.string({ minLength: 1 }),
    input: fc.dictionary(fc.string(), fc.string({ unit: 'grapheme' })),
  }),
);

/** Puts the blocks together again, the way a client does. */
const rebuild = (stream: string): unknown[] => {
  const built: Record<string, string>[] = [];
  for (const { event, data } of readEvents(stream)) {
    const index = Number(data.index);
    if (event === 'content_block_start') built[index] = { text: '', thinking: '', partial_json: '' };
    if (event !== 'content_block_delta') continue;
    for (const [key, value] of Object.entries(data.delta ?? {})) {
      const target = built[index];
      if (target && key !== 'type') target[key] = (target[key] ?? '') + value;
    }
  }
  return built;
};

test('the deltas of a block add up to the block', () => {
  fc.assert(
    fc.property(fc.array(block, { maxLength: 4 }), (content) => {
      const message = createMessage({ body: requestBody([user('x')]), content, usage, number: 1 });
      const built = rebuild(toStreamEvents(message).map(encodeEvent).join(''));
      expect(built).toHaveLength(content.length);
      content.forEach((original, index) => {
        if (original.type === 'text') expect(built[index]).toMatchObject({ text: original.text });
        if (original.type === 'thinking') expect(built[index]).toMatchObject({ thinking: original.thinking });
        if (original.type === 'tool_use') {
          expect(built[index]).toMatchObject({ partial_json: JSON.stringify(original.input) });
        }
      });
    }),
    { numRuns: 200 },
  );
});

test('a long text comes in many pieces, a long input too', () => {
  const content: Block[] = [
    { type: 'text', text: 'word '.repeat(100) },
    { type: 'tool_use', name: 'T', input: { value: 'x'.repeat(100) } },
  ];
  const message = createMessage({ body: requestBody([user('x')]), content, usage, number: 1 });
  const deltas = toStreamEvents(message).filter(({ name }) => name === 'content_block_delta');
  expect(deltas.filter(({ data }) => data.index === 0).length).toBeGreaterThan(20);
  expect(deltas.filter(({ data }) => data.index === 1).length).toBeGreaterThan(4);
});

test('usage is at the start and complete at the end', () => {
  const message = createMessage({
    body: requestBody([user('x')]),
    content: [{ type: 'text', text: '12345678' }],
    usage,
    number: 1,
  });
  const events = toStreamEvents(message);
  expect(events[0]?.data.message).toMatchObject({ content: [], usage: { ...usage, output_tokens: 1 } });
  expect(events.at(-2)?.data.usage).toEqual({ ...usage, output_tokens: 2 });
});
