import type { MarkedToken } from 'marked';
import { flatten } from './inline.tsx';
import { lexWhole, NO_TARGETS } from './lex.ts';
import { type BlockToken, own } from './tokens.ts';

/** Marks take space in the source: this much of it is read for each character asked for. */
const READ = 8;

/**
 * The words of a Markdown text on one line, for a row in a list or a notification: no marks, no addresses behind
 * links, at most `max` characters, cut at a word with an ellipsis.
 */
export function plainText(markdown: string, max: number): string {
  const source = markdown.slice(0, max * READ + 400);
  const words = lexWhole(source.replace(/\r\n?/g, '\n'), NO_TARGETS, { lexed: 0 })
    .tokens.map((token) => blockText(token, 0))
    .join(' ')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return shorten(words, max, source.length < markdown.length);
}

function blockText(token: BlockToken, depth: number): string {
  const inner = (tokens: readonly MarkedToken[]) => tokens.map((one) => blockText(one, depth + 1)).join(' ');
  if (depth > 60) return token.raw;
  switch (token.type) {
    case 'space':
    case 'def':
    case 'hr':
      return ' ';
    case 'code':
    case 'plain':
      return token.text;
    case 'list':
      return token.items.map((item) => inner(own(item.tokens))).join(' · ');
    case 'blockquote':
      return inner(own(token.tokens));
    case 'table':
      return [token.header, ...token.rows]
        .map((row) => row.map((cell) => flatten(own(cell.tokens))).join(' '))
        .join(' · ');
    default:
      return flatten([token]);
  }
}

function shorten(words: string, max: number, hasMore: boolean): string {
  if (words.length <= max && !hasMore) return words;
  if (max < 1) return '';
  const cut = words.slice(0, max - 1);
  const space = words.charAt(max - 1) === ' ' || words.length < max ? cut.length : cut.lastIndexOf(' ');
  const kept = space > max / 2 ? cut.slice(0, space) : cut;
  // Half of a surrogate pair would be shown as a box.
  return `${kept.replace(/[\ud800-\udbff]$/, '').replace(/[\s,;:–—-]+$/, '')}…`;
}
