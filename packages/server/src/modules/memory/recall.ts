/**
 * Recall: from a question to remembered facts. Words and meaning are asked at the same time; what stands beside a good
 * candidate in its conversation and what the graph links to the question are scored too (`rank.ts`). Whatever is away
 * is named in the answer; it never makes an error or an empty result.
 */
import type { MemoryReasons, MemoryResult, MemoryResults, SearchMemories } from '@hearth/contract';
import type { Clock } from '../../kernel/clock.ts';
import { isAppError } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import { within } from '../../kernel/within.ts';
import { wordsIn } from '../../kernel/words.ts';
import type { Embedder } from '../../ports/embedder.ts';
import type { GraphStore } from '../../ports/graph-store.ts';
import type { IndexHit, SearchIndex } from '../../ports/search-index.ts';
import { type Period, periodIn } from './period.ts';
import { neighbourReach, type Ranked, rank, strongest } from './rank.ts';
import { type MemoryRow, type MemoryStore, metadataOf } from './store.ts';
import { collection, type Sync } from './sync.ts';

export interface RecallDeps {
  store: MemoryStore;
  index: SearchIndex;
  embedder: Embedder;
  graph: GraphStore;
  sync: Sync;
  /** Looks, once and beside the answer, whether the index has everything of this owner. */
  checkIndex: (ownerId: string) => void;
  clock: Clock;
  log: Log;
}

export type Degraded = MemoryResults['degraded'][number];

export interface RecallQuery extends Omit<SearchMemories, 'explain'> {
  /** The vector of the question is given up after this long, and words alone decide. */
  embedWithinMs: number;
}

export interface Recalled {
  row: MemoryRow;
  ranked: Ranked;
  through: readonly string[];
}

export interface RecallOutcome {
  found: Recalled[];
  degraded: Degraded[];
  tookMs: { embed: number; search: number };
}

export interface Recall {
  /** This question will be asked in a moment; see `Embedder`. */
  expect(query: string): void;
  find(ownerId: string, query: RecallQuery): Promise<RecallOutcome>;
}

/** By words and by meaning each; more of them change nothing among the first twenty (16 to 40 were tried). */
const candidates = 24;
/** A category is looked at afterwards, so that more are needed until enough fit. */
const candidatesOfCategory = 100;
/** Candidates whose neighbours in the conversation are looked at; of more (8 to 20 were tried) nothing is found better. */
const mostWithNeighbours = 6;
/** Memories that the graph may add to the candidates. */
const mostLinked = 60;
/** Memories that were said in the time of the question and are candidates whatever they say. */
const mostInTime = 40;
const none = new Map<string, { closeness: number; through: string[] }>();
type Links = ReadonlyMap<string, { closeness: number; through: string[] }>;

/** Without what only says when, unless nothing else is left. */
const wordsToFind = (text: string, period: Period | null): string => {
  const rest = period?.words ? text.replace(period.words, ' ') : text;
  return rest.trim() === '' ? text : rest;
};

