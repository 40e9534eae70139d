/**
 * Where a secret begins and ends. Each rule is asked at the end of a word (or at a mark) and looks ahead a bounded way,
 * or no further than what it takes out.
 */
import {
  endOfLine,
  endsAuthority,
  escapeLength,
  isBackslash,
  isBase64,
  isBlank,
  isBreak,
  isLineEnd,
  isListMark,
  isPunctuation,
  isQuote,
  isSpace,
  isStop,
  isToken68,
  isTrailing,
  type Reader,
} from './secret-reader.ts';
import { findShape, isPlain, isWord, type SecretKind } from './secret-shapes.ts';
import { isSecretValue, kindOfName, looksRandom, type ValueContext } from './secret-values.ts';

export interface Hit {
  from: number;
  to: number;
  kind: SecretKind;
}

/** A word of the text: letters, digits, `_` and `-`. */
export interface Word {
  from: number;
  to: number;
  text: string;
}

/** More of a value is not looked at to judge it. */
const longestJudged = 128;
const longestUserInfo = 512;

const slice = (reader: Reader, from: number, to: number): string => {
  reader.look(Math.min(to - from, longestJudged));
  return reader.text.slice(from, Math.min(to, from + longestJudged));
};

/** Keys with dots in them: web tokens, and those whose prefix ends with a dot. */
const dotted = (reader: Reader, word: Word): Hit | null => {
  const webToken = word.text.search(/(?<![A-Za-z0-9])eyJ/);
  const prefix = /(?<![A-Za-z0-9])(?:ya29|hvs|hvb|SG)$/.exec(word.text);
  if (webToken < 0 && !prefix) return null;
  const second = reader.run(word.to + 1, isWord);
  const length = second - word.to - 1;
  const more = reader.code(second) === 46 ? reader.run(second + 1, isWord) : second;
  if (webToken >= 0 && word.text.length - webToken >= 10 && length >= 8)
    return { from: word.from + webToken, to: more, kind: 'token' };
  if (!prefix || length < 16 || (prefix[0] === 'SG' && more === second)) return null;
  return { from: word.from + prefix.index, to: prefix[0] === 'SG' ? more : second, kind: 'token' };
};

/** The key of a Telegram bot: a number, a colon and 35 characters. */
const botKey = (reader: Reader, word: Word): Hit | null => {
  const number = /(?<![A-Za-z0-9])\d{8,10}$/.exec(word.text);
  if (!number) return null;
  const to = reader.run(word.to + 1, isWord, 64);
  return to - word.to - 1 === 35 ? { from: word.from + number.index, to, kind: 'token' } : null;
};

export const byShape = (reader: Reader, word: Word): Hit | null => {
  reader.look(word.text.length);
  const found = findShape(word.text);
  if (found) return { from: word.from + found.at, to: word.to, kind: found.kind };
  const next = reader.code(word.to);
  if (next !== 46 && next !== 58) return null;
  reader.look(word.text.length);
  return next === 46 ? dotted(reader, word) : botKey(reader, word);
};

