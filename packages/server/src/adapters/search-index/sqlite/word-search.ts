/**
 * Searching by words. FTS5 names the candidates; what they are worth is counted here for all candidates alike (BM25 with
 * FTS5's own numbers), so that words too common to be looked up still count, and neighbours can be scored too.
 */
import type { IndexQuery } from '../../../ports/search-index.ts';
import { askedWords, stemOf } from '../words.ts';
import type { ShelfFile } from './shelf-file.ts';

/** So many places of words are looked through for one question, more of them in a large index; a thousand take about 1 ms. */
const mostPostings = (items: number): number => Math.min(2_000, Math.max(1_000, items / 50));
/** How often a common word occurs is counted anew after so many changes: counting walks through all its places. */
const countedFor = 100;
const common = 50;
const mostCounted = 10_000;
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
  scorer(words: readonly Asked[]): (text: Stems) => number;
}

/** The rarest words until there are enough places; common words tell little and cost most. */
const lookedUp = (words: readonly Asked[], most: number): Asked[] => {
  let postings = 0;
  return words.filter(({ documents }, at) => {
    postings += documents;
    return at === 0 || postings <= most;
  });
};

/** The stems of a text in one string, each between blanks, so that one is found without taking the text apart again. */
export interface Stems {
  stems: string;
  /** How many they are. */
  length: number;
}

export const packStems = (stems: readonly string[]): Stems => ({
  stems: ` ${stems.join(' ')} `,
  length: stems.length,
});

/** How often a stem with its two blanks occurs; neighbours share a blank. */
const countIn = (stems: string, wanted: string): number => {
  let count = 0;
  for (let at = stems.indexOf(wanted); at !== -1; at = stems.indexOf(wanted, at + wanted.length - 1)) count += 1;
  return count;
};

export const createWordSearch = (file: ShelfFile): WordSearch => {
  const documents = file.db.prepare('select doc from vocabulary where term = ?');
  const often = new Map<string, number>();
  let oftenAt = 0;
  const seldom = new Map<string, number>();
  let seldomAt = 0;
  /** A rare word is counted anew after every change, a common one after many. */
  const forgetCounts = (): void => {
    const change = file.meta('change');
    if (change !== seldomAt || seldom.size > mostCounted) seldom.clear();
    seldomAt = change;
    if (change <= oftenAt + countedFor) return;
    often.clear();
    oftenAt = change;
  };
  const documentsOf = (stem: string): number => {
    const known = often.get(stem) ?? seldom.get(stem);
    if (known !== undefined) return known;
    const count = Number(documents.get(stem)?.doc ?? 0);
    (count > common ? often : seldom).set(stem, count);
    return count;
  };
  const newest = file.db.prepare('select max(n) as n from items');

  /** Where even the rarest word is in nearly every text, the newest texts have to do. */
  const firstRow = (words: readonly Asked[], most: number): number => {
    const rarest = words[0]?.documents ?? 0;
    if (rarest <= most) return 0;
    const last = Number(newest.get()?.n ?? 0);
    return Math.floor(last * (1 - most / rarest));
  };

  return {
    asked(text) {
      forgetCounts();
      return askedWords(text)
        .map((word): Asked => {
          const stem = stemOf(word);
          return { word, stem, documents: documentsOf(stem) };
        })
        .filter((one) => one.documents > 0)
        .sort((a, other) => a.documents - other.documents);
    },
    candidates(words, { filter, candidates }) {
      const most = mostPostings(file.meta('items'));
      const wanted = lookedUp(words, most);
      if (wanted.length === 0) return [];
      const match = wanted.map(({ word }) => `"${word}"`).join(' OR ');
      const values: (string | number)[] = [match, firstRow(wanted, most)];
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
      // Two words of a question may have one stem.
      const weights = [...new Map(words.map(({ stem, documents }) => [stem, documents]))].map(([stem, n]) => ({
        wanted: ` ${stem} `,
        weight: Math.max(1e-6, Math.log((totals.items - n + 0.5) / (n + 0.5))),
      }));
      return ({ stems, length }) => {
        const spread = k1 * (1 - b + (b * length) / average);
        return weights.reduce((sum, { wanted, weight }) => {
          const count = countIn(stems, wanted);
          return sum + (weight * count * (k1 + 1)) / (count + spread);
        }, 0);
      };
    },
  };
};
