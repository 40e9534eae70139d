import type { CodeToken } from './tokens.ts';

/** A block of code whose end has not come yet. New text is appended to it without reading the rest again. */
export interface Fence {
  readonly mark: string;
  readonly size: number;
  readonly indent: number;
  readonly lang: string;
  /** The lines that are whole, without their indentation. */
  readonly code: string;
  /** Where in the text the line starts that is not whole yet. */
  readonly next: number;
}

const OPENING = /^( {0,3})(`{3,}|~{3,})([^\n]*)\n/;

/** The open fence that starts at this place; undefined if its first line is not whole, or it is closed. */
export function openFence(text: string, start: number): Fence | undefined {
  const found = OPENING.exec(text.slice(start, start + 2000));
  const [line, indent, marks, info] = found ?? [];
  if (line === undefined || marks === undefined || indent === undefined || info === undefined) return undefined;
  const mark = marks.charAt(0);
  if (mark === '`' && info.includes('`')) return undefined;
  const fence = {
    mark,
    size: marks.length,
    indent: indent.length,
    lang: info.trim(),
    code: '',
    next: start + line.length,
  };
  return growFence(fence, text);
}

/** The same fence with the lines that have come since; undefined once a line closes it. */
export function growFence(fence: Fence, text: string): Fence | undefined {
  let { code, next } = fence;
  for (let end = text.indexOf('\n', next); end !== -1; end = text.indexOf('\n', next)) {
    const line = text.slice(next, end);
    if (isClosing(fence, line)) return undefined;
    code += `${withoutIndent(line, fence.indent)}\n`;
    next = end + 1;
  }
  return { ...fence, code, next };
}

/** What to show of an open fence. A last line that may become its end is held back, or the marks would flicker. */
export function fenceToken(fence: Fence, text: string): CodeToken {
  const last = text.slice(fence.next);
  const isPartOfEnd = /^ {0,3}(?:`+|~+) *$/.test(last) && last.trim().startsWith(fence.mark);
  const rest = isPartOfEnd ? '' : withoutIndent(last, fence.indent);
  return { type: 'code', raw: '', lang: fence.lang, text: fence.code + rest, open: true };
}

function isClosing(fence: Fence, line: string): boolean {
  const found = /^ {0,3}(`{3,}|~{3,}) *$/.exec(line)?.[1];
  return found?.startsWith(fence.mark) === true && found.length >= fence.size;
}

function withoutIndent(line: string, most: number): string {
  if (most === 0) return line;
  let spaces = 0;
  while (spaces < most && line[spaces] === ' ') spaces += 1;
  return line.slice(spaces);
}
