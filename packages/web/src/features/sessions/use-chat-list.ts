/** The chats of this person: from the store, narrowed by a search that the server answers for what is not loaded here. */
import type { Session } from '@hearth/contract';
import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useEffect, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import { listedSessions } from '../../lib/store/apply-event.ts';
import { useHearth } from '../../shell/session.tsx';

export type Shelf = 'current' | 'archived';

export const useChatList = (search: string, shelf: Shelf) => {
  const { store, client } = useHearth();
  const known = useStore(store.state, (state) => state.sessions);
  const load = useStore(store.state, (state) => state.sessionsLoad);
  const savedAt = useStore(store.state, (state) => state.sessionsSavedAt);
  const wanted = useDeferredValue(search.trim().toLowerCase());
  const found = useQuery({
    queryKey: ['sessions', wanted],
    queryFn: ({ signal }) => client.sessions.list({ search: wanted, page_size: 100 }, { signal }),
    enabled: wanted.length > 1,
  });
  const sessions = useMemo(() => {
    const byId = new Map<string, Session>();
    for (const session of found.data?.sessions ?? []) byId.set(session.id, session);
    for (const session of listedSessions({ sessions: known })) byId.set(session.id, session);
    const all = listedSessions({
      sessions: Object.fromEntries(
        [...byId].map(([id, value]) => [id, { at: 0, value: known[id]?.value === null ? null : value }]),
      ),
    });
    const text = (session: Session): string => `${session.title ?? ''} ${session.last_message ?? ''}`.toLowerCase();
    return all.filter(
      (session) => session.archived === (shelf === 'archived') && (wanted === '' || text(session).includes(wanted)),
    );
  }, [known, found.data, wanted, shelf]);
  return { sessions, load, savedAt };
};

/** Which chats hold something unsent. */
export const useDrafts = (): ReadonlyMap<string, string> => {
  const { drafts } = useHearth();
  const [texts, setTexts] = useState<ReadonlyMap<string, string>>(new Map());
  useEffect(() => {
    let isHere = true;
    const read = (): void =>
      void drafts.all().then((all) => {
        if (isHere) setTexts(all);
      });
    read();
    const stop = drafts.onReplaced(read);
    return () => {
      isHere = false;
      stop();
    };
  }, [drafts]);
  return texts;
};

/** While the line is down: which chats can be read all the same. Null when all can. */
export const useReadable = (offline: boolean): ReadonlySet<string> | null => {
  const { store } = useHearth();
  const [saved, setSaved] = useState<ReadonlySet<string> | null>(null);
  useEffect(() => {
    let isHere = true;
    if (offline) void store.savedChats().then((ids) => isHere && setSaved(new Set(ids)));
    else setSaved(null);
    return () => {
      isHere = false;
    };
  }, [offline, store]);
  return saved;
};
