/**
 * The search index on Qdrant: dense vectors for meaning, sparse ones for words. Deleted points leave Qdrant's files when
 * it next tidies a segment; a cleared owner's collection is deleted at once.
 */
import type { Clock } from '../../../kernel/clock.ts';
import { AppError } from '../../../kernel/errors.ts';
import type { DependencyPolicy } from '../../../kernel/policies.ts';
import type { IndexItem, IndexQuery, IndexScope, SearchIndex } from '../../../ports/search-index.ts';
import { Counted, Listed, Ok } from './answers.ts';
import { listCollections, makeCollection } from './collections.ts';
import { createQdrantHttp, type QdrantHttp } from './http.ts';
import { beingRebuilt, createPlaces, type Place } from './places.ts';
import { type Filter, filterOf, findHits, type Question, scoreHits } from './search.ts';
import { textVector } from './sparse.ts';

export interface QdrantSearchIndexDeps {
  url: string;
  apiKey?: string | undefined;
  /** Begins the names of all collections; two installations on one Qdrant need two. */
  prefix?: string;
  clock: Clock;
  /** Of `createPolicies().qdrant`, which all users of Qdrant share. */
  policy: DependencyPolicy;
}

const mostItems = 1_000;
const mostCandidates = 500;

const pointOf = (ownerId: string, item: IndexItem) => {
  const words = textVector(item.text);
  return {
    id: item.id,
    payload: { owner_id: ownerId, agent_id: item.agentId, run_id: item.runId, embedded: item.vector !== null },
    vector: {
      ...(words && { words }),
      // Seven digits are all a 32-bit float has; the rest would double the size of the request.
      ...(item.vector && { dense: Array.from(item.vector, (value) => Number(value.toPrecision(7))) }),
    },
  };
};

const requireFit = (items: readonly IndexItem[], { dimensions }: Place): void => {
  if (items.length > mostItems) throw new AppError('INTERNAL_ERROR', `At most ${mostItems} items go into one call`);
  if (items.some(({ vector }) => vector !== null && vector.length !== dimensions)) {
    throw new AppError('INTERNAL_ERROR', 'The vector does not fit the search index');
  }
};

const createWrites = (http: QdrantHttp, policy: DependencyPolicy) => {
  const put = (name: string, points: readonly unknown[]) =>
    policy.run((signal) =>
      http.send({ method: 'PUT', path: `/collections/${name}/points?wait=true`, body: { points }, schema: Ok }, signal),
    );
  return {
    /** Makes the collection when it is not there. */
    put: async ({ name, dimensions }: Place, points: readonly unknown[]): Promise<void> => {
      if ((await put(name, points)) !== undefined) return;
      await policy.run((signal) => makeCollection(http, name, dimensions, signal));
      if ((await put(name, points)) === undefined) {
        throw new AppError('SERVICE_UNAVAILABLE', 'The search index is being cleared');
      }
    },
    remove: async ({ name, ownerId }: Place, ids: readonly string[]): Promise<void> => {
      const filter: Filter = { must: [{ has_id: ids }, ...filterOf(ownerId, undefined).must] };
      const path = `/collections/${name}/points/delete?wait=true`;
      await policy.run((signal) => http.send({ method: 'POST', path, body: { filter }, schema: Ok }, signal));
    },
  };
};

