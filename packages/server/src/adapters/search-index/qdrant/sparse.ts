/**
 * A text as a sparse vector whose product with the one of a question is BM25. Qdrant multiplies by the rarity of each word
 * (`modifier: idf`), here is the rest of the formula: how often the word occurs, against the length of the text.
 */
import { createHash } from 'node:crypto';
import { askedWords, stemOf, wordsOf } from '../words.ts';

export type SparseVector = { indices: number[]; values: number[] };

const k1 = 1.2;
const b = 0.75;
/** Words of a usual fact or note. Qdrant keeps no average, so it is fixed. */
const usualLength = 24;

/** Two words with one number are one word to the index: with 32 bits that is rarer than a typing error. */
const numberOf = (word: string): number => createHash('sha256').update(stemOf(word)).digest().readUInt32LE(0);

const toSparse = (weights: ReadonlyMap<number, number>): SparseVector => ({
  indices: [...weights.keys()],
  values: [...weights.values()],
});

/** Undefined for a text without words. */
export const textVector = (text: string): SparseVector | undefined => {
  const words = wordsOf(text);
  if (words.length === 0) return undefined;
  const counts = new Map<number, number>();
  for (const word of words) {
    const number = numberOf(word);
    counts.set(number, (counts.get(number) ?? 0) + 1);
  }
  const length = 1 - b + (b * words.length) / usualLength;
  const weights = [...counts].map(([number, n]): [number, number] => [number, (n * (k1 + 1)) / (n + k1 * length)]);
  return toSparse(new Map(weights));
};

/** Undefined when the question has no word to look for. */
export const questionVector = (text: string): SparseVector | undefined => {
  const numbers = askedWords(text).map(numberOf);
  return numbers.length === 0 ? undefined : toSparse(new Map(numbers.map((number) => [number, 1])));
};
