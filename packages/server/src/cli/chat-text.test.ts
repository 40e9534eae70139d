/** Nothing a model or a tool writes may reach the terminal as a control code. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createStripper, shorten, stripControls, visible } from './chat-text.ts';

const esc = '\u001b';

test.each([
  ['colours', `${esc}[31mred${esc}[0m`, 'red'],
  ['cursor moves and clearing', `a${esc}[2J${esc}[1;1Hb`, 'ab'],
  ['a window title', `${esc}]0;owned\u0007text`, 'text'],
  ['a link that hides its target', `${esc}]8;;http://evil.example${esc}\\click${esc}]8;;${esc}\\`, 'click'],
  ['eight-bit codes', '\u009b31mred\u009d0;title\u009cx', 'redx'],
  ['a line written over by a carriage return', 'safe\rrm -rf', 'saferm -rf'],
  ['backspaces and bells', 'a\b\u0007b', 'ab'],
  ['right-to-left overrides', 'a\u202eb\u2066c', 'abc'],
  ['a character set switch', `${esc}(0x`, 'x'],
  ['an unfinished string ends with its line', `${esc}]0;lost\nkept`, '\nkept'],
])('%s', (_title, text, clean) => {
  expect(stripControls(text)).toBe(clean);
});

test('plain text of any language, tabs and newlines stay as they are', () => {
  const text = 'Grüße\t日本 👩‍👩‍👧\nשלום [31m not a code';
  expect(stripControls(text)).toBe(text);
});

test('cutting the text into pieces changes nothing, and no control character ever passes', () => {
  const alphabet = fc.constantFrom(
    esc,
    '[',
    ']',
    '0',
    ';',
    'm',
    'x',
    '\n',
    '\r',
    '\u009b',
    '\u0007',
    '\\',
    'P',
    '\u202e',
  );
  const text = fc.array(alphabet, { maxLength: 40 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, fc.nat({ max: 40 }), (whole, cut) => {
      const strip = createStripper();
      const pieces = strip(whole.slice(0, cut)) + strip(whole.slice(cut));
      expect(pieces).toBe(stripControls(whole));
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
      expect(pieces).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    }),
  );
});

test('an endless sequence does not swallow the rest of the answer', () => {
  expect(stripControls(`${esc}]0;${'x'.repeat(5000)}END`)).toMatch(/END$/);
});

test('what is approved is shown with its hidden characters', () => {
  expect(visible(`rm${esc}[2K -rf\u202e \u200bx\r\n\ty`)).toBe('rm\\u001b[2K -rf\\u202e \\u200bx\\u000d\n\ty');
});

test('a long object is one short line', () => {
  expect(shorten(`a\n${esc}[31mb  c`, 10)).toBe('a b c');
  expect(shorten('x'.repeat(20), 10)).toBe(`${'x'.repeat(9)}…`);
});
