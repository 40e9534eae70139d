/** What is remembered, page by page and by search; the first page stays on this device for times without a network. */
import { type MemoryList, systemClock } from '@hearth/client';
import type { Memory } from '@hearth/contract';
import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query';
import { useDeferredValue, useEffect, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import { problemOf } from '../../lib/store/store.ts';
import { useHearth } from '../../shell/session.tsx';
import { showToast } from '../../ui/toast.tsx';
import { followMemories } from './follow.ts';
import { type Shown, shownMemory, shownResult } from './words.ts';

const pageSize = 40;
const mostResults = 40;
const learningMs = 4_000;
const restingMs = 30_000;

export const memoriesKey = ['memories'] as const;
export const graphKey = ['memory-graph'] as const;
const hiddenKey = ['memories-on-their-way-out'] as const;

export interface SavedMemories {
  at: string;
  page: MemoryList;
}
export const savedKey = (ownerId: string): string => `copy:${ownerId}:memories`;

export const useOffline = (): boolean => useStore(useHearth().store.state, ({ link }) => link.status === 'down');

export const refreshMemories = async (queries: QueryClient): Promise<void> => {
  await Promise.all([
    queries.invalidateQueries({ queryKey: memoriesKey }),
    queries.invalidateQueries({ queryKey: graphKey }),
  ]);
};

/** Keeps what is shown in step with what others change. */
export const useFollowedMemories = (): void => {
  const { store } = useHearth();
  const queries = useQueryClient();
  useEffect(
    () => followMemories(store.state, () => void refreshMemories(queries), systemClock.timer),
    [store, queries],
  );
};

/** The copy of the last visit, as long as the server has not answered. */
const useSaved = (fresh: MemoryList | undefined): SavedMemories | null => {
  const { kv, ownerId } = useHearth();
  const [saved, setSaved] = useState<SavedMemories | null>(null);
  useEffect(() => {
    let isHere = true;
    void kv.get<SavedMemories>(savedKey(ownerId)).then((copy) => isHere && setSaved(copy ?? null));
    return () => {
      isHere = false;
    };
  }, [kv, ownerId]);
  useEffect(() => {
    if (fresh) void kv.set(savedKey(ownerId), { at: new Date().toISOString(), page: fresh } satisfies SavedMemories);
  }, [fresh, kv, ownerId]);
  return fresh ? null : saved;
};

const useHidden = (): readonly string[] =>
  useQuery<readonly string[]>({ queryKey: hiddenKey, queryFn: () => [], enabled: false, initialData: [] }).data;

/** Deletes once it is too late to undo; until then the memory is only out of sight. */
export const useForget = () => {
  const { client } = useHearth();
  const queries = useQueryClient();
  const hide = (id: string, isHidden: boolean): void =>
    void queries.setQueryData<readonly string[]>(hiddenKey, (old = []) =>
      isHidden ? [...old, id] : old.filter((one) => one !== id),
    );
  return (id: string): void => {
    hide(id, true);
    const commit = async (): Promise<void> => {
      try {
        await client.memories.remove(id);
        await refreshMemories(queries);
      } catch (error) {
        showToast({ text: `Not deleted: ${problemOf(error)}` });
      }
      hide(id, false);
    };
    showToast({ text: 'Memory deleted', undo: () => hide(id, false), commit: () => void commit() });
  };
};

const withoutDoubles = (memories: readonly Memory[]): Memory[] => [
  ...new Map(memories.map((memory) => [memory.id, memory])).values(),
];

export const useMemoryList = (category: string | null) => {
  const { client } = useHearth();
  const hidden = useHidden();
  const [pages, setPages] = useState(1);
  // All pages in one query: they are asked for together, so that what comes in meanwhile moves nothing out of sight.
  const list = useQuery({
    queryKey: [...memoriesKey, 'list', category, pages],
    queryFn: ({ signal }) =>
      Promise.all(
        Array.from({ length: pages }, (_, index) =>
          client.memories.list(
            { page: index + 1, page_size: pageSize, ...(category === null ? {} : { category }) },
            { signal },
          ),
        ),
      ),
    refetchInterval: ({ state }) => ((state.data?.[0]?.waiting ?? 0) > 0 ? learningMs : restingMs),
    placeholderData: (old) => old,
  });
  const saved = useSaved(category === null && !list.isPlaceholderData ? list.data?.[0] : undefined);
  const first = list.data?.[0] ?? saved?.page;
  const memories = useMemo(() => {
    const all = withoutDoubles(list.data?.flatMap((page) => page.memories) ?? saved?.page.memories ?? []);
    // A copy holds all categories; pages of the server only the one that was asked for.
    return all.filter(({ id, category: own }) => !hidden.includes(id) && (category === null || own === category));
  }, [list.data, saved, hidden, category]);
  const more = {
    isThere: list.data !== undefined && pages * pageSize < (first?.total ?? 0),
    isBusy: list.isPlaceholderData && !list.isError,
    isFailed: list.isPlaceholderData && list.isError,
    show: () => (list.isError ? void list.refetch() : setPages(pages + 1)),
  };
  return { list, memories, first, more, savedAt: list.data ? null : (saved?.at ?? null) };
};

/** Null while nothing is searched for. */
export const useMemorySearch = (text: string, category: string | null, known: readonly Memory[]) => {
  const { client } = useHearth();
  const hidden = useHidden();
  const query = useDeferredValue(text.trim());
  const found = useQuery({
    queryKey: [...memoriesKey, 'search', query, category],
    queryFn: ({ signal }) =>
      client.memories.search(
        { query, limit: mostResults, explain: true, ...(category === null ? {} : { category }) },
        { signal },
      ),
    enabled: query.length > 1,
    placeholderData: (old) => old,
  });
  if (query.length < 2) return null;
  const byId = new Map(known.map((memory) => [memory.id, memory]));
  const shown: Shown[] = (found.data?.results ?? [])
    .filter(({ id }) => !hidden.includes(id))
    .map((result) => shownResult(result, byId.get(result.id)));
  return { query, found, shown };
};

export const shownList = (memories: readonly Memory[]): Shown[] => memories.map(shownMemory);
