import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { markdown } from './testing/arbitrary.ts';
import { hrefs, html, words } from './testing/render.ts';

const TAGS = new Set(
  'p h3 h4 h5 h6 strong em del code pre br a span hr ul ol li blockquote section table thead tbody tr th td div button'.split(
    ' ',
  ),
);
const ATTRIBUTES = new Set(
  'class href target rel title aria-label aria-live tabindex role data-done scope start type data-live'.split(' '),
);

describe('raw HTML', () => {
  it.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<iframe src="https://evil.example"></iframe>',
    '<svg/onload=alert(1)>',
    '<style>body{background:url(https://evil.example)}</style>',
    '<link rel="prefetch" href="https://evil.example">',
    '<!-- secret -->',
    '<div>\n\nx\n\n</div>',
    'a <b onclick="x">b</b>',
    '<math><mi xlink:href="javascript:alert(1)">x</mi></math>',
  ])('%s is shown as it is', (text) => {
    const seen = words(html(text)).replace(/\s/g, '');
    expect(seen).toBe(text.replace(/\s/g, ''));
  });

  it('never becomes an element or an attribute, whatever the text', () => {
    fc.assert(
      fc.property(markdown, fc.boolean(), (text, live) => {
        const markup = html(text, live);
        for (const [tag, name] of markup.matchAll(/<\/?([a-z0-9]+)[^>]*>/gi)) {
          expect(TAGS).toContain(name);
          for (const [, attribute] of tag.matchAll(/ ([a-z-]+)=/gi)) expect(ATTRIBUTES).toContain(attribute);
        }
        for (const href of hrefs(markup)) expect(href).toMatch(/^(?:https?:\/\/|mailto:)/);
      }),
      { numRuns: 500 },
    );
  });

  it('breaks a line in a cell, where nothing else can', () => {
    expect(html('| a |\n|---|\n| 1<br>2 |')).toContain('<td>1<br/>2</td>');
    expect(words(html('1<br>2'))).toBe('1<br>2');
  });
});

describe('links', () => {
  it.each([
    '[a](javascript:alert(1))',
    '[a](JaVaScRiPt:alert(1))',
    '[a](java&#115;cript:alert(1))',
    '[a](javascript&colon;alert(1))',
    '[a](<java\tscript:alert(1)>)',
    '[a](data:text/html,x)',
    '[a](vbscript:x)',
    '[a](file:///etc/passwd)',
    '[a](//evil.example)',
    '[a](/api/keys)',
    '[a](https:evil.example)',
    '[a](https:\\\\evil.example)',
    '[a](ftp://x.example)',
    '[a][r]\n\n[r]: javascript:alert(1)',
    '![a](data:image/svg+xml,x)',
    '<javascript:alert(1)>',
  ])('%s leads nowhere', (text) => {
    expect(hrefs(html(text))).toEqual([]);
    expect(words(html(text))).toContain('a');
  });

  it('open elsewhere and tell nothing about us', () => {
    expect(html('[a](https://a.example/x "steal")')).toBe(
      '<p class="md-p"><a class="md-link" href="https://a.example/x" target="_blank" rel="noopener noreferrer nofollow" title="a.example">a</a></p>',
    );
  });

  it('do not stand within links', () => {
    expect(html('[![a](https://i.example/p.png)](https://l.example)').match(/<a /g)).toHaveLength(1);
    expect(html('[see https://x.example](https://l.example)').match(/<a /g)).toHaveLength(1);
  });

  it('say where they lead when they have no text', () => {
    expect(words(html('[](https://a.example)'))).toBe('a.example');
  });
});

describe('pictures', () => {
  it.each(['![a cat](https://i.example/p.png)', '![a cat][r]\n\n[r]: https://i.example/p.png'])(
    '%s wait for a tap',
    (text) => {
      const markup = html(text);
      expect(markup).not.toMatch(/<img|src=/);
      expect(words(markup)).toBe('Image: a cat — i.example');
      expect(hrefs(markup)).toEqual(['https://i.example/p.png']);
    },
  );
});

describe('blocks', () => {
  it('headings start below the one of the turn', () => {
    expect(html('# a\n## b\n### c\n#### d\n###### e').match(/<h\d/g)).toEqual(['<h3', '<h4', '<h5', '<h6', '<h6']);
    expect(html('#')).toBe('');
  });

  it('lists keep their numbers, nesting and tasks', () => {
    expect(html('5. a\n6. b')).toBe(
      '<ol class="md-list" start="5"><li class="md-item">a</li><li class="md-item">b</li></ol>',
    );
    expect(html('- a\n  - b')).toBe(
      '<ul class="md-list"><li class="md-item">a<ul class="md-list"><li class="md-item">b</li></ul></li></ul>',
    );
    expect(html('- a\n\n- b')).toContain('<ul class="md-list md-loose"><li class="md-item"><p class="md-p">a</p></li>');
    const tasks = html('- [x] a\n- [ ] b\n\n  more');
    expect(tasks.match(/aria-label="[^"]*"/g)).toEqual(['aria-label="Done"', 'aria-label="Not done"']);
  });

  it('tables and code can be scrolled by keyboard', () => {
    expect(html('| a | b |\n|:-:|--:|\n| 1 | 2 |')).toBe(
      '<section class="md-table" aria-label="Table" tabindex="0"><table><thead><tr><th scope="col" class="md-center">a</th>' +
        '<th scope="col" class="md-right">b</th></tr></thead><tbody><tr><td class="md-center">1</td><td class="md-right">2</td></tr></tbody></table></section>',
    );
    expect(html('```sh\na\n```')).toContain(
      '<section class="md-code-box" aria-label="Code, sh" tabindex="0"><pre><code>a</code></pre>',
    );
  });

  it('code is shown as it was written', () => {
    expect(words(html('```\n<b>&amp;\n  **x**\n```'))).toBe('Copy<b>&amp;\n  **x**');
    expect(html('```<script> onload="x"\na\n```')).toContain('<span class="md-code-lang">script</span>');
    expect(words(html('`&amp; <b>`'))).toBe('&amp; <b>');
  });

  it('the rest reads as expected', () => {
    expect(html('a  \nb\\\nc')).toBe('<p class="md-p">a<br/>b<br/>c</p>');
    expect(html('> a\n\n---')).toBe(
      '<blockquote class="md-quote"><p class="md-p">a</p></blockquote><hr class="md-hr"/>',
    );
    expect(words(html('&lt;b&gt; &amp;lt; &copy; &#65;&#x42; &nope; AT&T'))).toBe('<b> &lt; © AB &nope; AT&T');
    expect(words(html('$x^2$ and a note[^1]'))).toBe('$x^2$ and a note[^1]');
  });
});
