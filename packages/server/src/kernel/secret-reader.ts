/**
 * Reading text once from left to right while secrets are looked for. Every look is counted, so that tests can prove the
 * work to grow with the length of the text, whatever it holds.
 */
import { isWord } from './secret-shapes.ts';

export interface Reader {
  readonly text: string;
  readonly work: number;
  /** Counts looks that were made without the reader. */
  look(count: number): void;
  /** The character code at a place; NaN outside the text. */
  code(index: number): number;
  is(what: string, index: number): boolean;
  /**
   * Where `what` stands next; the end of the text when nowhere. Remembered: asked from left to right, all questions
   * together read the text once.
   */
  next(what: string, from: number): number;
  /** The end of a run of fitting characters, at most `most` of them. */
  run(from: number, fits: (code: number) => boolean, most?: number): number;
}

export const createReader = (text: string): Reader => {
  let work = 0;
  const nexts = new Map<string, number>();
  return {
    text,
    get work() {
      return work;
    },
    look(count) {
      work += count;
    },
    code: (index) => text.charCodeAt(index),
    is: (what, index) => text.startsWith(what, index),
    next(what, from) {
      const known = nexts.get(what);
      if (known !== undefined && known >= from) return known;
      const index = text.indexOf(what, from);
      const found = index < 0 ? text.length : index;
      work += found - from + 1;
      nexts.set(what, found);
      return found;
    },
    run(from, fits, most = text.length) {
      const limit = Math.min(text.length, from + most);
      let end = from;
      while (end < limit && fits(text.charCodeAt(end))) end += 1;
      work += end - from + 1;
      return end;
    },
  };
};

export const isBlank = (code: number): boolean => code === 32 || code === 9;
export const isBreak = (code: number): boolean => code === 10 || code === 13;
export const isQuote = (code: number): boolean => code === 34 || code === 39 || code === 96;
export const isBackslash = (code: number): boolean => code === 92;
export const isSpace = (code: number): boolean => isBlank(code) || isBreak(code);
/** Base64 of both alphabets. */
export const isBase64 = (code: number): boolean => isWord(code) || code === 43 || code === 47 || code === 61;
/** What a bearer token may hold (RFC 6750). */
export const isToken68 = (code: number): boolean => isBase64(code) || code === 46 || code === 126;

const inText = (characters: string) => (code: number) => characters.includes(String.fromCharCode(code));
/** Ends a value that stands in the middle of a line. */
export const isStop = inText(',;)}]<>|&"\'`');
/** May come behind a value at the end of a line without belonging to it. */
export const isTrailing = inText(',;)}]');
export const isPunctuation = inText('.,:;!?');
/** Marks of lists, quotations and changes before a line's first word. */
export const isListMark = inText('>*+-"\'');
/** Ends the part of an address that may hold a password. */
export const endsAuthority = inText('/?#"\'`<>\\');

/** The length of an escape sequence, also of one that was escaped again; 0 where there is none. */
export const escapeLength = (reader: Reader, index: number): number => {
  const end = reader.run(index, isBackslash);
  if (end === index) return 0;
  const letter = reader.text.charAt(end);
  if (/[nrtbf]/.test(letter)) return end + 1 - index;
  return letter === 'u' && /^[0-9a-fA-F]{4}$/.test(reader.text.slice(end + 1, end + 5)) ? end + 5 - index : end - index;
};

/** A line ends here, or where it is written as an escape sequence. */
export const isLineEnd = (reader: Reader, index: number): boolean => {
  const code = reader.code(index);
  if (Number.isNaN(code) || isBreak(code)) return true;
  return isBackslash(code) && /[nr]/.test(reader.text.charAt(reader.run(index, isBackslash)));
};

export const endOfLine = (reader: Reader, from: number): number =>
  Math.min(reader.next('\n', from), reader.next('\r', from), reader.next('\\n', from), reader.next('\\r', from));
