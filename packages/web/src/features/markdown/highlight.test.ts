import { createElement, Fragment } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { createHighlighter } from './highlight.tsx';
import { grammarOf, languageLabel } from './language.ts';
import { words } from './testing/render.ts';

const highlight = createHighlighter();
const coloured = (code: string, lang: string) =>
  renderToStaticMarkup(createElement(Fragment, null, highlight(code, grammarOf(lang) ?? '')));

describe('highlighted code', () => {
  it.each([
    ['sh', 'for f in *.log; do echo "$f" # all\ndone', 'hl-keyword'],
    ['json', '{"a": [1, true, null]}', 'hl-attr'],
    ['yml', 'services:\n  web:\n    image: "nginx" # x', 'hl-attr'],
    ['py', 'def a(x):\n    return f"{x}" + 1', 'hl-keyword'],
    ['tsx', 'const a: string = `x` + 1; // y', 'hl-keyword'],
    ['js', 'async () => await fetch("/x")', 'hl-keyword'],
    ['sql', "SELECT * FROM a WHERE b = 'c'", 'hl-keyword'],
    ['toml', '[a]\nb = "c"', 'hl-section'],
    ['dockerfile', 'FROM node:26\nRUN npm ci', 'hl-keyword'],
    ['diff', '-a\n+b', 'hl-addition'],
  ])('%s has the same text', (lang, code, className) => {
    const markup = coloured(code, lang);
    expect(words(markup)).toBe(code);
    expect(markup).toContain(`class="${className}`);
  });

  it('stays inert', () => {
    expect(coloured('echo "<img src=x onerror=alert(1)>"', 'sh')).not.toContain('<img');
  });
});

describe('the language of a block', () => {
  it('is read from the first word', () => {
    expect(grammarOf('Bash title="x"')).toBe('bash');
    expect(grammarOf('yaml:compose.yml')).toBe('yaml');
    expect(grammarOf('js{1,3}')).toBe('typescript');
    expect(grammarOf('cobol')).toBeUndefined();
    expect(grammarOf('constructor')).toBeUndefined();
  });

  it('has a label without anything else in it', () => {
    expect(languageLabel('c++')).toBe('c++');
    expect(languageLabel('<img/src=x>')).toBe('imgsrcx');
    expect(languageLabel('x'.repeat(99))).toHaveLength(24);
  });
});
