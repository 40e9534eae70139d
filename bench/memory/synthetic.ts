/**
 * Made-up memories that behave like real ones for an index: words as unevenly common as in a language, conversations
 * that keep to a topic, questions that share some words with one of the memories, and vectors that follow the words.
 * The same numbers give the same texts.
 */
import type { Embedder } from '../../packages/server/src/ports/embedder.ts';
import type { Text } from './library.ts';

const vocabularySize = 30_000;
const topicCount = 2_000;
const topicWords = 40;
const runLength = 20;
const dimensions = 512;
const syllables = ['ba', 'ce', 'di', 'fo', 'gu', 'ha', 'je', 'ki', 'lo', 'mu', 'na', 'pe', 'ri', 'so', 'tu', 'va'];

type Random = () => number;

/** Mulberry32: small, and good enough for texts. */
const createRandom = (seed: number): Random => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** Four syllables for each number, so that no two words are alike. */
const wordOf = (rank: number): string => [12, 8, 4, 0].map((shift) => syllables[(rank >> shift) & 15] ?? '').join('');

/** The rank of a word by Zipf's law: the n-th commonest occurs about 1/n as often as the commonest. */
const zipf = (random: Random): number => Math.min(vocabularySize - 1, Math.floor(vocabularySize ** random()) - 1);

const topicWord = (topic: number, random: Random): number =>
  Math.floor(createRandom(topic * 7_919 + Math.floor(random() * topicWords))() * vocabularySize);

export interface Corpus {
  /** Memory number `at`. */
  text(at: number): Text;
  /** A question that memory number `at` answers. */
  question(at: number): string;
}

export const createCorpus = (): Corpus => {
  const ranksOf = (at: number): number[] => {
    const random = createRandom(at + 1);
    const topic = Math.floor(createRandom(Math.floor(at / runLength) + 500_000)() * topicCount);
    const count = 8 + Math.floor(random() * 16);
    return Array.from({ length: count }, () => (random() < 0.4 ? topicWord(topic, random) : zipf(random)));
  };
  return {
    text: (at) => ({ text: ranksOf(at).map(wordOf).join(' '), runId: `run-${Math.floor(at / runLength)}` }),
    question(at) {
      const random = createRandom(at + 9_000_000);
      const ranks = ranksOf(at);
      const own = Array.from({ length: 4 }, () => ranks[Math.floor(random() * ranks.length)] ?? 0);
      return `what did we say about ${[...own, zipf(random)].map(wordOf).join(' ')}`;
    },
  };
};

const vectors = new Map<string, Float32Array>();
const vectorOf = (word: string): Float32Array => {
  const known = vectors.get(word);
  if (known) return known;
  const random = createRandom([...word].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) | 0, 7));
  const made = Float32Array.from({ length: dimensions }, () => random() * 2 - 1);
  vectors.set(word, made);
  return made;
};

const embed = (text: string): Float32Array => {
  const sum = new Float32Array(dimensions);
  for (const word of text.split(' ')) {
    const vector = vectorOf(word);
    for (let at = 0; at < dimensions; at += 1) sum[at] = (sum[at] ?? 0) + (vector[at] ?? 0);
  }
  const length = Math.hypot(...sum) || 1;
  return sum.map((value) => value / length);
};

/** Texts with words in common lie near each other; it takes next to no time, so that the index alone is measured. */
export const createWordEmbedder = (): Embedder => ({
  space: async () => ({ embedderId: 'bench:words', dimensions }),
  embed: async (texts) => texts.map(embed),
  ping: async () => {},
  close: async () => {},
});
