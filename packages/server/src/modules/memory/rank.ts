/**
 * How remembered facts are put in order. Every candidate has a score by words and one by meaning; what was said right
 * beside a good candidate, what is linked to it through people and things, what is recent and what was said in the time
 * that the question names adds to it. The other weights were measured on a public set of long conversations (`docs/benchmarks.md`, "Memory").
 */
import type { IndexHit } from '../../ports/search-index.ts';

export interface Place {
  id: string;
  runId: string | null;
  /** Position in its conversation. */
  runNo: number;
  occurredAt: string;
}

export interface RankInput {
  hits: readonly IndexHit[];
  /** Where every hit stands; those without a place are left out (they are gone, or corrected). */
  places: ReadonlyMap<string, Place>;
  /** How close a memory is to the people and things of the question: 1 is named in it. */
  graph: ReadonlyMap<string, number>;
  /** The time that the question names; null: none. */
  period: { from: Date; to: Date } | null;
  now: Date;
}

/** Parts of a score; they add up to it. */
export interface Ranked {
  id: string;
  score: number;
  words: number;
  meaning: number;
  neighbours: number;
  graph: number;
  time: number;
}

const meaningWeight = 0.6;
/** Share of the best score one and two messages away in the same conversation. */
const neighbourWeights = [0.5, 0.2] as const;
const graphWeight = 0.15;
/** Less than any difference in content: of two facts that fit equally the newer one comes first. */
const timeWeight = 0.05;
const halfLifeMs = 90 * 86_400_000;

/**
 * What fits the question well comes before what was merely said in its time: that may be read wrongly. It does not count
 * for `most`, so that it takes nothing from anything else.
 */
const periodWeight = 0.5;

const most = 1 + neighbourWeights[0] + neighbourWeights[1] + graphWeight + timeWeight;

export const neighbourReach = neighbourWeights.length;

interface Match {
  id: string;
  words: number;
  meaning: number;
}

/** Words and meaning on one scale: BM25 has no upper bound, so the best of this question counts as 1. */
const matchesOf = (hits: readonly IndexHit[]): Match[] => {
  const best = Math.max(...hits.map((hit) => hit.words), Number.EPSILON);
  const hasMeaning = hits.some((hit) => hit.meaning !== null);
  const weight = hasMeaning ? meaningWeight : 0;
  return hits.map(({ id, words, meaning }) => ({
    id,
    words: (1 - weight) * (words / best),
    meaning: weight * Math.max(0, meaning ?? 0),
  }));
};

/** Those whose neighbours are worth a look: what stands beside a weak candidate does not come far. */
export const strongest = (hits: readonly IndexHit[], count: number): string[] =>
  matchesOf(hits)
    .sort((a, b) => b.words + b.meaning - a.words - a.meaning)
    .slice(0, count)
    .map(({ id }) => id);

interface Base extends Match {
  place: Place;
}

const basesOf = ({ hits, places }: RankInput): Base[] =>
  matchesOf(hits).flatMap((match) => {
    const place = places.get(match.id);
    return place === undefined ? [] : [{ ...match, place }];
  });

const neighboursOf = (bases: readonly Base[]): ((place: Place) => number) => {
  const scores = new Map<string, Map<number, number>>();
  for (const { place, words, meaning } of bases) {
    if (place.runId === null) continue;
    const run = scores.get(place.runId) ?? new Map<number, number>();
    scores.set(place.runId, run.set(place.runNo, words + meaning));
  }
  return ({ runId, runNo }) => {
    const run = runId === null ? undefined : scores.get(runId);
    if (run === undefined) return 0;
    return neighbourWeights.reduce((sum, weight, index) => {
      const before = run.get(runNo - index - 1) ?? 0;
      const after = run.get(runNo + index + 1) ?? 0;
      return sum + weight * Math.max(before, after);
    }, 0);
  };
};

const recency = (occurredAt: string, now: Date): number => {
  const age = Math.max(0, now.getTime() - Date.parse(occurredAt));
  return Number.isNaN(age) ? 0 : 2 ** (-age / halfLifeMs);
};

const isWithin = (occurredAt: string, period: RankInput['period']): boolean => {
  const at = Date.parse(occurredAt);
  return period !== null && at >= period.from.getTime() && at < period.to.getTime();
};

/** Best first. What matches in no way at all is left out. */
export const rank = (input: RankInput): Ranked[] => {
  const bases = basesOf(input);
  const besides = neighboursOf(bases);
  return bases
    .map(({ place, words, meaning }): Ranked => {
      const fit = {
        words: words / most,
        meaning: meaning / most,
        neighbours: besides(place) / most,
        graph: (graphWeight * (input.graph.get(place.id) ?? 0)) / most,
      };
      const content = Object.values(fit).reduce((sum, part) => sum + part, 0);
      const inTime = isWithin(place.occurredAt, input.period) ? periodWeight : 0;
      const recent = timeWeight * recency(place.occurredAt, input.now);
      const time = Math.min((inTime + recent) / most, 1 - content);
      // Newness alone is no reason to be found.
      return { id: place.id, score: content + inTime === 0 ? 0 : content + time, ...fit, time };
    })
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || (a.id < b.id ? 1 : -1));
};
