/** The words of texts and questions, for every search index alike: literal, and of a question only those that tell something. */
import { stemmer } from 'stemmer';
import { wordsIn } from '../../kernel/words.ts';

/** English and German; a question of nothing else is looked for as it is. */
const stopWords = new Set(
  (
    'a an the and or but if then of at by for with about to from in on is am are was were be been being have has had having do does did doing ' +
    'what which who whom when where why how this that these those i me my we our you your he him his she her it its they them their as so than too ' +
    'very can will just would could should any some all no not there here into out up down over again s t d ll m re ve ' +
    'der die das den dem des ein eine einer eines und oder aber wenn dann von bei mit zu aus auf ist bin sind war waren sein haben hat hatte was wer wen ' +
    'wem wann wo warum wie ich mich mir mein wir uns unser du dich dein er ihn sie ihr es als so sehr kann nicht da hier'
  ).split(' '),
);

const mostWords = 64;

export const wordsOf = (text: string): string[] => wordsIn(text.normalize('NFC'));

/** Without marks on letters, as the index keeps them. */
const plain = (word: string): string => word.normalize('NFKD').replaceAll(/\p{M}/gu, '');

const stems = new Map<string, string>();
const mostStems = 50_000;

/** As FTS5 stems it, for asking it how often a word occurs. Remembered: words come again. */
export const stemOf = (word: string): string => {
  const known = stems.get(word);
  if (known !== undefined) return known;
  const bare = plain(word);
  const stem = /^[a-z]+$/.test(bare) ? stemmer(bare) : bare;
  if (stems.size >= mostStems) stems.clear();
  stems.set(word, stem);
  return stem;
};

/** The words of a text as they are compared with those of a question, in their order. */
export const stemsOf = (text: string): string[] => wordsOf(text).map(stemOf);

export const askedWords = (text: string): string[] => {
  const all = [...new Set(wordsOf(text))];
  const telling = all.filter((word) => !stopWords.has(word));
  return (telling.length > 0 ? telling : all).slice(0, mostWords);
};
