/**
 * Searching by words. FTS5 names the candidates; what they are worth is counted here for all candidates alike (BM25 with
 * FTS5's own numbers), so that words too common to be looked up still count, and neighbours can be scored too.
 */
import type { IndexQuery } from '../../../ports/search-index.ts';
import { askedWords, stemOf, wordsOf } from '../words.ts';
import type { ShelfFile } from './shelf-file.ts';

/** So many places of words are looked through for one question; it takes about 2 ms. */
const mostPostings = 2_000;
/** How often a common word occurs is counted anew after so many changes: counting walks through all its places. */
const countedFor = 100;
const common = 50;
const k1 = 1.2;
const b = 0.75;

export interface Asked {
  word: string;
  stem: string;
  /** Texts that hold it. */
  documents: number;
}

export interface WordSearch {
  /** The words of a question that occur at all, rarest first. */
  asked(text: string): Asked[];
  /** Numbers of rows that hold some of the words, the best by FTS5's count. */
  candidates(words: readonly Asked[], query: Pick<IndexQuery, 'filter' | 'candidates'>): number[];
  scorer(words: readonly Asked[]): (text: string) => number;
}

/** The rarest words until there are enough places; common words tell little and cost most. */
const lookedUp = (words: readonly Asked[]): Asked[] => {
  let postings = 0;
  return words.filter(({ documents }, at) => {
    postings += documents;
    return at === 0 || postings <= mostPostings;
  });
};

/** A stem begins as its word does, so most words of a text need not be stemmed to know that nobody asked for them. */
const beginningOf = (word: string): number => word.charCodeAt(0) * 65_536 + (word.length > 1 ? word.charCodeAt(1) : 0);

/** No marks on its first letters, which a stem would not have. */
const isPlain = (word: string): boolean => word.charCodeAt(0) < 128 && !(word.charCodeAt(1) >= 128);

export const createWordSearch = (file: ShelfFile): WordSearch => {
  const documents = file.db.prepare('select doc from vocabulary where term = ?');
  const counted = new Map<string, number>();
  let countedAt = 0;
  const documentsOf = (stem: string): number => {
    const change = file.meta('change');
    if (change > countedAt + countedFor) {
      counted.clear();
      countedAt = change;
    }
    const known = counted.get(stem);
    if (known !== undefined) return known;
    const count = Number(documents.get(stem)?.doc ?? 0);
    if (count > common) counted.set(stem, count);
    return count;
  };
  const newest = file.db.prepare('select max(n) as n from items');

  /** Where even the rarest word is in nearly every text, the newest texts have to do. */
  const firstRow = (words: readonly Asked[]): number => {
    const rarest = words[0]?.documents ?? 0;
    if (rarest <= mostPostings) return 0;
    const last = Number(newest.get()?.n ?? 0);
    return Math.floor(last * (1 - mostPostings / rarest));
  };

  return {
    asked: (text) =>
      askedWords(text)
        .map((word): Asked => {
          const stem = stemOf(word);
          return { word, stem, documents: documentsOf(stem) };
        })
        .filter((one) => one.documents > 0)
        .sort((a, other) => a.documents - other.documents),
    candidates(words, { filter, candidates }) {
      const wanted = lookedUp(words);
      if (wanted.length === 0) return [];
      const match = wanted.map(({ word }) => `"${word}"`).join(' OR ');
      const values: (string | number)[] = [match, firstRow(wanted)];
      let within = '';
      if (filter?.runId !== undefined) {
        within += ' and rowid in (select n from items where run_id = ?)';
        values.push(filter.runId);
      }
      if (filter?.agentId !== undefined) {
        within += ' and exists (select 1 from items where n = words.rowid and agent_id = ?)';
        values.push(filter.agentId);
      }
      const sql = `select rowid as n from words where words match ? and rowid > ?${within} order by rank limit ?`;
      return file.all(sql, ...values, candidates).map(({ n }) => Number(n));
    },
    scorer(words) {
      const totals = file.totals();
      const average = Math.max(1, totals.words / Math.max(1, totals.items));
      const weights = new Map(
        words.map(({ stem, documents: n }) => [stem, Math.max(1e-6, Math.log((totals.items - n + 0.5) / (n + 0.5)))]),
      );
      const beginnings = new Set(words.flatMap(({ word, stem }) => [beginningOf(word), beginningOf(stem)]));
      return (text) => {
        const all = wordsOf(text);
        const counts = new Map<string, number>();
        for (const word of all) {
          if (isPlain(word) && !beginnings.has(beginningOf(word))) continue;
          const stem = stemOf(word);
          if (weights.has(stem)) counts.set(stem, (counts.get(stem) ?? 0) + 1);
        }
        const length = k1 * (1 - b + (b * all.length) / average);
        let sum = 0;
        for (const [stem, count] of counts) sum += ((weights.get(stem) ?? 0) * count * (k1 + 1)) / (count + length);
        return sum;
      };
    },
  };
};
