'use client';
import type { Approval } from '@hearth/contract';
import { useMemo, useState } from 'react';
import { useStore } from 'zustand';
import { useShallow } from 'zustand/react/shallow';
import { ButtonLink, Link } from '../../shell/link.tsx';
import { Screen } from '../../shell/screen.tsx';
import { useHearth } from '../../shell/session.tsx';
import { Button } from '../../ui/button.tsx';
import { icons } from '../../ui/icons.tsx';
import { Empty, Failed, Skeleton } from '../../ui/notice.tsx';
import { SearchField } from '../../ui/search-field.tsx';
import { dayAndTime } from '../chat/model/time.ts';
import { ChatDeeds } from './chat-deeds.tsx';
import { ChatRow } from './chat-row.tsx';
import { groupSessions } from './groups.ts';
import { type Shelf, useChatList, useDrafts, useReadable } from './use-chat-list.ts';

const NeedsYou = ({ approvals }: { approvals: readonly Approval[] }) =>
  approvals.length === 0 ? null : (
    <section aria-label="Needs you" className="border-b border-line bg-attn-soft">
      <h2 className="px-4 pt-3 text-label font-semibold text-ink-2">
        {approvals.length === 1 ? 'One thing needs you' : `${approvals.length} things need you`}
      </h2>
      <ul>
        {approvals.map((approval) => (
          <li key={approval.id} className="border-b border-line last:border-b-0">
            <Link href={`/approve/${approval.id}`} className="flex min-h-14 items-center gap-3 px-4">
              <span className="rail-mark rail-mark-inline" data-state="waiting" aria-hidden="true" />
              <span className="min-w-0 flex-1 truncate text-list font-semibold">{approval.title}</span>
              <icons.open size={18} className="shrink-0 text-ink-3" />
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );

const Filter = ({
  search,
  onSearch,
  shelf,
  onShelf,
}: {
  search: string;
  onSearch: (text: string) => void;
  shelf: Shelf;
  onShelf: (shelf: Shelf) => void;
}) => (
  <div className="flex items-center gap-2 border-b border-line px-4 py-2">
    <SearchField
      label="Find a chat"
      placeholder="Find a chat"
      text={search}
      onText={onSearch}
      className="min-w-0 flex-1"
    />
    <Button
      tone="quiet"
      aria-pressed={shelf === 'archived'}
      onClick={() => onShelf(shelf === 'archived' ? 'current' : 'archived')}
    >
      {shelf === 'archived' ? 'Current' : 'Archive'}
    </Button>
  </div>
);

const Nothing = ({ search, shelf }: { search: string; shelf: Shelf }) => {
  if (search.trim() !== '')
    return (
      <Empty title="No chat like that">
        Try fewer letters, or look in the {shelf === 'archived' ? 'current chats' : 'archive'}.
      </Empty>
    );
  if (shelf === 'archived')
    return <Empty title="The archive is empty">Archived chats stay here, and can be continued.</Empty>;
  return (
    <Empty
      title="All quiet"
      action={
        <ButtonLink href="/c/new">
          <icons.plus /> Start a chat
        </ButtonLink>
      }
    >
      Ask something, have something done, or think something through.
    </Empty>
  );
};

export const ChatsScreen = () => {
  const { store } = useHearth();
  const [search, setSearch] = useState('');
  const [shelf, setShelf] = useState<Shelf>('current');
  const [menu, setMenu] = useState<string | null>(null);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const drafts = useDrafts();
  const { sessions, load, savedAt } = useChatList(search, shelf);
  const offline = useStore(store.state, ({ link }) => link.status === 'down');
  const readable = useReadable(offline);
  const waiting = useStore(
    store.state,
    useShallow(({ approvals }) =>
      Object.values(approvals).flatMap(({ value }) => (value.status === 'pending' ? [value] : [])),
    ),
  );
  const shown = useMemo(() => sessions.filter((session) => !hidden.has(session.id)), [sessions, hidden]);
  const chosen = sessions.find((session) => session.id === menu);
  const hide = (id: string, isHidden: boolean): void =>
    setHidden((old) => new Set(isHidden ? [...old, id] : [...old].filter((one) => one !== id)));
  return (
    <Screen
      title="Chats"
      actions={
        <Link
          href="/c/new"
          aria-label="New chat"
          title="New chat"
          className="tap inline-flex items-center justify-center text-accent"
        >
          <icons.plus size={24} />
        </Link>
      }
    >
      <NeedsYou approvals={waiting} />
      <Filter search={search} onSearch={setSearch} shelf={shelf} onShelf={setShelf} />
      {savedAt ? <p className="px-4 pt-2 text-label text-ink-3">As of {dayAndTime(savedAt)}</p> : null}
      {load === 'error' ? (
        <Failed what="Your chats could not be loaded" onRetry={() => void store.loadSessions()} />
      ) : null}
      {load === 'loading' ? <Skeleton rows={6} label="Loading your chats" /> : null}
      {load !== 'loading' && load !== 'error' && shown.length === 0 ? <Nothing search={search} shelf={shelf} /> : null}
      {groupSessions(shown, new Date()).map((group) => (
        <section key={group.name} aria-label={group.name}>
          <h2 className="px-4 pt-4 pb-1 text-label font-semibold text-ink-3">{group.name}</h2>
          <ul>
            {group.rows.map(({ session, isFork }) => (
              <ChatRow
                key={session.id}
                session={session}
                isFork={isFork}
                draft={drafts.get(session.id)}
                isReadable={readable === null || readable.has(session.id)}
                onMore={() => setMenu(session.id)}
              />
            ))}
          </ul>
        </section>
      ))}
      {chosen ? <ChatDeeds session={chosen} offline={offline} onHide={hide} onClose={() => setMenu(null)} /> : null}
    </Screen>
  );
};
