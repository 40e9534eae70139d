/**
 * Text on its way to the terminal. Whatever a model or a tool wrote may hold control codes that move the cursor, rename
 * the window or hide what comes next, so none of it is printed before it has passed here.
 */
import { styleText } from 'node:util';

type State = 'text' | 'escape' | 'csi' | 'string';

/** Longer sequences than this are not sequences: what follows is shown again. */
const longestSequence = 4096;
/** C1 codes that begin a control string: DCS, SOS, OSC, PM, APC. */
const stringStarts = new Set([0x90, 0x98, 0x9d, 0x9e, 0x9f]);

/** Characters that turn the direction of the text around them and so can show it in another order than it has. */
const isBidi = (code: number): boolean => (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
const isControl = (code: number): boolean => code < 0x20 || (code >= 0x7f && code <= 0x9f);

const afterEscape = (code: number): State => {
  if (code === 0x5b) return 'csi';
  if (code === 0x5d || code === 0x50 || code === 0x58 || code === 0x5e || code === 0x5f) return 'string';
  return code >= 0x20 && code <= 0x2f ? 'escape' : 'text';
};

const inText = (code: number): State => {
  if (code === 0x1b) return 'escape';
  if (code === 0x9b) return 'csi';
  return stringStarts.has(code) ? 'string' : 'text';
};

const next = (state: State, code: number): State => {
  if (code === 0x0a) return 'text';
  if (code === 0x1b) return 'escape';
  if (state === 'escape') return afterEscape(code);
  if (state === 'csi') return code >= 0x40 && code <= 0x7e ? 'text' : 'csi';
  if (state === 'string') return code === 0x07 || code === 0x9c ? 'text' : 'string';
  return inText(code);
};

/** Removes control codes from text that arrives in pieces; a sequence may be split between two of them. */
export const createStripper = (): ((piece: string) => string) => {
  let state: State = 'text';
  let length = 0;
  return (piece) => {
    let clean = '';
    for (const character of piece) {
      const code = character.codePointAt(0) ?? 0;
      const wasText = state === 'text';
      state = length > longestSequence ? 'text' : next(state, code);
      length = state === 'text' ? 0 : length + 1;
      const isShown = code === 0x0a || (wasText && state === 'text' && (code === 0x09 || !isControl(code)));
      if (isShown && !isBidi(code)) clean += character;
    }
    return clean;
  };
};

export const stripControls = (text: string): string => createStripper()(text);

/** Shows control characters instead of removing them: a person who approves a command must see all of it. */
export const visible = (text: string): string =>
  [...text]
    .map((character) => {
      const code = character.codePointAt(0) ?? 0;
      const isHidden =
        (isControl(code) && code !== 0x0a && code !== 0x09) || isBidi(code) || (code >= 0x200b && code <= 0x200f);
      return isHidden ? `\\u${code.toString(16).padStart(4, '0')}` : character;
    })
    .join('');

/** One line, at most `limit` characters. */
export const shorten = (text: string, limit = 80): string => {
  const line = stripControls(text).replace(/\s+/g, ' ').trim();
  return line.length <= limit ? line : `${line.slice(0, limit - 1)}…`;
};

type Format = Parameters<typeof styleText>[0];
export type Style = (format: Format, text: string) => string;

/** Colours only where they were asked for; the text itself is the same. */
export const createStyle = (isColored: boolean): Style =>
  isColored ? (format, text) => styleText(format, text, { validateStream: false }) : (_format, text) => text;

/** Whether this output wants colours; `styleText` knows NO_COLOR, FORCE_COLOR and the terminal's own abilities. */
export const wantsColor = (stream: NodeJS.WritableStream): boolean => styleText('red', 'x', { stream }) !== 'x';
