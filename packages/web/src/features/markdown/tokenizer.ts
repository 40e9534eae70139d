import { Lexer, type Links, type Rules, Tokenizer, type Tokens } from 'marked';

/** Deeper quotes and lists are literal text: nobody can read them, and the parser calls itself for each level. */
const MAX_DEPTH = 50;
/** Wider tables are literal text. */
const MAX_COLUMNS = 64;
/** Links tried in one run of text. Nested brackets make the parser try the inner ones again and again. */
const MAX_LINKS = 2000;
/** How often, on average, a character may be looked at again as part of a nested quote or list. */
const MAX_WORK = MAX_DEPTH + 14;

/** A block that would cost too much; the caller shows its source instead. */
export class TooCostly extends Error {}

let rules: Rules | undefined;

/**
 * The rules of marked with two changes. One `~` strikes nothing: "20~25 and 30~40" is a common way to write ranges.
 * And where a paragraph looks ahead for a table it reads two lines, not the whole table, which was quadratic; and an
 * item of a list is no head of a table, or the row below it would change what the lines above it are.
 */
function ourRules(given: Rules): Rules {
  if (rules !== undefined) return rules;
  const { paragraph, table } = given.block;
  const whole = table.source.replace(/^\^/, '');
  const rows = whole.indexOf('(?:\\n((?:(?!');
  const head = `(?! {0,3}(?:[*+-]|\\d{1,9}[.)])(?:[ \\t]|\\n))${whole.slice(0, rows)}(?:\\n|$)`;
  const twoLines = head.replace(')\\n {0,3}(', ')\\n(?=[^\\n]*[|:]) {0,3}(');
  const source = rows === -1 ? paragraph.source : paragraph.source.split(whole).join(twoLines);
  rules = {
    ...given,
    block: { ...given.block, paragraph: new RegExp(source) },
    inline: { ...given.inline, delLDelim: /^~~(?:((?!~)[\p{P}\p{S}])|[^\s~])/u },
  };
  return rules;
}

/** marked's tokenizer without HTML blocks, without state that leaks from block to block, and with limits. */
class OurTokenizer extends Tokenizer {
  private depth = 0;
  private work = 0;
  private links = 0;
  private budget = 0;

  /** Called before each source: what was spent on the last one does not count. */
  begin(length: number): void {
    this.depth = 0;
    this.work = 0;
    this.links = 0;
    this.budget = MAX_WORK * length + 4096;
  }

  /** Raw HTML is text. As a block it would swallow everything until its end, which may never come. */
  override html(): undefined {
    return undefined;
  }

  /** Literal as well, but a token, so that marks within a tag are left alone. Keeps no state, unlike the original. */
  override tag(src: string): Tokens.Tag | undefined {
    if (src.charCodeAt(0) !== 60) return undefined;
    const raw = this.rules.inline.tag.exec(src)?.[0];
    if (raw === undefined) return undefined;
    return { type: 'html', raw, inLink: false, inRawBlock: false, text: raw, block: false };
  }

  /** A definition ends at the latest at a blank line; the original lets a title run on to the next quotation mark. */
  override def(src: string): Tokens.Def | undefined {
    if (!/^ {0,3}\[/.test(src)) return undefined;
    const blank = /\n[ \t]*\n/.exec(src);
    return super.def(blank === null ? src : src.slice(0, blank.index + 1));
  }

  override blockquote(src: string): Tokens.Blockquote | undefined {
    if (this.depth >= MAX_DEPTH) return undefined;
    return this.nested(() => super.blockquote(src));
  }

  override list(src: string): Tokens.List | undefined {
    if (this.depth >= MAX_DEPTH) return undefined;
    return this.nested(() => super.list(src));
  }

  override table(src: string): Tokens.Table | undefined {
    const first = src.indexOf('\n');
    if (first === -1) return undefined;
    const second = src.indexOf('\n', first + 1);
    // Only a row of as many dashes below makes a table: saves reading all the rows for nothing.
    const dashes = src.slice(first + 1, second === -1 ? undefined : second);
    if (!/^[ |:-]+$/.test(dashes)) return undefined;
    const columns = tableColumns(dashes);
    return columns > MAX_COLUMNS || columns !== tableColumns(src.slice(0, first)) ? undefined : super.table(src);
  }

  override link(src: string): Tokens.Link | Tokens.Image | undefined {
    return this.isTooMany(src) ? undefined : super.link(src);
  }

  override reflink(src: string, links: Links): Tokens.Link | Tokens.Image | Tokens.Text | undefined {
    return this.isTooMany(src) ? undefined : super.reflink(src, links);
  }

  private isTooMany(src: string): boolean {
    const first = src.charCodeAt(0);
    if (first !== 91 && first !== 33) return false;
    this.links += 1;
    return this.links > MAX_LINKS;
  }

  private nested<T extends { raw: string }>(parse: () => T | undefined): T | undefined {
    this.depth += 1;
    try {
      const token = parse();
      this.work += token?.raw.length ?? 0;
      if (this.work > this.budget) throw new TooCostly();
      return token;
    } finally {
      this.depth -= 1;
    }
  }
}

/** How many cells a row of a table has, by the bars that are not escaped. */
export function tableColumns(row: string): number {
  const line = row.trim();
  let bars = 0;
  let isEscaped = false;
  let endsWithBar = false;
  for (const char of line) {
    endsWithBar = char === '|' && !isEscaped;
    if (endsWithBar) bars += 1;
    isEscaped = char === '\\' && !isEscaped;
  }
  const outer = (line.startsWith('|') ? 1 : 0) + (endsWithBar && line.length > 1 ? 1 : 0);
  return bars - outer + 1;
}

/** A lexer of ours and the tokenizer within it. */
export function createLexer(): { lexer: Lexer; tokenizer: OurTokenizer } {
  const tokenizer = new OurTokenizer();
  const lexer = new Lexer({ gfm: true, tokenizer });
  tokenizer.rules = ourRules(tokenizer.rules);
  return { lexer, tokenizer };
}
