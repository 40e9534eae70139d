import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance, type Doc, EMPTY } from './stream.ts';
import { markdown } from './testing/arbitrary.ts';
import { html } from './testing/render.ts';

function stream(text: string, step: number, onUpdate: (doc: Doc) => void = () => undefined): Doc {
  let doc = EMPTY;
  for (let at = step; at < text.length; at += step) {
    doc = advance(doc, text.slice(0, at), true);
    onUpdate(doc);
  }
  return advance(doc, text, true);
}

/** The blocks as text. White space at the end of a token's source depends on what came after it and means nothing. */
function shape(doc: Doc): string {
  return JSON.stringify(doc.blocks, (key, value) => (key === 'raw' ? String(value).trimEnd() : value), 1);
}

const SECTION = `## Title

Some **bold** text with \`code\`, a [link](https://example.com) and more words than that.

- one
- two
  - nested

\`\`\`bash
docker ps
\`\`\`

| a | b |
|---|---|
| 1 | 2 |

`;

describe('the blocks of a growing text', () => {
  it('are those of the whole text, however it was cut', () => {
    fc.assert(
      fc.property(markdown, fc.array(fc.nat(400), { maxLength: 30 }), (text, places) => {
        let doc = EMPTY;
        for (const place of [...places].sort((a, b) => a - b)) doc = advance(doc, text.slice(0, place), true);
        doc = advance(advance(doc, text, true), text, false);
        expect(shape(doc)).toBe(shape(advance(EMPTY, text, false)));
      }),
      { numRuns: 2000 },
    );
  });

  it('are final once they are called so', () => {
    fc.assert(
      fc.property(markdown, (text) => {
        const whole = advance(EMPTY, text, false);
        let doc = EMPTY;
        for (let at = 1; at <= text.length; at += 3) {
          doc = advance(doc, text.slice(0, at), true);
          // Labels can be defined later; everything else stays.
          const types = doc.done.map((token) => token.type);
          expect(types).toEqual(whole.blocks.slice(0, types.length).map((token) => token.type));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('come out the same when the text changes under them, or ends and goes on', () => {
    const first = stream(SECTION.repeat(3), 7);
    for (const text of [`${SECTION}# other`, 'new', '', `${SECTION.repeat(3)}more`]) {
      for (const from of [first, advance(first, first.source, false)]) {
        const doc = advance(advance(from, text, true), text, false);
        expect(shape(doc)).toBe(shape(advance(EMPTY, text, false)));
      }
    }
  });

  it('keep their identity', () => {
    const before = stream(SECTION.repeat(5), 9);
    const after = advance(before, `${before.source}A new paragraph with words.`, true);
    expect(after.done.length).toBeGreaterThan(20);
    expect(before.done.every((token, index) => token === after.blocks[index])).toBe(true);
    expect(advance(after, after.source, true)).toBe(after);
  });

  it('are read again when a label they use is defined below them, and only they', () => {
    const text = 'See [the manual][man] first.\n\nNothing here.\n\n- a [man] item\n\nThe end.\n\n';
    const before = stream(text, 5);
    const after = stream(`${text}[MAN]: https://man.example/page\n\nMore`, 5);
    const manual = 'https://man.example/page';
    expect(html(`${text}[MAN]: ${manual}\n\nMore`, true).split(manual)).toHaveLength(3);
    const again = advance(before, after.source, true);
    expect(again.done[0]).not.toBe(before.done[0]);
    expect(again.done[1]).toBe(before.done[1]);
    expect(shape(advance(again, after.source, false))).toBe(shape(advance(EMPTY, after.source, false)));
  });
});

describe('the cost of an update', () => {
  const costs = (text: string, step = 20): readonly number[] => {
    const found: number[] = [];
    stream(text, step, (doc) => found.push(doc.lexed));
    return found;
  };
  const most = (numbers: readonly number[]) => Math.max(...numbers);
  const mean = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;

  it('does not depend on how much came before', () => {
    const all = costs(SECTION.repeat(450));
    const early = all.slice(0, 500);
    const late = all.slice(-500);
    expect(most(late)).toBeLessThanOrEqual(most(early) * 1.1);
    expect(mean(late)).toBeLessThanOrEqual(mean(early) * 1.1);
    expect(most(all)).toBeLessThan(1000);
  });

  it('is nothing within an open fence', () => {
    const all = costs(`\`\`\`bash\n${'docker ps -a | sort\n'.repeat(5000)}`);
    expect(mean(all.slice(10))).toBe(0);
  });

  it.each([
    ['paragraph', 'Lorem ipsum dolor **sit** amet. '.repeat(3200)],
    ['list', '- item with **bold** and `code`\n'.repeat(3200)],
    ['list with long items', `- item\n\n  ${'words '.repeat(40)}\n\n`.repeat(400)],
  ])('is bounded within one %s of 100 KB', (_, text) => {
    const all = costs(text, 101);
    expect(most(all)).toBeLessThan(40_000);
    expect(mean(all.slice(-500))).toBeLessThan(20_000);
  });

  it.each([
    ['table', `| a | b |\n|---|---|\n${'| some cell | **other** |\n'.repeat(3500)}`],
    ['quote', '> some quoted text with **bold** here\n'.repeat(2500)],
  ])('grows by far slower than the text within one %s', (_, text) => {
    const all = costs(text, 101);
    // Reading everything at each update would be about as many characters as there are updates times half the text.
    expect(mean(all)).toBeLessThan(text.length / 20);
  });
});

describe('a very long block', () => {
  it('shows all of its text while it is read in parts', () => {
    const text = 'Some words that go on and on. '.repeat(900);
    const seen: string[] = [];
    stream(text, 1501, (doc) =>
      seen.push(
        html(doc.source, true)
          .replace(/<[^>]*>/g, '')
          .replace(/\s/g, ''),
      ),
    );
    const doc = stream(text, 301);
    const shown = doc.blocks.map((token) => token.raw).join('');
    expect(shown.replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
    expect(seen.every((one) => text.replace(/\s/g, '').startsWith(one))).toBe(true);
    expect(advance(doc, text, false).blocks).toHaveLength(1);
  });

  it('is one again after its end', () => {
    const text = `${'- item with some words\n'.repeat(600)}\nThe end of it.\n\nMore`;
    const doc = stream(text, 200);
    expect(doc.done.map((token) => token.type)).toEqual(['list', 'paragraph']);
    expect(shape(advance(doc, text, false))).toBe(shape(advance(EMPTY, text, false)));
  });
});
