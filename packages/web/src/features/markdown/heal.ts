import { closeCode, closeMarks, lastRun, mask } from './marks.ts';
import { tableColumns } from './tokenizer.ts';

/** Longer tails are shown as they are: completing them costs more than it is worth. */
const MAX_HEALED = 8192;
/** Further back, a bracket without a partner is no link that is on its way. */
const MAX_LABEL = 160;
/** A picture without its address. */
const NOWHERE = '(about:blank)';

/**
 * An unfinished end of an answer, completed so that no raw marks flicker while the rest is on its way. Only the last
 * paragraph, item or cell is touched.
 */
export function heal(tail: string): string {
  if (tail.length > MAX_HEALED || endsInFence(tail)) return tail;
  const text = hideBeginning(tail);
  const start = lastRun(text);
  const run = closeCode(hideTag(text.slice(start)));
  const isDefinition = /^ {0,3}\[[^[\]\n]{1,200}\]:[ \t]*$/.test(run);
  return healTable(text.slice(0, start) + (isDefinition ? '' : closeMarks(healLinks(run))));
}

/** Whether the end stands within a fence, be it in a list or a quote. */
function endsInFence(text: string): boolean {
  let open = '';
  for (const { 1: marks = '', 2: info = '' } of text.matchAll(
    /^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(`{3,}|~{3,})(.*)$/gm,
  )) {
    if (open === '') open = marks.startsWith('`') && info.includes('`') ? '' : marks;
    else if (marks.startsWith(open) && info.trim() === '') open = '';
  }
  return open !== '';
}

/** A last line that will be an item, but would make a heading of the line above it; a box of a task without a word. */
function hideBeginning(text: string): string {
  return text
    .replace(/((?:^|\n)[ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t]+)\[(?:[ xX]\]?)?[ \t]*$/, '$1')
    .replace(/([^\n])\n[ \t]*(?:--?|=+|[*+]|\d{1,9}[.)])[ \t]*$/, '$1');
}

/** A half tag or a half `<address>` at the end. */
function hideTag(run: string): string {
  const place = mask(run).search(/<(?:[a-zA-Z/!.][^\s<>]*)?$/);
  return place === -1 ? run : run.slice(0, place);
}

/** A link that lacks its end is its label so far. */
function healLinks(run: string): string {
  return healLabel(healBracket(healAddress(run)));
}

/** `[label](https://exa` */
function healAddress(run: string): string {
  const masked = mask(run);
  const middle = masked.lastIndexOf('](');
  if (middle === -1 || partner(masked, middle + 1, 1) !== -1) return run;
  const start = partner(masked, middle, -1);
  return start === -1 ? run : labelAlone(run, start, run.slice(start + 1, middle));
}

/** `[label` */
function healBracket(run: string): string {
  const masked = mask(run);
  let start = masked.lastIndexOf('[');
  while (start !== -1 && partner(masked, start, 1) !== -1)
    start = start === 0 ? -1 : masked.lastIndexOf('[', start - 1);
  if (start === -1 || run.length - start > MAX_LABEL || /[\w\])]/.test(masked.charAt(start - 1))) return run;
  return labelAlone(run, start, run.slice(start + 1));
}

/** `[label]` and `[label][re` */
function healLabel(run: string): string {
  const found = /(^|[^\w\])\\])\[([^[\]\n]{1,200})\](?:\[[^[\]\n]*)?$/.exec(mask(run));
  if (found === null) return run;
  const start = found.index + (found[1]?.length ?? 0);
  return labelAlone(run, start, run.slice(start + 1, start + 1 + (found[2]?.length ?? 0)));
}

function labelAlone(run: string, start: number, label: string): string {
  if (run.charAt(start - 1) !== '!') return run.slice(0, start) + label;
  return run.slice(0, start - 1) + (label.trim() === '' ? '' : `![${label}]${NOWHERE}`);
}

/** Where the bracket at a place has its other half; -1 if that is missing. */
function partner(text: string, at: number, step: 1 | -1): number {
  const isRound = text[at] === '(';
  const [opening, closing] = isRound ? '()' : '[]';
  let depth = 0;
  for (let place = at; place >= 0 && place < text.length; place += step) {
    if (text[place] === opening) depth += 1;
    else if (text[place] === closing) depth -= 1;
    if (depth === 0) return place;
    // Thousands of brackets are no text; and each of them would be looked up.
    if (Math.abs(depth) > 50) return -1;
  }
  return -1;
}

/** The first row of a table looks like one before the row of dashes has come, too. */
function healTable(text: string): string {
  const body = text.replace(/\n$/, '');
  const [last = '', before = '', beforeThat = ''] = body.split('\n').slice(-3).reverse();
  if (!isRow(last)) return text;
  const above = body.slice(0, body.length - last.length);
  if (!isRow(before)) return last.trim() === '|' ? above.trimEnd() : `${body}\n${dashes(last)}`;
  return isRow(beforeThat) || !/^[ |:-]*$/.test(last) ? text : `${above}${dashes(before)}`;
}

function isRow(line: string): boolean {
  return /^ {0,3}\|/.test(line);
}

function dashes(head: string): string {
  return `|${' - |'.repeat(tableColumns(head))}`;
}