/** `scheme://user:password@host`; the word is the scheme. */
export const inAddress = (reader: Reader, word: Word): Hit | null => {
  if (!reader.is('://', word.to) || word.text.length < 3 || word.text.length > 14) return null;
  const from = word.to + 3;
  const colon = reader.run(from, (code) => code !== 58 && code !== 64 && !isSpace(code) && !endsAuthority(code), 256);
  if (reader.code(colon) !== 58) return null;
  let end = reader.next('@', colon);
  const secret = colon + 1;
  if (end - secret > longestUserInfo || end >= reader.text.length || end === secret) return null;
  if (reader.run(secret, (code) => !isSpace(code) && !isQuote(code) && code !== 60, end - secret) < end) return null;
  // A slash before the sign: a password with one in it, unless it is the path behind a port.
  if (/^\d*[/?#]/.test(slice(reader, secret, end))) return null;
  // A password may hold the sign itself.
  const host = reader.run(end + 1, (code) => code !== 64 && !isSpace(code) && !endsAuthority(code), 256);
  if (reader.code(host) === 64) end = host;
  const value = slice(reader, secret, end);
  return /^[[<{$*]/.test(value) ? null : { from: secret, to: end, kind: 'password' };
};

const isScheme = (text: string): boolean => /^(?:bearer|basic|token|apikey|bot|digest|negotiate)$/i.test(text);

/** The rest of what stood here was taken out before: what is left may look like something it was not. */
const isCut = (reader: Reader, to: number): boolean => reader.is('[redacted', to);

/** `Basic` is an ordinary word unless a name and a password are behind it. */
const isBasic = (value: string): boolean =>
  value.length >= 8 && /^[\x20-\x7e]*:[\x20-\x7e]*$/.test(Buffer.from(value, 'base64').toString('latin1'));

/** `Bearer …` and `Basic …`, wherever they stand. */
export const byScheme = (reader: Reader, word: Word): Hit | null => {
  if (word.text.length < 5 || word.text.length > 6 || !isBlank(reader.code(word.to))) return null;
  const isBearer = /^bearer$/i.test(word.text);
  if (!isBearer && !/^basic$/i.test(word.text)) return null;
  const from = reader.run(word.to, isBlank, 8);
  const to = reader.run(from, isToken68);
  const value = slice(reader, from, to);
  const fits = isBearer
    ? /^.{8,}$/.test(value) && (/\d/.test(value) || looksRandom(value)) && !/\.\.\./.test(value)
    : isBasic(value);
  return fits && !isCut(reader, to) ? { from, to, kind: 'token' } : null;
};

/** The quote that opens at a place, with the backslashes before it. */
const quoteAt = (reader: Reader, index: number): string => {
  const end = reader.run(index, isBackslash, 8);
  return isQuote(reader.code(end)) ? reader.text.slice(index, end + 1) : '';
};

interface Separated {
  from: number;
  how: ValueContext['how'];
  /** An element of XML: the value ends where the next tag begins. */
  element?: true;
}

const separator = /^[?!]?(?::=|=>|===|==|!=|=|:(?![:/]))/;
const connectors = /^(?:is|was|are|to|be|of|value|key)$/i;

/** Over small words between a name and its value, as people write them, and a colon behind them. */
const afterConnectors = (reader: Reader, from: number): Separated => {
  let at = from;
  for (let count = 0; count < 2; count += 1) {
    const end = reader.run(at, isPlain, 8);
    if (!connectors.test(reader.text.slice(at, end))) break;
    const colon = reader.code(end) === 58 ? end + 1 : end;
    if (!isBlank(reader.code(colon))) break;
    at = reader.run(colon, isBlank, 8);
  }
  return { from: at, how: at === from ? 'prose' : 'said' };
};

/** What lies between a name and its value; null when nothing is given to the name. */
const separated = (reader: Reader, word: Word): Separated | null => {
  if (reader.code(word.from - 1) === 60 && reader.code(word.to) === 62)
    return { from: word.to + 1, how: 'tight', element: true };
  const name = word.to + quoteAt(reader, word.to).length;
  const sign = reader.run(name, isBlank, 16);
  const mark = separator.exec(reader.text.slice(sign, sign + 4))?.[0];
  reader.look(4);
  if (mark !== undefined) {
    const from = reader.run(sign + mark.length, isBlank, 64);
    const tight = mark === '=' && sign === name && from === sign + 1;
    return { from, how: tight ? 'tight' : 'loose' };
  }
  if (sign === word.to) return null;
  if (reader.is('--', word.from - 2)) return { from: sign, how: 'flag' };
  return afterConnectors(reader, sign);
};

const shellWord = /(?:^|[\s\\])(?:export|set|ENV|ARG|env)$/;

/** The name stands first in its line, apart from marks of lists and quotations and words of a shell. */
const beginsLine = (reader: Reader, from: number): boolean => {
  let index = from - 1;
  while (index > from - 40 && (isBlank(reader.code(index)) || isListMark(reader.code(index)))) index -= 1;
  reader.look(from - index + 8);
  const code = reader.code(index);
  if (Number.isNaN(code) || isBreak(code)) return true;
  if (code === 110 && isBackslash(reader.code(index - 1))) return true;
  return isBlank(reader.code(index + 1)) && shellWord.test(reader.text.slice(Math.max(0, index - 7), index + 1));
};

/** Nothing but a remark follows in the line. */
const endsLine = (reader: Reader, to: number): boolean => {
  const next = reader.run(to, (code) => isBlank(code) || isTrailing(code), 8);
  return isLineEnd(reader, next) || reader.code(next) === 35;
};

interface Place {
  how: ValueContext['how'];
  alone: boolean;
  query: boolean;
}

/** The end of a value without quotes, at most `most` characters on. */
const unquotedEnd = (reader: Reader, from: number, { how, alone, query }: Place, most?: number): number => {
  if (how === 'prose') return reader.run(from, isBase64, most);
  const inLine = (code: number): boolean => !isSpace(code) && !isBackslash(code) && !isStop(code) && code !== 35;
  if (how === 'said') {
    let end = reader.run(from, inLine, most);
    while (end > from && isPunctuation(reader.code(end - 1))) end -= 1;
    return end;
  }
  if (!alone || query) return reader.run(from, inLine, most);
  // In a line of its own a value may hold anything but blanks.
  let to = reader.run(from, (code) => !isSpace(code) && !isBackslash(code) && !isQuote(code), most);
  while (to > from && isTrailing(reader.code(to - 1))) to -= 1;
  return to;
};

/** The quote that closes a value; one with more backslashes before it belongs to the value. */
const valueEnd = (reader: Reader, from: number, quote: string): number => {
  const lineEnd = endOfLine(reader, from);
  let end = reader.next(quote, from);
  while (end < lineEnd && end > from && isBackslash(reader.code(end - 1))) end = reader.next(quote, end + 1);
  return Math.min(end, lineEnd);
};

/** `Bearer` and the like between a name and its value. */
const afterScheme = (reader: Reader, from: number): number => {
  const end = reader.run(from, isPlain, 12);
  const isOne = isScheme(reader.text.slice(from, end)) && isBlank(reader.code(end));
  return isOne ? reader.run(end, isBlank, 8) : from;
};

const kindOf = (reader: Reader, word: Word, query: boolean): SecretKind | null => {
  reader.look(Math.min(word.text.length, longestJudged));
  return kindOfName(word.text) ?? (query && word.text === 'sig' ? 'secret' : null);
};

/** `name = value` in the ways of shells, settings, JSON, YAML, addresses, headers and code. */
export const byName = (reader: Reader, word: Word): Hit | null => {
  const query = reader.code(word.from - 1) === 63 || reader.code(word.from - 1) === 38;
  const kind = kindOf(reader, word, query);
  const between = kind === null ? null : separated(reader, word);
  if (kind === null || between === null) return null;
  const quote = between.element ? '<' : quoteAt(reader, between.from);
  const from = afterScheme(reader, between.from + (between.element ? 0 : quote.length));
  const place = { how: between.how, query, alone: beginsLine(reader, word.from) };
  const to = quote === '' ? unquotedEnd(reader, from, place, longestJudged) : valueEnd(reader, from, quote);
  if (to <= from || isCut(reader, to)) return null;
  const context: ValueContext = {
    ...place,
    quoted: quote !== '',
    capitals: /^[A-Z0-9_]+$/.test(word.text),
    alone: place.alone && endsLine(reader, to),
  };
  if (!isSecretValue(slice(reader, from, to), kind, context)) return null;
  return { from, to: quote === '' ? unquotedEnd(reader, from, place) : to, kind };
};

const pemBegin = /^-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
const pemHeader = /^(?:Proc-Type|DEK-Info|Comment|Version|Hash|Key-Attributes|Bag Attributes)\b/;
const isPemGap = (code: number): boolean => isSpace(code) || isQuote(code) || code === 62 || code === 44;

const afterPemGaps = (reader: Reader, from: number): number => {
  for (let at = from; ; ) {
    const end = reader.run(at, isPemGap);
    const next = end + escapeLength(reader, end);
    if (next === at) return at;
    at = next;
  }
};

/** A key that was cut off: as far as lines of it go, the last of which may be short. */
const cutOffKey = (reader: Reader, start: number): number => {
  let end = start;
  for (let at = start; at < reader.text.length; ) {
    const from = afterPemGaps(reader, at);
    reader.look(24);
    if (pemHeader.test(reader.text.slice(from, from + 24))) {
      at = endOfLine(reader, from);
      continue;
    }
    if (reader.is('-----', from)) return end;
    const to = reader.run(from, isBase64);
    const isFull = to - from >= 16;
    if (to === from || (!isFull && !isLineEnd(reader, to))) return end;
    end = to;
    if (!isFull) return end;
    at = to;
  }
  return end;
};

/** A private key in PEM or armour, from its first mark to its last; the place is a `-`. */
export const byPem = (reader: Reader, from: number): Hit | null => {
  if (!reader.is('-----BEGIN ', from)) return null;
  const header = pemBegin.exec(reader.text.slice(from, from + 80))?.[0];
  reader.look(80);
  if (header === undefined) return null;
  const body = from + header.length;
  const last = reader.next('-----END', body);
  if (last >= reader.text.length || last > reader.next('-----BEGIN', body))
    return { from, to: cutOffKey(reader, body), kind: 'private key' };
  const tail = reader.text.slice(last + 8, last + 88).indexOf('-----');
  reader.look(80);
  return { from, to: tail < 0 ? last + 8 : last + 8 + tail + 5, kind: 'private key' };
};
