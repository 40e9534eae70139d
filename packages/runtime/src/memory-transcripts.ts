/** Transcripts in memory: the double of the server's SQL store, and what tests of this package use. */
import type { TranscriptEntry, TranscriptKey, TranscriptStore } from './provider.ts';

export const createMemoryTranscripts = (): TranscriptStore => {
  const lists = new Map<string, Map<string, TranscriptEntry[]>>();
  const listOf = (key: TranscriptKey): TranscriptEntry[] => {
    const paths = lists.get(key.agentSessionId) ?? new Map<string, TranscriptEntry[]>();
    lists.set(key.agentSessionId, paths);
    const list = paths.get(key.subpath) ?? [];
    paths.set(key.subpath, list);
    return list;
  };
  return {
    async append(key, entries) {
      const list = listOf(key);
      const known = new Set(list.flatMap((entry) => entry.uuid ?? []));
      for (const entry of entries) if (entry.uuid === undefined || !known.has(entry.uuid)) list.push(entry);
    },
    async load(key) {
      return lists.get(key.agentSessionId)?.get(key.subpath)?.slice() ?? null;
    },
    async listSubpaths(agentSessionId) {
      return [...(lists.get(agentSessionId)?.keys() ?? [])].filter((path) => path !== '');
    },
  };
};
