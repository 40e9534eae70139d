import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainText } from './plain-text.ts';
import { markdown } from './testing/arbitrary.ts';

describe('the words of a text', () => {
  it.each([
    ['# Title\n\nSome **bold** `code` &amp; [a link](https://x.example).', 'Title Some bold code & a link.'],
    ['- one\n- two\n  - three\n', 'one · two three'],
    ['- [x] done\n- [ ] open', '☑ done · ☐ open'],
    ['```bash\ndocker ps\n```\n\nthen', 'docker ps then'],
    ['| a | b |\n|---|---|\n| 1 | 2 |', 'a b · 1 2'],
    ['> said\n\n---\n\n![cat](https://i.example/c.png)', 'said cat'],
    ['a\r\nb\tc\u0007d', 'a b c d'],
    ['[r]: https://x.example\n', ''],
    ['', ''],
  ])('%j', (text, expected) => {
    expect(plainText(text, 100)).toBe(expected);
  });

  it('end at a word', () => {
    expect(plainText('The quick brown fox jumps', 25)).toBe('The quick brown fox jumps');
    expect(plainText('The quick brown fox jumps', 24)).toBe('The quick brown fox…');
    expect(plainText('The quick, brown fox', 11)).toBe('The quick…');
    expect(plainText('Donaudampfschifffahrt', 10)).toBe('Donaudamp…');
    expect(plainText('👩👩👩👩', 4)).toBe('👩…');
    expect(plainText(`word ${' '.repeat(5000)} more`, 20)).toBe('word…');
  });

  it('are never longer than asked for, and on one line', () => {
    fc.assert(
      fc.property(markdown, fc.integer({ min: 1, max: 60 }), (text, max) => {
        const found = plainText(text, max);
        expect(found.length).toBeLessThanOrEqual(max);
        expect(found).not.toMatch(/[\r\n\t]/);
      }),
      { numRuns: 300 },
    );
  });
});
