/** What the main thread asks of the worker: the methods of the port, by name. */
import type { IndexQuery, IndexScope, SearchIndex } from '../../../ports/search-index.ts';

type Same = Exclude<keyof SearchIndex, 'query' | 'close' | 'ping'>;

export type IndexCall =
  | { [Method in Same]: { id: number; method: Method; args: Parameters<SearchIndex[Method]> } }[Same]
  /** `expect`: the same question will come again with its vector. */
  | { id: number; method: 'query' | 'expect'; args: [IndexScope, IndexQuery] };

export type IndexRequest = IndexCall | { id: number; method: 'close'; args: [] };
export type IndexReply = { id: number; value: unknown } | { id: number; error: string };
