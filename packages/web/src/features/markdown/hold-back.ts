import type { MarkedToken, Token } from 'marked';
import { openFence } from './fence.ts';
import type { BlockToken, CodeToken } from './tokens.ts';

/**
 * The very last thing in the blocks, while more is to come: an address without an end is not a link yet,
 * and code within a list may grow.
 */
export function holdBack(tokens: readonly BlockToken[]): void {
  const last = tokens.at(-1);
  if (last !== undefined && last.type !== 'plain') holdBackLast([last]);
}

function holdBackLast(tokens: Token[]): boolean {
  for (let at = tokens.length - 1; at >= 0; at -= 1) {
    const token = tokens[at] as MarkedToken | undefined;
    if (token === undefined || token.type === 'space') continue;
    if (token.type === 'link' && token.autolink === true) return holdBackAddress(tokens, at);
    if (token.type === 'code') return holdBackCode(token);
    if (token.type === 'list') return holdBackLast(token.items);
    if (token.type === 'table') {
      const cell = [token.header, ...token.rows].flat().findLast((one) => one.tokens.length > 0);
      return cell !== undefined && holdBackLast(cell.tokens);
    }
    if ('tokens' in token && token.tokens !== undefined) return holdBackLast(token.tokens);
    // "https://example." may go on: the full stop is text so far.
    if (/\s/.test(token.raw)) return true;
  }
  return false;
}

function holdBackAddress(tokens: Token[], at: number): boolean {
  const token = tokens[at];
  if (token !== undefined && !token.raw.startsWith('<'))
    tokens[at] = { type: 'escape', raw: token.raw, text: token.raw };
  return true;
}

function holdBackCode(token: CodeToken): boolean {
  if (token.codeBlockStyle === 'indented' || openFence(`${token.raw}\n`, 0) === undefined) return true;
  token.open = true;
  if (!token.raw.includes('\n')) token.lang = '';
  token.text = token.text.replace(/(^|\n) {0,3}(?:`{1,2}|~{1,2})$/, '$1');
  return true;
}
