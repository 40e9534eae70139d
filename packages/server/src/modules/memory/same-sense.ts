/**
 * Whether two facts that lie close together say the same. Closeness alone does not tell: to the bundled embedder "before
 * breakfast" and "after breakfast" (0.98) are closer than "likes tea" and "enjoys tea" (0.91). So they may differ only in
 * words that carry no fact of their own; every other word stands in both, in the same form and the same order. That holds
 * for numbers, names, negations, tenses and who does what to whom. Rather two alike than one lost.
 */

/** Not "is" and "has": they tell "the owner is a nurse" from "the owner has a nurse". */
const fillers = new Set(['the', 'a', 'an', 'any', 'also', 'currently', 'really']);
/** The same word in another dress. */
const alike = new Map([
  ['named', 'called'],
  ['mum', 'mother'],
  ['mom', 'mother'],
  ['dad', 'father'],
]);
/** Not every embedder reads further than this. */
const mostChars = 1_000;

const plain = (text: string): string =>
  text
    .normalize('NFKC')
    .replaceAll(/[’‘`]/g, "'")
    .replaceAll(/\bcan(?:'t|not)\b/g, 'can not')
    .replaceAll(/\bwon't\b/g, 'will not')
    .replaceAll("n't", ' not')
    // "A few" are some, "few" are hardly any.
    .replaceAll(/\ba (few|little|bit|lot)\b/g, 'a_$1')
    .trim();

/** What ends a word or stands around it; all other signs count: "C++", "1.5", "-5", "50%". */
const closing = new Set(`.,;:!"')]”»`);
const opening = new Set(`"'([“«`);

const bare = (word: string): string => {
  let [from, to] = [0, word.length];
  while (to > from && closing.has(word.charAt(to - 1))) to -= 1;
  while (from < to && opening.has(word.charAt(from))) from += 1;
  return word.slice(from, to);
};

/** Only the first letter of a sentence is large without a reason. */
const wordsOf = (text: string): string[] => {
  const whole = plain(text);
  return `${whole.charAt(0).toLowerCase()}${whole.slice(1)}`
    .split(/\s+/)
    .map(bare)
    .filter((word) => word !== '' && !fillers.has(word))
    .map((word) => alike.get(word) ?? word);
};

export const saysTheSame = (one: string, other: string): boolean => {
  if (Math.max(one.length, other.length) > mostChars) return false;
  const words = wordsOf(one).join(' ');
  return words !== '' && words === wordsOf(other).join(' ');
};
