import { describe, expect, it } from 'vitest';
import { hrefs, html, words } from './testing/render.ts';

const ANSWER = `Here is **what *I* found** in \`docker ps\`, ~~not~~ much. See [the manual](https://docs.example/run?a=1) now.

Also https://bare.example/path/to. And <https://angle.example/x> or me@mail.example today.

| Name | Size |
|:-----|-----:|
| **web** | 12 |
| \`db\` | 7 |

1. first
   \`\`\`yaml
   a: [1]
   \`\`\`
2. second [again](https://again.example)

> a *quote*

Use <script>alert(1)</script> never.

![a picture](https://img.example/secret.png) and [ref][r] there.

[r]: https://ref.example/whole

Done.
`;

const WHOLE = new Set(hrefs(html(ANSWER)));

function* prefixes(text: string): Generator<string> {
  for (let at = 1; at <= text.length; at += 1) yield text.slice(0, at);
}

/** What is seen outside of code. */
function prose(markup: string): string {
  return words(markup.replace(/<code[^>]*>.*?<\/code>/gs, ''));
}

describe('an answer that is on its way', () => {
  it('never shows a marker that will be gone in a moment', () => {
    for (const text of prefixes(ANSWER.replace('[ref][r]', 'it'))) {
      const seen = prose(html(text, true));
      expect(seen, JSON.stringify(text.slice(-40))).not.toMatch(/\*|`|~~|\]\(|\[[^1]|\||<https/);
    }
  });

  it('never links to half an address', () => {
    for (const text of prefixes(ANSWER)) {
      for (const href of hrefs(html(text, true))) expect([...WHOLE], JSON.stringify(text.slice(-40))).toContain(href);
    }
  });

  it('never makes an element of the script in it', () => {
    for (const text of prefixes(ANSWER)) expect(html(text, true)).not.toMatch(/<(?:script|img|iframe)/i);
  });

  it('ends as the same answer that came at once', () => {
    expect(hrefs(html(ANSWER))).toHaveLength(WHOLE.size);
    expect(words(html(ANSWER))).toContain('Use <script>alert(1)</script> never.');
  });
});

describe.each([
  ['bold', 'a **b', 'a b', '<strong>b</strong>'],
  ['code', 'a `b c', 'a b c', '<code class="md-inline">b c</code>'],
  ['a link', 'see [the man](https://exam', 'see the man', ''],
  ['a label', 'see [the man]', 'see the man', ''],
  ['a reference', 'see [the man][m', 'see the man', ''],
  ['a mark alone', 'see **', 'see', ''],
  ['a bare address', 'see https://exam', 'see https://exam', ''],
  ['a head of a table', '| a | b |\n', 'ab', '<th scope="col">b</th>'],
  ['a half head of a table', '| a | b', 'ab', '<table>'],
  ['a half row of dashes', '| a | b |\n|--', 'ab', '<table>'],
  ['a tag', 'see <scr', 'see', ''],
  ['an open fence', '```bash\necho "a', 'bashCopyecho "a', '<pre>'],
  ['a half language', '```ba', 'Copy', '<pre>'],
  ['a half end of a fence', '```bash\necho\n``', 'bashCopyecho', '<pre>'],
  ['a fence in a list', '1. x\n   ```sh\n   a **b', 'xshCopya **b', '<pre>'],
  ['a picture', '![cat](https://i.exam', 'Image: cat', ''],
  ['a picture without an address', '![cat]', 'Image: cat', ''],
  ['marks above code', '**a\n```js\n**b\n```\n', '**ajsCopy**b', '<pre>'],
  ['a definition', 'see it\n\n[it]:', 'see it', ''],
  ['the address of a definition', 'see [it]\n\n[it]: https://half', 'see [it]', ''],
  ['a task', '- [x]', '', '<li'],
  ['a list below text', 'a\n- ', 'a', '<p'],
  ['half a task', '1. [', '', '<li'],
])('%s without its end', (_, text, seen, part) => {
  it('reads as if it had one', () => {
    const markup = html(text, true);
    expect(words(markup).trim()).toBe(seen);
    expect(markup).toContain(part);
    expect(hrefs(markup)).toEqual([]);
  });
});

describe('text that only looks unfinished', () => {
  it.each([
    ['array[0]', 'array[0]'],
    ['20~25 and 30~40', '20~25 and 30~40'],
    ['5 > 3 and a < b', '5 > 3 and a < b'],
    ['costs $5 or $$', 'costs $5 or $$'],
    ['snake_case_name', 'snake_case_name'],
    ['2 * 3', '2 * 3'],
  ])('%s stays', (text, seen) => {
    expect(words(html(text, true))).toBe(seen);
    expect(words(html(text))).toBe(seen);
  });
});

describe('marks within marks', () => {
  it.each([
    ['**a *b', '<strong>a <em>b</em></strong>'],
    ['**a *b* c', '<strong>a <em>b</em> c</strong>'],
    ['**a *b* c*', '<strong>a <em>b</em> c</strong>'],
    ['*a **b', '<em>a <strong>b</strong></em>'],
    ['**a `b', '<strong>a <code class="md-inline">b</code></strong>'],
    ['**a ~~b', '<strong>a <del>b</del></strong>'],
    ['~~a _b', '<del>a <em>b</em></del>'],
    ['***a', '<em><strong>a</strong></em>'],
    ['**a [b](htt', '<strong>a b</strong>'],
    ['**a ', '<strong>a</strong>'],
    ['a**', 'a'],
    ['a **_', 'a'],
    ['``a `b', '<code class="md-inline">a `b</code>'],
    ['``a`', '<code class="md-inline">a</code>'],
    ['**a\n\nb', '<p class="md-p">b</p>'],
    ['- **a\n- b', '<li class="md-item">b</li>'],
    ['`*a` b', '<code class="md-inline">*a</code> b'],
    ['2 * 3 and *b', '2 * 3 and <em>b</em>'],
    ['a_b_c __d', 'a_b_c <strong>d</strong>'],
    ['\\*a *b', '*a <em>b</em>'],
    ['https://a.example/x_y_z _b', ' <em>b</em>'],
  ])('%j', (text, part) => {
    expect(html(text, true)).toContain(part);
  });
});

describe('links within other things', () => {
  it.each([
    ['[![cat](https://i.exa', 'Image: cat'],
    ['[![cat](https://i.example/c.png)](htt', 'Image: cat — i.example'],
    ['(see [a', '(see a'],
    ['**[a', 'a'],
    ['[a `b', 'a b'],
    ['[a **b** c](https://x.example/(d', 'a b c'],
    ['[a](<https://x.example/b', 'a'],
    ['[a](https://x.example "title', 'a'],
    ['[a](https://x.example) and [b', 'a and b'],
    ['xs[0', 'xs[0'],
    ['\\[a', '[a'],
    ['`[a', '[a'],
    ['half open [0, 1) and so on', 'half open 0, 1) and so on'],
    [`[${'far '.repeat(50)}back`, `[${'far '.repeat(50)}back`],
    ['see https://x.example/a[b', 'see https://x.example/a[b'],
  ])('%j', (text, seen) => {
    expect(words(html(text, true))).toBe(seen);
  });
});
