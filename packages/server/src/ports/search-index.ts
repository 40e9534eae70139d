/**
 * Finding texts by their words and by their meaning. An index is derived: everything in it comes from the SQL database
 * and can be built again, so it may be empty, behind or thrown away, but it never invents and never mixes owners.
 *
 * A collection is one kind of text ("memories", later "notes", "sessions"). Everything is scoped by collection and owner;
 * counts and word statistics of one owner must not be seen through another's scores. Rule: security.md, cases 10, 12.
 *
 * Errors: SERVICE_UNAVAILABLE when the backend is away or does not answer in time. Texts handed over are already
 * redacted (security.md, case 59).
 */
export interface IndexScope {
  /** Lower-case letters and "_". */
  collection: string;
  ownerId: string;
}

export interface IndexItem {
  /** UUID; the same id again replaces the item. */
  id: string;
  text: string;
  /** Unit length, as long as the collection's dimensions; null while it has not been embedded: then only words find it. */
  vector: Float32Array | null;
  agentId: string;
  /** The conversation it belongs to. */
  runId: string | null;
}

export interface IndexFilter {
  agentId?: string | undefined;
  runId?: string | undefined;
}

export interface IndexQuery {
  /** Plain words; every character is literal, no query language (security.md, case 19). */
  text: string;
  /** Null searches by words alone. */
  vector: Float32Array | null;
  filter?: IndexFilter;
  /** How many of the best by words and how many of the best by meaning become candidates; 1-500. */
  candidates: number;
}

/** A question whose vector may still be on its way: an index that can begins with the words meanwhile. */
export interface IndexQuestion extends Omit<IndexQuery, 'vector'> {
  /** When it is rejected, so is the query. */
  vector: IndexQuery['vector'] | Promise<IndexQuery['vector']>;
}

/** A candidate with both of its scores, so that whoever asks can weigh them. */
export interface IndexHit {
  id: string;
  /** BM25 over stemmed words without stop words: 0 when no word matches, higher is better, no upper bound. */
  words: number;
  /** Cosine similarity, -1 to 1; null when the query or the item has no vector. */
  meaning: number | null;
}

export interface IndexCount {
  items: number;
  /** Those that have a vector. */
  embedded: number;
}

export interface SearchIndex {
  /**
   * Which embedder a collection's vectors came from is fixed here. When `embedderId` or `dimensions` differ from what is
   * stored, all vectors of the collection are dropped (texts stay, words go on working) and `changed` is true: whoever
   * asked embeds again in the background.
   */
  prepare(collection: string, space: { embedderId: string; dimensions: number }): Promise<{ changed: boolean }>;
  /** All or nothing for one call; durable when it resolves. At most 1,000 items a call. */
  upsert(scope: IndexScope, items: readonly IndexItem[]): Promise<void>;
  /** Ids that are not there are passed over. */
  remove(scope: IndexScope, ids: readonly string[]): Promise<void>;
  /** Everything of an owner in a collection; afterwards nothing of it is left on disk or in memory. */
  clear(scope: IndexScope): Promise<void>;
  /** Best candidates, in no promised order. An owner or collection nobody has written to answers nothing. */
  query(scope: IndexScope, question: IndexQuestion): Promise<IndexHit[]>;
  /** Both scores of given items for the same question, as `query` would give them; ids that are not there are left out. */
  score(scope: IndexScope, query: Pick<IndexQuery, 'text' | 'vector'>, ids: readonly string[]): Promise<IndexHit[]>;
  count(scope: IndexScope): Promise<IndexCount>;
  /** Up to 1,000 ids after `after` in the order of ids, for comparing with the SQL database. */
  ids(scope: IndexScope, after: string | null): Promise<{ id: string; embedded: boolean }[]>;
  /** Rejects when the backend is away. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
