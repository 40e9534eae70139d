import { expect, it } from 'vitest';
import { createCodeText, hashOfCode } from './codes.ts';

it('is two groups of four characters that cannot be mistaken for each other, and never the same', () => {
  const made = Array.from({ length: 500 }, () => createCodeText());
  for (const { code, hash } of made) {
    expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/);
    expect(hashOfCode(code)).toBe(hash);
  }
  expect(new Set(made.map(({ code }) => code)).size).toBe(500);
  const used = new Set(made.flatMap(({ code }) => [...code.replace('-', '')]));
  expect(used.size).toBe(32);
});

it.each(['0110-ABCD', '0110abcd', 'o1lo-abcd', ' OIl0 – AbCd\n', '0-1-1-0-A-B-C-D', 'Oilo—abcd'])(
  '%j is what was meant',
  (text) => expect(hashOfCode(text)).toBe(hashOfCode('0110ABCD')),
);

it.each(['', '-', '0110ABC', '0110ABCDE', '0110ABCU', '0110ABC!', '０１１０ABCD', 'x'.repeat(10_000)])(
  '%j cannot be a code',
  (text) => expect(hashOfCode(text)).toBeUndefined(),
);
