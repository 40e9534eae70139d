import type { MarkedToken } from 'marked';

/** The blocks before this place in a source can no longer change, whatever text follows. */
export interface Boundary {
  readonly count: number;
  readonly end: number;
}

const NOTHING: Boundary = { count: 0, end: 0 };

/**
 * Finds the last place from which reading can start again later with the same result as reading everything.
 * Two things must hold: the block before it is over for certain, and the block after it does not depend on that one.
 */
export function boundary(tokens: readonly MarkedToken[], src: string): Boundary {
  const starts = offsets(tokens, src);
  if (starts === undefined) return NOTHING;
  for (let at = tokens.length - 1; at > 0; at -= 1) {
    const start = starts[at] ?? 0;
    if (isSafe(tokens, at, src.slice(start))) return { count: at, end: start };
  }
  return NOTHING;
}

/** Where each token starts; undefined if the parser's pieces do not add up to the source. */
export function offsets(tokens: readonly { readonly raw: string }[], src: string): readonly number[] | undefined {
  const starts: number[] = [];
  let at = 0;
  for (const token of tokens) {
    if (!src.startsWith(token.raw, at)) return undefined;
    starts.push(at);
    at += token.raw.length;
  }
  return at === src.length ? starts : undefined;
}

function isSafe(tokens: readonly MarkedToken[], at: number, rest: string): boolean {
  const token = tokens[at];
  const previous = tokens[at - 1];
  if (token === undefined || previous === undefined || token.type === 'space') return false;
  const isLineWhole = rest.includes('\n');
  if (previous.type === 'space') {
    if (isLineWhole) return true;
    return isBlank(previous.raw) && isOver(tokens[at - 2], rest);
  }
  if (!isLineWhole) return false;
  // Without a blank line between them a paragraph or a definition may take up what follows.
  if (previous.type === 'paragraph') return interrupts(token);
  if (previous.type === 'def') return !/^\s*["'(]/.test(rest);
  return true;
}

function isBlank(raw: string): boolean {
  return raw.indexOf('\n') !== raw.lastIndexOf('\n');
}

/** Whether a blank line ended the block, when only the first characters of the next line are known. */
function isOver(block: MarkedToken | undefined, rest: string): boolean {
  if (block?.type !== 'list' && block?.type !== 'code') return true;
  // Indented text, or what may become a bullet or a number, can still belong to the list.
  return /^\S/.test(rest) && !/^(?:[*+-]|\d{1,9}[.)]?)$/.test(rest);
}

function interrupts(token: MarkedToken): boolean {
  if (token.type === 'heading') return /^ {0,3}#/.test(token.raw);
  if (token.type === 'code') return token.codeBlockStyle !== 'indented';
  return token.type === 'hr' || token.type === 'blockquote' || token.type === 'list';
}
