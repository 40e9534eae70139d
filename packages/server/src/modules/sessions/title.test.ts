import fc from 'fast-check';
import { expect, it } from 'vitest';
import { titleFrom } from './title.ts';

it.each([
  ['Restart plex', 'Restart plex'],
  ['  What is\n\ton  this\u00a0week?\r\n', 'What is on this week?'],
  ['x'.repeat(60), 'x'.repeat(60)],
  ['x'.repeat(61), `${'x'.repeat(59)}…`],
  [`${'word '.repeat(30)}`, `${'word '.repeat(12).trim()}…`],
  [`See https://example.org/${'a'.repeat(80)}`, `See https://example.org/${'a'.repeat(35)}…`],
  ['👨‍👩‍👧‍👦'.repeat(70), `${'👨‍👩‍👧‍👦'.repeat(59)}…`],
  ['\u202eturned\u202c around', 'turned around'],
  ['a\u0000b\u001b[31mred', 'a b [31mred'],
])('%j becomes %j', (prompt, title) => expect(titleFrom(prompt)).toBe(title));

it.each(['', ' \n\t ', '\u0007', '\u202e'])('%j is no title', (prompt) => expect(titleFrom(prompt)).toBeNull());

it('is always one short line of whole characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (prompt) => {
      const title = titleFrom(prompt) ?? 'none';
      expect(title.isWellFormed()).toBe(true);
      expect(title).not.toMatch(/[\n\r\t]/);
      expect([...new Intl.Segmenter().segment(title)].length).toBeLessThanOrEqual(60);
      expect(title).toBe(title.trim());
    }),
  );
});
