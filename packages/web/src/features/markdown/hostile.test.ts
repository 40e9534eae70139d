import { describe, expect, it } from 'vitest';
import { advance, EMPTY } from './stream.ts';
import { html, words } from './testing/render.ts';

const times = (text: string, count: number) => text.repeat(count);

/** Each of these hangs or overflows a parser without limits; the time limit of the test is the check. */
const HOSTILE: readonly (readonly [string, string])[] = [
  ['quotes in quotes', `${times('>', 10_000)} a`],
  ['spaced quotes', `${times('> ', 10_000)}a`],
  ['lists in lists', `${times('- ', 10_000)}a`],
  ['numbers in numbers', `${times('1. ', 10_000)}a`],
  ['quotes and lists in turns', `${times('> - ', 5000)}a`],
  ['ever deeper items', Array.from({ length: 150 }, (_, depth) => `${times('  ', depth)}- x\n`).join('')],
  ['quotes that go on lazily', times(`${times('> - ', 12)}a\nb\n> c\n`, 50)],
  ['brackets', times('[', 100_000)],
  ['brackets and their ends', times('[', 50_000) + times(']', 50_000)],
  ['open links', `${times('[a](', 25_000)})`],
  ['links in links', `${times('[', 2000)}a${times('](u)', 2000)}`],
  ['pictures in pictures', `${times('![', 20_000)}${times('](u)', 10_000)}`],
  ['stars', `${times('*a ', 15_000)}a*`],
  ['mixed marks', times('**a *b _c ', 10_000)],
  ['marks at the end', `a ${times('*_', 4000)}`],
  ['snakes', times('a_', 20_000)],
  ['exclamations', times('!a', 50_000)],
  ['half comments', times('<!-- >', 16_000)],
  ['half instructions', times('<?', 50_000)],
  ['tables that are none', times('a|b|c\n-|-\n', 5000)],
  ['a table of many columns', `${times('|', 50_000)}\n${times('|-', 25_000)}|`],
  ['a table of many rows', `|a|b|\n|-|-|\n${times('|1|2|\n', 15_000)}`],
  ['many items', times('-\n', 20_000)],
  ['backticks of all lengths', Array.from({ length: 440 }, (_, count) => times('`', count + 1)).join(' a ')],
  ['an address of marks', `http://a${times('!', 30_000)}`],
  ['tags line by line', times('a\n<div\n', 6000)],
  ['one long word', times('a', 100_000)],
  [
    'definitions',
    Array.from({ length: 3000 }, (_, at) => `[a${at}]: http://x/${at}\n`).join('') + times('[a1] ', 2000),
  ],
];

describe.each(HOSTILE)('%s', (_, text) => {
  it('are shown at once', () => {
    expect(html(text).length).toBeGreaterThan(0);
  });

  it('are shown while they come in', () => {
    let doc = EMPTY;
    for (let part = 1; part <= 5; part += 1) doc = advance(doc, text.slice(0, (text.length * part) / 5), true);
    expect(doc.blocks.length).toBeGreaterThan(0);
  });
});

describe('limits', () => {
  it('end the nesting and keep the text', () => {
    const markup = html(`${times('> ', 200)}deep`);
    expect(markup.match(/<blockquote/g)).toHaveLength(50);
    expect(words(markup)).toContain('deep');
  });

  it('cost only the block that goes beyond them', () => {
    const markup = html(`Before **it**.\n\n${times(`${times('> - ', 20)}a\nb\n> c\n`, 50)}\n\nAfter **it**.`);
    expect(markup.startsWith('<p class="md-p">Before <strong>it</strong>.</p><pre class="md-plain">')).toBe(true);
    expect(markup.endsWith('</pre><p class="md-p">After <strong>it</strong>.</p>')).toBe(true);
  });

  it('show the rest of a huge table or list as text', () => {
    const table = html(`|a|b|\n|-|-|\n${times('|1|2|\n', 5000)}|last|row|`);
    expect(table.match(/<tr>/g)?.length).toBeLessThan(2000);
    expect(words(table)).toContain('last | row');
    expect(words(html(`${times('- a\n', 3000)}- last`))).toContain('last');
  });
});
