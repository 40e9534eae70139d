'use client';
import { useQuery } from '@tanstack/react-query';
import { clsx } from 'clsx';
import { useState } from 'react';
import { problemOf } from '../../lib/store/store.ts';
import { ButtonLink, Link } from '../../shell/link.tsx';
import { Screen } from '../../shell/screen.tsx';
import { useHearth } from '../../shell/session.tsx';
import { Button } from '../../ui/button.tsx';
import { icons } from '../../ui/icons.tsx';
import { Empty, Failed, Notice, Skeleton } from '../../ui/notice.tsx';
import { SearchField } from '../../ui/search-field.tsx';
import { dayAndTime } from '../chat/model/time.ts';
import { MemoryRow } from './memory-row.tsx';
import { shownList, useMemoryList, useMemorySearch, useOffline } from './use-memories.ts';
import { useSettings } from './use-settings.ts';
import { categoryWord, degradedLine, type Shown } from './words.ts';

interface ChipsProps {
  counts: Readonly<Record<string, number>>;
  chosen: string | null;
  onChoose: (category: string | null) => void;
}

/** A category without a name cannot be asked for, so it is no chip. */
const Chips = ({ counts, chosen, onChoose }: ChipsProps) => {
  const named = Object.entries(counts).filter(([name]) => name !== '');
  if (named.length === 0) return null;
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const chip = (name: string | null, word: string, count: number) => (
    <button
      key={name ?? ''}
      type="button"
      aria-pressed={chosen === name}
      onClick={() => onChoose(chosen === name ? null : name)}
      className={clsx(
        'tap inline-flex shrink-0 items-center gap-1.5 rounded-full border px-3.5 text-label font-semibold',
        chosen === name ? 'border-accent bg-accent-soft text-accent' : 'border-line-strong text-ink-2',
      )}
    >
      {word} <span className="font-normal tabular-nums">{count}</span>
    </button>
  );
  return (
    <fieldset className="no-scrollbar relative flex w-full min-w-0 gap-2 overflow-x-auto px-4 py-3">
      <legend className="sr-only">Category</legend>
      {chip(null, 'All', total)}
      {named.toSorted((a, b) => b[1] - a[1]).map(([name, count]) => chip(name, categoryWord(name), count))}
    </fieldset>
  );
};

const Rows = ({ rows, label }: { rows: readonly Shown[]; label: string }) => (
  <ul aria-label={label} className="border-t border-line">
    {rows.map((shown) => (
      <MemoryRow key={shown.id} shown={shown} />
    ))}
  </ul>
);

const Nothing = ({ isOff }: { isOff: boolean }) => (
  <Empty
    title="Nothing remembered yet"
    action={
      <ButtonLink href={isOff ? '/memory/settings' : '/memory/new'}>
        {isOff ? 'Memory settings' : 'Add the first one'}
      </ButtonLink>
    }
  >
    {isOff
      ? 'Memory is off: nothing is learned from chats and nothing is recalled in them.'
      : 'It starts by itself: facts you mention in chats appear here a little later. You can also add one yourself.'}
  </Empty>
);

const Results = ({ search }: { search: NonNullable<ReturnType<typeof useMemorySearch>> }) => {
  const { found, shown, query } = search;
  const line = degradedLine(found.data?.degraded ?? []);
  return (
    <>
      {line ? (
        <div className="px-4 pb-3">
          <Notice tone="attn">{line}</Notice>
        </div>
      ) : null}
      {found.isPending ? <Skeleton rows={4} label="Searching" /> : null}
      {found.isError ? (
        <Failed what="The search did not work" detail={problemOf(found.error)} onRetry={() => void found.refetch()} />
      ) : null}
      {found.data && shown.length === 0 ? (
        <Empty title="Nothing like that">Nothing remembered fits “{query.slice(0, 60)}”. Try other words.</Empty>
      ) : null}
      {shown.length > 0 ? <Rows rows={shown} label="Found memories" /> : null}
    </>
  );
};

