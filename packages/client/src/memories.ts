/** Calls about memories: what the assistant remembers, how it hangs together, and what it may remember. */
import type { AddedMemories, Memory, MemoryGraph, MemoryHistory, MemoryResults, UpdateMemory } from '@hearth/contract';
import type {
  AddMemoriesInput,
  Deleted,
  ImportedMemories,
  MemoryGraphQuery,
  MemoryList,
  MemoryListQuery,
  MemorySettings,
  SearchMemoriesInput,
  UpdateMemorySettings,
} from './contract-types.ts';
import { newId } from './ids.ts';
import type { CallOptions } from './sessions.ts';
import type { Transport } from './transport.ts';

const base = '/api/v1/memories';
const path = (id: string, action?: string): string =>
  `${base}/${encodeURIComponent(id)}${action === undefined ? '' : `/${action}`}`;

export const createMemories = ({ json, url }: Transport) => ({
  list: (query: MemoryListQuery = {}, options: CallOptions = {}) =>
    json<MemoryList>('GET', base, { ...options, query }),
  get: (id: string, options: CallOptions = {}) => json<Memory>('GET', path(id), options),
  /** Finding facts asks the model, which may take its time. */
  add: (input: AddMemoriesInput, options: CallOptions = {}) =>
    json<AddedMemories>('POST', base, {
      ...options,
      body: input,
      headers: { 'idempotency-key': newId() },
      timeoutMs: 120_000,
    }),
  search: (input: SearchMemoriesInput, options: CallOptions = {}) =>
    json<MemoryResults>('POST', `${base}/search`, { ...options, body: input }),
  /** A correction: the answer is a new memory, with an id of its own. */
  correct: (id: string, change: UpdateMemory, options: CallOptions = {}) =>
    json<Memory>('PUT', path(id), { ...options, body: change }),
  /** With its history. */
  remove: (id: string, options: CallOptions = {}) => json<Deleted>('DELETE', path(id), options),
  removeAll: (options: CallOptions = {}) => json<Deleted>('DELETE', base, options),
  history: (id: string, options: CallOptions = {}) => json<MemoryHistory>('GET', path(id, 'history'), options),
  graph: (query: MemoryGraphQuery = {}, options: CallOptions = {}) =>
    json<MemoryGraph>('GET', `${base}/graph`, { ...options, query }),
  settings: (options: CallOptions = {}) => json<MemorySettings>('GET', `${base}/settings`, options),
  updateSettings: (change: UpdateMemorySettings, options: CallOptions = {}) =>
    json<MemorySettings>('PUT', `${base}/settings`, { ...options, body: change }),
  /** The address of a download of all memories, for a link in a browser whose cookie goes along. */
  exportUrl: (): string => url(`${base}/export`),
  /** JSON Lines, as an export holds them. */
  import: (lines: string, options: CallOptions = {}) =>
    json<ImportedMemories>('POST', `${base}/import`, { ...options, body: { lines }, timeoutMs: 0 }),
});
