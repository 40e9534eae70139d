/**
 * What was stored a moment ago and is on its way to the index is found all the same: the SQL database knows its words.
 * So the search after an answer finds what was added, also in a burst, after a crash, and while another server does the
 * work.
 */
import type { SearchIndex } from '../../ports/search-index.ts';
import type { MemoryStore } from './store.ts';

export const withFresh = (index: SearchIndex, store: MemoryStore): SearchIndex => ({
  ...index,
  async query(scope, query) {
    const [hits, waiting] = await Promise.all([index.query(scope, query), store.waiting(scope.ownerId, 'index', 1)]);
    if (waiting.length === 0) return hits;
    const words = await store.words.find(scope.ownerId, query.text, query.candidates);
    const known = new Set(hits.map(({ id }) => id));
    const scores = new Map(words.filter(({ id }) => !known.has(id)).map(({ id, words: score }) => [id, score]));
    const rows = await store.byIds(scope.ownerId, [...scores.keys()]);
    const fresh = rows.filter(({ indexed }) => indexed === 0);
    return [...hits, ...fresh.map(({ id }) => ({ id, words: scores.get(id) ?? 0, meaning: null }))];
  },
});