/** Said before anybody searches in vain, while the health of the server says so. */
const useHealthLine = (): string | null => {
  const { client } = useHearth();
  const health = useQuery({ queryKey: ['health'], queryFn: ({ signal }) => client.health({ signal }) });
  const isOff = health.data?.degraded_features.includes('semantic_search') === true;
  return isOff ? degradedLine(['meaning']) : null;
};

const Learning = ({ count }: { count: number }) =>
  count === 0 ? null : (
    <p role="status" className="flex items-center gap-3 border-b border-line px-4 py-3 text-label text-ink-2">
      <span className="pulse shrink-0" aria-hidden="true" />
      {count === 1 ? 'One thing is still being learned' : `${count} things are still being learned`}
    </p>
  );

const List = ({ data, isOff }: { data: ReturnType<typeof useMemoryList>; isOff: boolean }) => {
  const { list, memories, first, more, savedAt } = data;
  const isMissing = list.isError && first === undefined;
  return (
    <>
      {savedAt ? <p className="px-4 pb-2 text-label text-ink-3">As of {dayAndTime(savedAt)}</p> : null}
      {isMissing ? (
        <Failed
          what="Your memories could not be loaded"
          detail={problemOf(list.error)}
          onRetry={() => void list.refetch()}
        />
      ) : null}
      {list.isPending && first === undefined ? <Skeleton rows={6} label="Loading your memories" /> : null}
      {first && memories.length === 0 ? <Nothing isOff={isOff} /> : null}
      {memories.length > 0 ? <Rows rows={shownList(memories)} label="Memories" /> : null}
      {more.isThere || more.isBusy || more.isFailed ? (
        <div className="p-4">
          <Button busy={more.isBusy} onClick={more.show}>
            Show more
          </Button>
          {more.isFailed ? (
            <p role="alert" className="pt-2 text-label text-danger">
              The next ones could not be loaded. Try again.
            </p>
          ) : null}
        </div>
      ) : null}
    </>
  );
};

const iconLink = 'tap inline-flex items-center justify-center text-ink-2 hover:text-ink';

const Actions = () => (
  <>
    <Link href="/memory/people" aria-label="People and things" title="People and things" className={iconLink}>
      <icons.fork />
    </Link>
    <Link href="/memory/settings" aria-label="Memory settings" title="Memory settings" className={iconLink}>
      <icons.mode />
    </Link>
    <Link href="/memory/new" aria-label="Add a memory" title="Add a memory" className={clsx(iconLink, '!text-accent')}>
      <icons.plus size={24} />
    </Link>
  </>
);

export const ListPage = () => {
  const [text, setText] = useState('');
  const [category, setCategory] = useState<string | null>(null);
  const offline = useOffline();
  const data = useMemoryList(category);
  const search = useMemorySearch(text, category, data.memories);
  const settings = useSettings();
  const healthLine = useHealthLine();
  const isOff = settings.data?.enabled === false;
  const { first } = data;
  const isEmpty = first !== undefined && first.total === 0 && category === null;
  return (
    <Screen title="Memory" phoneBack="/settings" actions={<Actions />}>
      {offline ? (
        <p className="px-4 pt-3 text-label text-ink-2">
          Not connected: you can read what is saved here. Adding and changing need a connection.
        </p>
      ) : null}
      {isOff && !isEmpty ? (
        <div className="px-4 pt-3">
          <Notice
            action={
              <Link
                href="/memory/settings"
                className="tap inline-flex items-center font-semibold text-accent underline"
              >
                Settings
              </Link>
            }
          >
            Memory is off: nothing is learned, nothing is recalled.
          </Notice>
        </div>
      ) : null}
      <Learning count={first?.waiting ?? 0} />
      {isEmpty ? null : (
        <>
          <SearchField
            label="Search memories"
            placeholder="Search by meaning or words"
            text={text}
            onText={setText}
            className="mx-4 mt-3"
          />
          <Chips counts={first?.categories ?? {}} chosen={category} onChoose={setCategory} />
        </>
      )}
      {healthLine && !search ? (
        <div className="px-4 pb-3">
          <Notice tone="attn">{healthLine}</Notice>
        </div>
      ) : null}
      {search ? <Results search={search} /> : <List data={data} isOff={isOff} />}
    </Screen>
  );
};
