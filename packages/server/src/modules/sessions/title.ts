/** What a session is called until its owner says otherwise: the beginning of its first message, on one line. */

const longest = 60;
/** A cut at a word may not leave less than this: some writing has few blanks, and some words are addresses. */
const shortest = 20;

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
// Marks that turn the direction of the text would reach beyond the title.
const directions = /[\u202a-\u202e\u2066-\u2069]/g;

/** Null for a message without a visible character. */
export const titleFrom = (prompt: string): string | null => {
  const line = prompt
    .slice(0, longest * 20)
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .replaceAll(directions, '')
    .trim();
  const characters = [...graphemes.segment(line)].map(({ segment }) => segment);
  if (characters.length <= longest) return line === '' ? null : line;
  const mostly = longest - 1;
  const word = characters.lastIndexOf(' ', mostly);
  return `${characters.slice(0, word < shortest ? mostly : word).join('')}…`;
};