/** Undefined from any of these: the collection is not there. */
const createReads = (http: QdrantHttp, policy: DependencyPolicy) => {
  const counted = async (name: string, filter: Filter): Promise<number | undefined> => {
    const path = `/collections/${name}/points/count`;
    const body = { filter, exact: true };
    const answer = await policy.quick((signal) => http.send({ method: 'POST', path, body, schema: Counted }, signal));
    return answer?.result.count;
  };
  /** A vector of another embedder says nothing here: words alone are looked for. */
  const ask = (
    { name, ownerId, dimensions }: Place,
    { text, vector, filter }: Pick<IndexQuery, 'text' | 'vector' | 'filter'>,
    signal: AbortSignal,
  ): Question => {
    const usable = vector !== null && vector.length === dimensions ? vector : null;
    return { http, signal, name, ownerId, text, vector: usable, filter };
  };
  return {
    count: async ({ name, ownerId }: Place) => {
      const filter = filterOf(ownerId, undefined);
      const hasVector = { must: [...filter.must, { key: 'embedded', match: { value: true } }] };
      const [items, embedded] = await Promise.all([counted(name, filter), counted(name, hasVector)]);
      return items === undefined || embedded === undefined ? undefined : { items, embedded };
    },
    ids: async ({ name, ownerId }: Place, after: string | null) => {
      // Qdrant's page begins with the id it is given.
      const start = after === null ? {} : { offset: after };
      const body = { filter: filterOf(ownerId, undefined), limit: 1_001, with_payload: ['embedded'], ...start };
      const path = `/collections/${name}/points/scroll`;
      const answer = await policy.quick((signal) => http.send({ method: 'POST', path, body, schema: Listed }, signal));
      return answer?.result.points
        .filter((point) => point.id !== after)
        .slice(0, 1_000)
        .map(({ id, payload }) => ({ id, embedded: payload.embedded }));
    },
    find: (place: Place, query: IndexQuery) => {
      const candidates = Math.max(1, Math.min(mostCandidates, query.candidates));
      return policy.quick((signal) => findHits(ask(place, query, signal), candidates));
    },
    score: (place: Place, question: Pick<IndexQuery, 'text' | 'vector'>, ids: readonly string[]) =>
      policy.quick((signal) => scoreHits(ask(place, question, signal), ids)),
  };
};

export const createQdrantSearchIndex = (deps: QdrantSearchIndexDeps): SearchIndex => {
  const { url, apiKey, prefix = 'hearth', clock, policy } = deps;
  const http = createQdrantHttp({ url, apiKey, clock, connectMs: policy.limits.connectMs });
  const places = createPlaces({ http, policy, prefix });
  const writes = createWrites(http, policy);
  const reads = createReads(http, policy);
  let isClosed = false;

  const requireOpen = (): void => {
    if (isClosed) throw new AppError('SERVICE_UNAVAILABLE', 'The search index is closed');
  };
  const read = async <T>(scope: IndexScope, nothing: T, from: (place: Place) => Promise<T | undefined>): Promise<T> => {
    requireOpen();
    const place = await places.toRead(scope);
    if (!place) return nothing;
    const found = await from(place);
    if (found === undefined && place.isListed) throw beingRebuilt();
    return found ?? nothing;
  };

  return {
    prepare: async (collection, space) => {
      requireOpen();
      return places.prepare(collection, space);
    },
    upsert: async (scope, items) => {
      requireOpen();
      const place = await places.toWrite(scope);
      requireFit(items, place);
      // Of two with one id the last one counts.
      const points = new Map(items.map((item) => [item.id, pointOf(scope.ownerId, item)]));
      if (points.size > 0) await writes.put(place, [...points.values()]);
    },
    remove: async (scope, ids) => {
      requireOpen();
      if (ids.length > 0) await writes.remove(await places.toWrite(scope), ids);
    },
    clear: async (scope) => {
      requireOpen();
      await places.clear(scope);
    },
    query: async (scope, question) => {
      const query = { ...question, vector: await question.vector };
      return read(scope, [], (place) => reads.find(place, query));
    },
    score: async (scope, question, ids) =>
      ids.length === 0 ? [] : read(scope, [], (place) => reads.score(place, question, [...new Set(ids)])),
    count: (scope) => read(scope, { items: 0, embedded: 0 }, reads.count),
    ids: (scope, after) => read(scope, [], (place) => reads.ids(place, after)),
    ping: async () => {
      requireOpen();
      await policy.quick((signal) => listCollections(http, { prefix, collection: 'ping' }, signal));
    },
    close: async () => {
      isClosed = true;
      http.close();
    },
  };
};
