/** Cutting: never in the middle of a character, never more than asked for, never less than needed, whole sizes told. */
import type { ContentBlock, NumberedEvent } from '@hearth/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEventCutter, cutBlocks, picturesIn } from './index.ts';
import { bytesOf, cutText } from './text.ts';

const maxBytes = 1024;
const cut = (content: ContentBlock[]) => cutBlocks(content, { maxBytes, pictureUrl: (index) => `/pictures/${index}` });
const cutOne = (block: ContentBlock): ContentBlock => {
  const [first] = cut([block]);
  if (first === undefined) throw new Error('the block is gone');
  return first;
};
const result = (content: unknown): ContentBlock => ({ type: 'tool_result', tool_use_id: 't', content });
const use = (input: unknown): ContentBlock => ({ type: 'tool_use', id: 't', name: 'Write', input });
const image = (data: string): ContentBlock => ({ type: 'image', media_type: 'image/png', source: 'base64', data });
const sdkImage = (data: string) => ({ type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data } });

describe('text', () => {
  const texts = fc.string({ unit: fc.constantFrom('a', 'é', '日', '👋🏽', '\u0000', '\n'), maxLength: 80 });

  it('is cut to its longest beginning that fits, between characters', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 120 }), (text, limit) => {
        const short = cutText(text, limit);
        expect(text.startsWith(short)).toBe(true);
        expect(short.isWellFormed()).toBe(true);
        expect(bytesOf(short)).toBeLessThanOrEqual(limit);
        const next = [...text.slice(short.length)][0];
        if (next !== undefined) expect(bytesOf(short) + bytesOf(next)).toBeGreaterThan(limit);
      }),
      { numRuns: 500 },
    );
  });
});

describe('what a tool said', () => {
  it('is left alone when it fits, to the byte', () => {
    const blocks = [result('é'.repeat(maxBytes / 2)), result([{ type: 'text', text: 'short' }]), result(undefined)];
    expect(cut(blocks)).toBe(blocks);
  });

  it('is a beginning of its text with the size of the whole', () => {
    const text = '日'.repeat(1000);
    expect(cutOne(result(text))).toEqual({ ...result('日'.repeat(341)), truncated_bytes: 3000 });
    expect(
      cutOne(
        result([
          { type: 'text', text },
          { type: 'text', text: 'more' },
        ]),
      ),
    ).toMatchObject({
      content: '日'.repeat(341),
      truncated_bytes: 3005,
    });
  });

  it('of a kind nobody knows is cut as the JSON it is', () => {
    const odd = [{ type: 'document', source: { data: 'x'.repeat(5000) } }];
    expect(cutOne(result(odd))).toMatchObject({ content: JSON.stringify(odd[0]).slice(0, maxBytes) });
    expect(cutOne(result({ deep: ['x'.repeat(5000)] }))).toMatchObject({ truncated_bytes: 5013 });
  });

  it('keeps its error mark', () => {
    const block: ContentBlock = { type: 'tool_result', tool_use_id: 't', content: 'x'.repeat(5000), is_error: true };
    expect(cutOne(block)).toMatchObject({ is_error: true, tool_use_id: 't' });
  });
});

describe('the input of a tool', () => {
  it('keeps its shape; long texts share what short ones leave', () => {
    const input = {
      path: '/a/b',
      old: 'o'.repeat(3000),
      new: 'n'.repeat(900),
      list: ['y'.repeat(2000)],
      all: true,
      n: 3,
    };
    const block = cutOne(use(input));
    expect(block).toMatchObject({ truncated_bytes: bytesOf(JSON.stringify(input)) });
    const { input: short } = block as { input: typeof input };
    expect(short).toMatchObject({ path: '/a/b', all: true, n: 3 });
    expect([short.old.length, short.new.length, short.list[0]?.length]).toEqual([340, 340, 340]);
  });

  it('never holds more text than asked for, and is left alone when it fits', () => {
    const values = fc.jsonValue({ depthSize: 'small' });
    const long = fc.tuple(values, fc.array(fc.string({ maxLength: 4000 }), { maxLength: 6 }));
    fc.assert(
      fc.property(long, (input) => {
        const block = cutOne(use(input));
        if (bytesOf(JSON.stringify(input)) <= maxBytes) expect(block).toEqual(use(input));
        else expect(block).toMatchObject({ truncated_bytes: bytesOf(JSON.stringify(input)) });
        const [, strings] = (block as { input: [unknown, string[]] }).input;
        expect(bytesOf(strings.join(''))).toBeLessThanOrEqual(maxBytes);
      }),
    );
  });
});

