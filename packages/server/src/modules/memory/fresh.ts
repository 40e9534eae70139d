/**
 * What was stored a moment ago and is on its way to the index is found all the same: the SQL database knows its words.
 * So the search after an answer finds what was added, also in a burst, after a crash, and while another server does the
 * work.
 */
import type { SearchIndex } from '../../ports/search-index.ts';
import type { MemoryStore } from './store.ts';

export const withFresh = <I extends Pick<SearchIndex, 'query'>>(index: I, store: MemoryStore): I => ({
  ...index,
  async query(scope, query) {
    // Looked at before the index: what gets there in between is found in one of the two.
    const waiting = await store.waiting(scope.ownerId, 'index', query.candidates);
    if (waiting.length === 0) return index.query(scope, query);
    const [hits, words] = await Promise.all([
      index.query(scope, query),
      store.words.find(scope.ownerId, query.text, query.candidates),
    ]);
    const waited = new Set(waiting.flatMap(({ id, indexed }) => (indexed === 0 ? [id] : [])));
    const known = new Set(hits.map(({ id }) => id));
    const scores = new Map(words.filter(({ id }) => !known.has(id)).map(({ id, words: score }) => [id, score]));
    const rows = await store.byIds(scope.ownerId, [...scores.keys()]);
    const fresh = rows.filter(({ id, indexed }) => indexed === 0 || waited.has(id));
    return [...hits, ...fresh.map(({ id }) => ({ id, words: scores.get(id) ?? 0, meaning: null }))];
  },
});
