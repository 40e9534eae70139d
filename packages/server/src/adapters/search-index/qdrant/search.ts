/** Questions to Qdrant. */
import type { z } from 'zod';
import type { IndexFilter, IndexHit } from '../../../ports/search-index.ts';
import { FoundMany, Listed } from './answers.ts';
import type { QdrantHttp } from './http.ts';
import { questionVector, type SparseVector } from './sparse.ts';

type Condition = { key: string; match: { value: string | boolean } } | { has_id: readonly string[] };
export type Filter = { must: Condition[] };
/** What is asked, and where. */
export interface Question {
  http: QdrantHttp;
  signal: AbortSignal;
  name: string;
  ownerId: string;
  text: string;
  vector: Float32Array | null;
  filter?: IndexFilter | undefined;
}

interface Search {
  query: number[] | SparseVector;
  using: 'dense' | 'words';
  filter: Filter;
  limit: number;
  params: { exact: boolean; quantization: { ignore: boolean } } | { quantization: { rescore: boolean } };
}

interface Scores {
  words: Map<string, number>;
  meanings: Map<string, number>;
}

/** The owner stands in every filter although the collection is theirs alone. */
export const filterOf = (ownerId: string, filter: IndexFilter | undefined): Filter => {
  const must: Condition[] = [{ key: 'owner_id', match: { value: ownerId } }];
  if (filter?.agentId !== undefined) must.push({ key: 'agent_id', match: { value: filter.agentId } });
  if (filter?.runId !== undefined) must.push({ key: 'run_id', match: { value: filter.runId } });
  return { must };
};

type Found = z.infer<typeof FoundMany>['result'][number];

const batch = async ({ http, name, signal }: Question, searches: readonly Search[]): Promise<Found[] | undefined> => {
  if (searches.length === 0) return [];
  const path = `/collections/${name}/points/query/batch`;
  const answer = await http.send({ method: 'POST', path, body: { searches }, schema: FoundMany }, signal);
  return answer?.result;
};

/** Whose scores a search asks for: of the best, or of these. */
type Half = { best: number } | { ids: readonly string[] };

/** Asks for both kinds of scores in one request. False: the collection is not there. */
const askBoth = async (
  question: Question,
  halves: { words: Half; meanings: Half },
  scores: Scores,
): Promise<boolean> => {
  const sparse = questionVector(question.text);
  const { vector } = question;
  const searches: Search[] = [];
  const targets: Map<string, number>[] = [];
  const add = (half: Half, more: Pick<Search, 'query' | 'using'>, target: Map<string, number>): void => {
    if ('ids' in half && half.ids.length === 0) return;
    const must = filterOf(question.ownerId, question.filter).must;
    searches.push(
      'ids' in half
        ? // The true scores of few, not the rounded ones that finding the best among many begins with.
          {
            ...more,
            filter: { must: [...must, { has_id: half.ids }] },
            limit: half.ids.length,
            params: { exact: true, quantization: { ignore: true } },
          }
        : { ...more, filter: { must }, limit: half.best, params: { quantization: { rescore: true } } },
    );
    targets.push(target);
  };
  if (sparse !== undefined) add(halves.words, { query: sparse, using: 'words' }, scores.words);
  if (vector !== null) add(halves.meanings, { query: Array.from(vector), using: 'dense' }, scores.meanings);
  const found = await batch(question, searches);
  found?.forEach(({ points }, at) => {
    for (const { id, score } of points) targets[at]?.set(id, score);
  });
  return found !== undefined;
};

const toHits = (ids: readonly string[], { words, meanings }: Scores): IndexHit[] =>
  ids.map((id) => {
    const meaning = meanings.get(id);
    // Rounding can take a cosine past its ends.
    return {
      id,
      words: words.get(id) ?? 0,
      meaning: meaning === undefined ? null : Math.max(-1, Math.min(1, meaning)),
    };
  });

const noScores = (): Scores => ({ words: new Map(), meanings: new Map() });

/** The best by words and by meaning, then the missing half of each score: two requests. Undefined: no such collection. */
export const findHits = async (question: Question, candidates: number): Promise<IndexHit[] | undefined> => {
  const scores = noScores();
  const best = { best: candidates };
  if (!(await askBoth(question, { words: best, meanings: best }, scores))) return undefined;
  const ids = [...new Set([...scores.words.keys(), ...scores.meanings.keys()])];
  const words = ids.filter((id) => !scores.words.has(id));
  const meanings = ids.filter((id) => !scores.meanings.has(id));
  await askBoth(question, { words: { ids: words }, meanings: { ids: meanings } }, scores);
  return toHits(ids, scores);
};

/** Both scores of these, as a search would give them. */
export const scoreHits = async (question: Question, ids: readonly string[]): Promise<IndexHit[] | undefined> => {
  const scores = noScores();
  const filter: Filter = { must: [...filterOf(question.ownerId, undefined).must, { has_id: ids }] };
  const body = { filter, limit: ids.length, with_payload: ['embedded'] };
  const path = `/collections/${question.name}/points/scroll`;
  const [there] = await Promise.all([
    question.http.send({ method: 'POST', path, body, schema: Listed }, question.signal),
    askBoth(question, { words: { ids }, meanings: { ids } }, scores),
  ]);
  return (
    there &&
    toHits(
      there.result.points.map(({ id }) => id),
      scores,
    )
  );
};
