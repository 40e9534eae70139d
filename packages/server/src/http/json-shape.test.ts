import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkJsonShape } from './json-shape.ts';

describe('the shape of a body', () => {
  it('passes for every ordinary value, whatever its strings hold', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 20 }), (text) => {
        checkJsonShape(text);
      }),
    );
    const tricky = JSON.stringify({ a: '[[[[{{{{"\\"\\\\', b: '\\\\"', c: ':,'.repeat(100_000) });
    expect(() => checkJsonShape(tricky)).not.toThrow();
  });

  it('is refused when it is too deep or has too many fields', () => {
    expect(() => checkJsonShape('['.repeat(101))).toThrow('nested');
    expect(() => checkJsonShape('{"a":'.repeat(101))).toThrow('nested');
    expect(() => checkJsonShape(`[${'1,'.repeat(20_001)}1]`)).toThrow('too many');
  });

  it('ends for text that is not JSON', () => {
    for (const text of ['"', '"\\', '{"a":"', '\\"']) expect(() => checkJsonShape(text)).not.toThrow();
  });
});