export const createRecall = (deps: RecallDeps): Recall => {
  const { store, index, embedder, graph, clock, log } = deps;

  /** Null, and a word about it, when a dependency is away; every other error is a fault of ours. */
  const orAway = async <T>(what: Degraded, degraded: Set<Degraded>, work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work();
    } catch (error) {
      if (!isAppError(error, 'SERVICE_UNAVAILABLE')) throw error;
      degraded.add(what);
      log.debug({ err: error }, `recall goes on without ${what}`);
      return null;
    }
  };

  const vectorOf = (text: string, withinMs: number, degraded: Set<Degraded>): Promise<Float32Array | null> =>
    orAway('meaning', degraded, async () => {
      const stop = new AbortController();
      const work = deps.sync
        .ensureSpace()
        .then(() => embedder.embed([text], { kind: 'query', signal: stop.signal }))
        .then(([vector]) => vector ?? null);
      const vector = await within(clock, withinMs, work);
      if (vector !== 'late') return vector;
      stop.abort();
      work.catch(() => {});
      degraded.add('meaning');
      return null;
    });

  /** Memories that speak of the people and things in the question, and of what these are related to. */
  const linksOf = async (ownerId: string, text: string, degraded: Set<Degraded>): Promise<Links> => {
    const links = new Map<string, { closeness: number; through: string[] }>();
    const found = await orAway('graph', degraded, async () => {
      const named = await graph.mentioned(ownerId, text);
      if (named.length === 0) return null;
      const ids = named.map(({ id }) => id);
      return { named: new Set(ids), around: await graph.around(ownerId, ids, { depth: 1, limit: 50 }) };
    });
    for (const { id, name, memoryIds } of found?.around.entities ?? []) {
      const closeness = found?.named.has(id) ? 1 : 0.5;
      for (const memoryId of memoryIds) {
        const known = links.get(memoryId);
        links.set(memoryId, {
          closeness: Math.max(closeness, known?.closeness ?? 0),
          through: [...(known?.through ?? []), name],
        });
      }
    }
    return links;
  };

  const hitsByWords = async (ownerId: string, text: string, most: number): Promise<IndexHit[]> => {
    const found = await store.words.find(ownerId, text, most);
    return found.map(({ id, words }) => ({ id, words, meaning: null }));
  };

  interface Asked {
    ownerId: string;
    query: RecallQuery;
    /** May still be on its way while the index looks for the words. */
    vector: Promise<Float32Array | null>;
    /** May still be looked up while the index is asked. */
    links: Promise<Links>;
    period: Period | null;
  }

  /** Candidates of the index, then the scores of what stands beside them and of what graph and time add. */
  const gather = async ({ ownerId, query, vector, period, ...asking }: Asked, degraded: Set<Degraded>) => {
    const scope = { collection, ownerId };
    const text = wordsToFind(query.query, period);
    const wanted = Math.max(query.category === undefined ? candidates : candidatesOfCategory, query.limit);
    const filter = { agentId: query.agent_id, runId: query.run_id };
    const [found, links] = await Promise.all([
      orAway('index', degraded, () => index.query(scope, { text, vector, filter, candidates: wanted })),
      asking.links,
    ]);
    if (found === null) deps.sync.doubt(ownerId);
    const hits = found ?? (await hitsByWords(ownerId, text, wanted));
    const linked = [...links.keys()].slice(0, mostLinked);
    const inTime =
      period === null
        ? []
        : await store.saidIn(ownerId, { ...period, ...filter, category: query.category, limit: mostInTime });
    const beside = await store.placesBeside(
      ownerId,
      [...strongest(hits, mostWithNeighbours), ...linked],
      neighbourReach,
    );
    const known = new Set(hits.map(({ id }) => id));
    const missing = [...new Set([...beside.map(({ id }) => id), ...linked, ...inTime])].filter((id) => !known.has(id));
    const ids = [...known, ...linked, ...inTime];
    // The index counts while the database is asked.
    const [scored, own] = await Promise.all([
      found === null || missing.length === 0
        ? null
        : orAway('index', degraded, async () => index.score(scope, { text, vector: await vector }, missing)),
      store.places(ownerId, ids),
    ]);
    const places = new Map([...own, ...beside].map((place) => [place.id, place]));
    return { hits: [...hits, ...(scored ?? []), ...unscored(missing, scored ?? [])], places, links };
  };

  /** What the index cannot score is still there for its neighbours and its links. */
  const unscored = (ids: readonly string[], scored: readonly IndexHit[]): IndexHit[] => {
    const known = new Set(scored.map(({ id }) => id));
    return ids.filter((id) => !known.has(id)).map((id) => ({ id, words: 0, meaning: null }));
  };

  const fits = (row: MemoryRow, query: RecallQuery): boolean =>
    (query.agent_id === undefined || row.agent_id === query.agent_id) &&
    (query.run_id === undefined || row.run_id === query.run_id) &&
    (query.category === undefined || row.category === query.category);

  /** The best that fit the filters; rows are read until there are enough of them. */
  const take = async (ownerId: string, ranked: readonly Ranked[], query: RecallQuery, links: Links) => {
    const taken: Recalled[] = [];
    const step = query.limit + 10;
    for (let at = 0; at < ranked.length && taken.length < query.limit; at += step) {
      const slice = ranked.slice(at, at + step);
      const rows = new Map(
        (
          await store.byIds(
            ownerId,
            slice.map(({ id }) => id),
          )
        ).map((row) => [row.id, row]),
      );
      for (const one of slice) {
        const row = rows.get(one.id);
        if (row && fits(row, query)) taken.push({ row, ranked: one, through: links.get(one.id)?.through ?? [] });
      }
    }
    return taken.slice(0, query.limit);
  };

  return {
    expect: (query) => embedder.expect?.(query),
    async find(ownerId, query) {
      const degraded = new Set<Degraded>();
      deps.checkIndex(ownerId);
      const began = clock.monotonicMs();
      let embedded = began;
      // First of all: it takes longest, and runs beside everything else.
      const vector = vectorOf(query.query, query.embedWithinMs, degraded).finally(() => {
        embedded = clock.monotonicMs();
      });
      const linking = query.enable_graph ? linksOf(ownerId, query.query, degraded) : Promise.resolve(none);
      // Whoever waits for them hears of a fault; nobody may be waiting when something else has failed.
      for (const one of [linking, vector]) one.catch(() => {});
      const period = await periodIn(query.query, clock.now());
      const { hits, places, links } = await gather({ ownerId, query, vector, links: linking, period }, degraded);
      const closeness = new Map([...links].map(([id, link]) => [id, link.closeness]));
      const ranked = rank({ hits, places, graph: closeness, period, now: clock.now() });
      const found = await take(ownerId, ranked, query, links);
      const ended = clock.monotonicMs();
      return { found, degraded: [...degraded], tookMs: { embed: embedded - began, search: ended - embedded } };
    },
  };
};

export const round = (value: number): number => Math.round(value * 10_000) / 10_000;

const wordsOf = (text: string): Set<string> => new Set(wordsIn(text).filter((word) => word.length >= 3));

/** Words of the question that stand in the text. */
export const matchedWords = (text: string, query: string): string[] => {
  const asked = wordsOf(query);
  return [...wordsOf(text)].filter((word) => asked.has(word));
};

const reasonsOf = ({ row, ranked, through }: Recalled, query: string): MemoryReasons => ({
  words: round(ranked.words),
  meaning: round(ranked.meaning),
  neighbours: round(ranked.neighbours),
  graph: round(ranked.graph),
  time: round(ranked.time),
  matched_words: matchedWords(row.text, query),
  through: [...through],
});

export const toResult = (recalled: Recalled, query: string, explain: boolean): MemoryResult => {
  const { row, ranked } = recalled;
  return {
    id: row.id,
    memory: row.text,
    score: Math.min(1, round(ranked.score)),
    metadata: metadataOf(row),
    created_at: row.created_at,
    occurred_at: row.occurred_at,
    run_id: row.run_id,
    author: row.author,
    ...(explain ? { reasons: reasonsOf(recalled, query) } : {}),
  };
};
