import type { Lexer, MarkedToken, Token } from 'marked';
import { createLexer } from './tokenizer.ts';
import { type BlockToken, children, own } from './tokens.ts';

/** Where the labels of reference-style links point. */
export type Targets = Readonly<Record<string, { readonly href: string; readonly title: string | null | undefined }>>;

export const NO_TARGETS: Targets = Object.freeze(Object.create(null));

/** Marks between two words cost the square of their number, so a long run of text is read in pieces. */
const MAX_MARKS = 300;
const MAX_RUN = 8192;
const PIECE = 4096;

/** Counts the characters given to the parser, so that a test can see what an update costs without a clock. */
export interface Meter {
  lexed: number;
}

/** The blocks of a source, the text within them read with the given labels. Never throws. */
export function lex(src: string, targets: Targets, meter: Meter): readonly BlockToken[] {
  return parse(src, meter, () => targets).tokens;
}

/** The same for a source that is whole: its own definitions count too. */
export function lexWhole(src: string, known: Targets, meter: Meter): Lexed {
  return parse(src, meter, (tokens) => withDefinitions(known, tokens));
}

interface Lexed {
  readonly tokens: readonly BlockToken[];
  readonly targets: Targets;
}

function parse(src: string, meter: Meter, targetsOf: (tokens: readonly MarkedToken[]) => Targets): Lexed {
  meter.lexed += src.length;
  try {
    const { lexer, tokenizer } = createLexer();
    tokenizer.begin(src.length);
    lexer.blockTokens(src, lexer.tokens);
    const tokens = own(lexer.tokens);
    const targets = targetsOf(tokens);
    lexer.tokens.links = Object.assign(Object.create(null), targets);
    for (const run of lexer.inlineQueue) {
      tokenizer.begin(run.src.length);
      readText(lexer, run);
    }
    return { tokens, targets };
  } catch {
    return { tokens: parseParts(src, meter, targetsOf), targets: targetsOf([]) };
  }
}

/** The blocks of a source without the text within them: enough to see where they end. Never throws. */
export function outline(src: string, meter: Meter): readonly MarkedToken[] | undefined {
  meter.lexed += src.length;
  try {
    const { lexer, tokenizer } = createLexer();
    tokenizer.begin(src.length);
    return own(lexer.blockTokens(src, lexer.tokens));
  } catch {
    return undefined;
  }
}

/** The first definition of a label counts, as everywhere in Markdown. */
export function withDefinitions(known: Targets, tokens: readonly BlockToken[], isWhole = (_: string) => true): Targets {
  let found: Record<string, { href: string; title: string | null | undefined }> | undefined;
  const visit = (token: BlockToken) => {
    if (token.type === 'def' && !(token.tag in (found ?? known)) && isWhole(token.raw)) {
      found ??= Object.assign(Object.create(null), known);
      if (found !== undefined) found[token.tag] = { href: token.href, title: token.title };
    }
    if (token.type === 'list' || token.type === 'list_item' || token.type === 'blockquote') {
      for (const child of children(token)) visit(child);
    }
  };
  for (const token of tokens) visit(token);
  return found ?? known;
}

function readText(lexer: Lexer, run: { src: string; tokens: Token[] }): void {
  for (const piece of pieces(run.src)) {
    const before = run.tokens.length;
    try {
      lexer.state.inLink = false;
      lexer.inlineTokens(piece, run.tokens);
    } catch {
      run.tokens.length = before;
      run.tokens.push({ type: 'escape', raw: piece, text: piece });
    }
  }
}

/** The same text always falls into the same pieces, whether it came at once or bit by bit. */
export function pieces(src: string): readonly string[] {
  if (src.length <= MAX_MARKS) return [src];
  const found: string[] = [];
  const isLong = src.length > MAX_RUN;
  let start = 0;
  let space = -1;
  let marks = 0;
  for (let at = 0; at < src.length; at += 1) {
    const char = src[at];
    if (char === ' ' || char === '\n') space = at;
    else if (char !== undefined && '*_~`[!<'.includes(char) && src[at - 1] !== char) marks += 1;
    if (marks < MAX_MARKS && !(isLong && at - start >= PIECE)) continue;
    const end = space > start ? space + 1 : wholeCharacters(src, at);
    found.push(src.slice(start, end));
    start = end;
    at = end - 1;
    marks = 0;
  }
  if (start < src.length) found.push(src.slice(start));
  return found;
}

function wholeCharacters(src: string, end: number): number {
  const code = src.charCodeAt(end);
  return code >= 0xdc00 && code <= 0xdfff ? end + 1 : end;
}

/** After a failure: each part between blank lines for itself, so that one bad part does not cost the others. */
function parseParts(
  src: string,
  meter: Meter,
  targetsOf: (tokens: readonly MarkedToken[]) => Targets,
): readonly BlockToken[] {
  const parts = src.split(/\n(?:[ \t]*\n)+/);
  if (parts.length < 2) return [{ type: 'plain', raw: src, text: src }];
  return parts.filter((part) => part.trim() !== '').flatMap((part) => parse(part, meter, targetsOf).tokens);
}
