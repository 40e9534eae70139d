/** A line that begins something of its own: marks do not reach across. */
const BEGINS = /^[ \t>]*(?:[-*+#](?:[ \t]|$)|#{2,6}[ \t]|\d{1,9}[.)][ \t])/;
const FENCE = /^[ \t>]*(?:`{3}|~{3})/;

interface Opener {
  readonly mark: string;
  readonly size: number;
}

/** Where the last paragraph, item, heading or cell of a table starts. */
export function lastRun(text: string): number {
  let start = text.length;
  let end = text.length;
  for (;;) {
    const begin = end === 0 ? 0 : text.lastIndexOf('\n', end - 1) + 1;
    const line = text.slice(begin, end);
    if (FENCE.test(line) || (line.trim() === '' && end < text.length)) return start;
    if (/^ {0,3}\|/.test(line)) return start === text.length ? begin + line.lastIndexOf('|') + 1 : start;
    start = begin;
    if (begin === 0 || BEGINS.test(line)) return start;
    end = begin - 1;
  }
}

/** `code gets its other backtick; half of several become all of them. */
export function closeCode(run: string): string {
  let open: { size: number; end: number } | undefined;
  for (const { 0: ticks, index } of run.matchAll(/\\[^`]|`+/g)) {
    if (ticks.startsWith('\\')) continue;
    const end = index + ticks.length;
    if (open === undefined) open = { size: ticks.length, end };
    else if (ticks.length === open.size) open = undefined;
    else if (end === run.length && ticks.length < open.size) return run + '`'.repeat(open.size - ticks.length);
  }
  if (open === undefined) return run;
  if (run.slice(open.end).trim() === '') return run.slice(0, open.end - open.size);
  return run + '`'.repeat(open.size);
}

/**
 * Ends the emphasis that is still open at the end of a text: `**a *b` gets `***`. Marks at the very end that nothing
 * follows yet are left out.
 */
export function closeMarks(run: string, tries = 4): string {
  const masked = mask(run);
  const stack: Opener[] = [];
  let half = '';
  for (const { 0: marks, index } of masked.matchAll(/\*+|_+|~~?/g)) {
    const { canOpen, canClose } = flanks(masked, index, marks);
    const isLast = index + marks.length === masked.length;
    const left = canClose ? close(stack, marks, isLast) : marks.length;
    if (left < 0) half = marks.charAt(0).repeat(-left);
    else if (left > 0 && isLast) return tries === 0 ? run : closeMarks(run.slice(0, run.length - left), tries - 1);
    else if (left > 0 && canOpen) open(stack, marks.charAt(0), left);
  }
  const ends = stack.reduceRight((all, { mark: one, size }) => all + one.repeat(size), half);
  const words = run.trimEnd();
  return ends === '' ? run : words + ends + run.slice(words.length);
}

/** Code, addresses and escaped signs, whose marks mean nothing, covered up without changing a place. */
export function mask(run: string): string {
  const code = /\\[\s\S]|(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g;
  const address = /\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*\)|https?:\/\/[^\s<*\])]+/g;
  const cover = (found: string) => '.'.repeat(found.length);
  return run
    .replace(code, cover)
    .replace(address, (found) => (found.startsWith(']') ? `](${cover(found.slice(3))})` : cover(found)));
}

function flanks(text: string, at: number, marks: string): { canOpen: boolean; canClose: boolean } {
  const before = at === 0 ? ' ' : text.charAt(at - 1);
  const after = text.charAt(at + marks.length) || ' ';
  const isLeft = !/\s/.test(after) && (!isSign(after) || /\s/.test(before) || isSign(before));
  const isRight = !/\s/.test(before) && (!isSign(before) || /\s/.test(after) || isSign(after));
  if (marks.startsWith('_')) {
    return { canOpen: isLeft && (!isRight || isSign(before)), canClose: isRight && (!isLeft || isSign(after)) };
  }
  return { canOpen: isLeft, canClose: isRight };
}

function isSign(char: string): boolean {
  return /[\p{P}\p{S}]/u.test(char);
}

/** How many marks are left after those that end something; a negative number is what an end at the end still lacks. */
function close(stack: Opener[], marks: string, isLast: boolean): number {
  let left = marks.length;
  while (left > 0) {
    const at = stack.findLastIndex(({ mark: one }) => one === marks.charAt(0));
    const opener = stack[at];
    if (opener === undefined || (opener.size > left && !isLast)) return left;
    stack.length = at;
    left -= opener.size;
  }
  return left;
}

function open(stack: Opener[], mark: string, count: number): void {
  if (count > 3 || (mark === '~' && count !== 2)) return;
  if (count > 1) stack.push({ mark, size: 2 });
  if (count !== 2) stack.push({ mark, size: 1 });
}
