import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { canonicalJson, parseJson, tryParseJson } from './json.ts';

/** The same value with the keys of every object in another order. */
const shuffled = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== 'object' || value === null) return value;
  const turned = Object.entries(value)
    .reverse()
    .map(([key, member]) => [key, shuffled(member)] as const);
  return Object.fromEntries(turned);
};

describe('canonicalJson', () => {
  it('says the same as JSON, and the same for any order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(shuffled(value))).toBe(text);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });

  it('gives different text for different values', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const equal = isDeepStrictEqual(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b)));
        expect(canonicalJson(a) === canonicalJson(b)).toBe(equal);
      }),
    );
  });

  it('sorts by code unit, also keys that look like numbers', () => {
    expect(canonicalJson({ b: 1, a: { '10': 1, '9': 2 }, A: [1, { d: 1, c: 2 }] })).toBe(
      '{"A":[1,{"c":2,"d":1}],"a":{"10":1,"9":2},"b":1}',
    );
  });

  it('keeps a key named __proto__, drops undefined members, and writes dates as JSON does', () => {
    expect(canonicalJson(JSON.parse('{"__proto__":{"a":1}}'))).toBe('{"__proto__":{"a":1}}');
    expect(canonicalJson({ a: undefined, b: [undefined] })).toBe('{"b":[null]}');
    expect(canonicalJson(new Date(0))).toBe('"1970-01-01T00:00:00.000Z"');
  });

  it.each([[Number.NaN], [Number.POSITIVE_INFINITY], [1n], [() => 1], [Symbol('x')]])('refuses %s', (value) => {
    expect(() => canonicalJson({ value })).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
  });

  it('refuses absurd depth instead of running out of stack', () => {
    const deep = JSON.parse('['.repeat(5_000) + ']'.repeat(5_000));
    expect(() => canonicalJson(deep)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
  });
});

describe('parsing', () => {
  const schema = z.object({ a: z.number() });

  it('gives the value, or undefined for anything else', () => {
    expect(tryParseJson(schema, '{"a":1}')).toEqual({ a: 1 });
    for (const text of ['', '{', 'null', '{"a":"1"}']) expect(tryParseJson(schema, text)).toBeUndefined();
  });

  it('treats stored text that cannot be read as our own fault, without repeating it', () => {
    expect(() => parseJson(schema, '{"secret":', 'settings')).toThrow(
      expect.objectContaining({ code: 'INTERNAL_ERROR', message: 'Stored settings cannot be read' }),
    );
  });
});
