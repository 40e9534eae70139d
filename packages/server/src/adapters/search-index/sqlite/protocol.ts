/** What the main thread asks of the worker: the methods of the port, by name. */
import type { SearchIndex } from '../../../ports/search-index.ts';

export type IndexCall = {
  [Method in Exclude<keyof SearchIndex, 'close' | 'ping'>]: {
    id: number;
    method: Method;
    args: Parameters<SearchIndex[Method]>;
  };
}[Exclude<keyof SearchIndex, 'close' | 'ping'>];

export type IndexRequest = IndexCall | { id: number; method: 'close'; args: [] };
export type IndexReply = { id: number; value: unknown } | { id: number; error: string };