describe('a picture', () => {
  const large = 'A'.repeat(maxBytes + 4);

  it('that is large becomes the path of its bytes, wherever it is; numbers count all pictures', () => {
    const content = [
      image('small'),
      image(large),
      result([{ type: 'text', text: 'see' }, sdkImage(large), { type: 'image', data: large, mimeType: 'image/gif' }]),
      image(large),
    ];
    expect(cut(content)).toEqual([
      image('small'),
      { type: 'image', media_type: 'image/png', source: 'url', data: '/pictures/1' },
      result([
        { type: 'text', text: 'see' },
        { type: 'image', media_type: 'image/jpeg', source: 'url', data: '/pictures/2' },
        { type: 'image', media_type: 'image/gif', source: 'url', data: '/pictures/3' },
      ]),
      { type: 'image', media_type: 'image/png', source: 'url', data: '/pictures/4' },
    ]);
    expect(picturesIn(content).map(({ media_type }) => media_type)).toEqual([
      'image/png',
      'image/png',
      'image/jpeg',
      'image/gif',
      'image/png',
    ]);
  });

  it('inside a result whose text is cut is still counted', () => {
    const content = [result([{ type: 'text', text: 'x'.repeat(5000) }, sdkImage(large)]), image(large)];
    expect(cut(content)).toMatchObject([{ content: 'x'.repeat(maxBytes) }, { data: '/pictures/1' }]);
  });

  it('of a result has one shape, also when it is small or elsewhere', () => {
    const parts = [sdkImage('AAAA'), { type: 'image', source: { type: 'url', url: 'https://example.org/a.png' } }];
    expect(cutOne(result(parts))).toEqual(
      result([
        { type: 'image', media_type: 'image/jpeg', source: 'base64', data: 'AAAA' },
        { type: 'image', media_type: '', source: 'url', data: 'https://example.org/a.png' },
      ]),
    );
  });
});

describe('an event', () => {
  const ids = { session_id: 's', run_id: 'r' };
  const message: NumberedEvent = {
    seq: 1,
    type: 'message',
    data: {
      ...ids,
      uuid: 'm',
      type: 'user',
      content: [result('x'.repeat(5000)), image('A'.repeat(5000))],
      parent_tool_use_id: null,
    },
  };

  it('is cut once, however many read it, and apart for each size', () => {
    const cutEvent = createEventCutter();
    const first = cutEvent(message, 1024);
    expect(cutEvent(message, 1024)).toBe(first);
    expect(cutEvent(message, 2048)).not.toBe(first);
    expect(first).toMatchObject({
      seq: 1,
      data: { content: [{ truncated_bytes: 5000 }, { data: '/api/v1/sessions/s/messages/m/images/0' }] },
    });
    expect(JSON.stringify(first).length).toBeLessThan(2000);
  });

  it('with nothing to cut is passed on as it is', () => {
    const cutEvent = createEventCutter();
    const small: NumberedEvent = { ...message, data: { ...message.data, content: [result('x')] } };
    const status: NumberedEvent = { seq: 2, type: 'status', data: { ...ids, status: 'running', message: 'x' } };
    expect(cutEvent(small, 1024)).toBe(small);
    expect(cutEvent(status, 1024)).toBe(status);
  });
});
