/** What the owner has decided about their memory. */
import type { UpdateMemorySettings } from '@hearth/client';
import type { MemorySettings } from '@hearth/contract';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { useHearth } from '../../shell/session.tsx';
import { type Retention, withRule } from './retention.ts';

export const settingsKey = ['memory-settings'] as const;

export const useSettings = () => {
  const { client } = useHearth();
  return useQuery({ queryKey: settingsKey, queryFn: ({ signal }) => client.memories.settings({ signal }) });
};

export const useSaveSettings = (): ((part: UpdateMemorySettings) => Promise<void>) => {
  const { client } = useHearth();
  const queries = useQueryClient();
  return async (part) => void queries.setQueryData(settingsKey, await client.memories.updateSettings(part));
};

export type SaveRule = (name: string, days: number | null | undefined) => Promise<void>;

/** The rules go to the server all together, so one is saved after the other: none undoes the one before it. */
export const useSaveRule = (): SaveRule => {
  const queries = useQueryClient();
  const save = useSaveSettings();
  const last = useRef<Promise<void>>(Promise.resolve());
  return (name, days) => {
    const rules = (): Retention => queries.getQueryData<MemorySettings>(settingsKey)?.retention ?? {};
    const next = last.current.then(() => save({ retention: withRule(rules(), name, days) }));
    last.current = next.catch(() => {});
    return next;
  };
};
