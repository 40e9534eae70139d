import type { MarkedToken, Token, Tokens } from 'marked';

/** A block whose source is shown as it is: it failed to parse, or would cost too much. */
export interface PlainToken {
  readonly type: 'plain';
  readonly raw: string;
  readonly text: string;
  /** The end of a very long block that was not read yet. */
  readonly isWaiting?: boolean;
}

/** A block of code that may still grow, so it is not highlighted yet. */
export type CodeToken = Tokens.Code & { open?: boolean };

/** One piece of an answer. Its identity tells React whether it has to be drawn again. */
export type BlockToken = MarkedToken | PlainToken;

/** marked's own types allow tokens of extensions everywhere; we have none. */
export function own(tokens: readonly Token[] | undefined): readonly MarkedToken[] {
  return (tokens ?? []) as readonly MarkedToken[];
}

/** The tokens within a token, in the order of the text. */
export function children(token: BlockToken): readonly MarkedToken[] {
  if (token.type === 'list') return token.items;
  if (token.type === 'table')
    return [token.header, ...token.rows].flatMap((row) => row.flatMap((cell) => own(cell.tokens)));
  return 'tokens' in token ? own(token.tokens) : [];
}

/** Blank lines and definitions draw nothing. */
export function isVisible(token: BlockToken): boolean {
  return token.type !== 'space' && token.type !== 'def';
}
