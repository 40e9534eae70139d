'use client';
/** One memory: what it says, where it came from, what it was before, and what it is about. */
import { isApiError } from '@hearth/client';
import type { Memory } from '@hearth/contract';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useStore } from 'zustand';
import { problemOf } from '../../lib/store/store.ts';
import { useDeed } from '../../lib/use-deed.ts';
import { ButtonLink, Link } from '../../shell/link.tsx';
import { goBack, navigate } from '../../shell/router.ts';
import { Screen } from '../../shell/screen.tsx';
import { useHearth } from '../../shell/session.tsx';
import { Button } from '../../ui/button.tsx';
import { TextArea } from '../../ui/form.tsx';
import { icons } from '../../ui/icons.tsx';
import { Empty, Failed, Notice, Skeleton } from '../../ui/notice.tsx';
import { showToast } from '../../ui/toast.tsx';
import { dayAndTime } from '../chat/model/time.ts';
import { Part, ProblemLine } from '../settings/part.tsx';
import { Marks } from './memory-row.tsx';
import { graphKey, memoriesKey, refreshMemories, useForget, useOffline } from './use-memories.ts';
import { authorWords, categoryWord, personalKinds, shownMemory } from './words.ts';

const linkClass = 'inline-flex min-h-11 items-center gap-1 font-semibold text-accent underline';

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <div className="flex min-h-11 items-center gap-4 border-b border-line py-1 last:border-b-0">
    <dt className="w-28 shrink-0 text-label text-ink-2">{name}</dt>
    <dd className="min-w-0 flex-1 text-list">{children}</dd>
  </div>
);

const ChatLink = ({ id }: { id: string }) => {
  const { store } = useHearth();
  const title = useStore(store.state, ({ sessions }) => sessions[id]?.value?.title);
  return (
    <Link href={`/c/${id}`} className={linkClass}>
      {title ?? 'The chat it came from'}
    </Link>
  );
};

const Facts = ({ memory }: { memory: Memory }) => {
  const { source } = memory;
  const kinds = personalKinds(memory);
  return (
    <dl className="flex flex-col">
      <Fact name="From">
        {source.session_id === null ? 'Added by hand, or brought in' : <ChatLink id={source.session_id} />}
      </Fact>
      <Fact name="Who said it">{authorWords[memory.author]}</Fact>
      <Fact name="When">{dayAndTime(memory.occurred_at)}</Fact>
      {memory.category === null ? null : <Fact name="Category">{categoryWord(memory.category)}</Fact>}
      {kinds.length > 0 ? <Fact name="Personal data">{kinds.join(', ')}</Fact> : null}
    </dl>
  );
};

const History = ({ memory }: { memory: Memory }) => {
  const { client } = useHearth();
  const isLonely = memory.supersedes === null && memory.superseded_by === null;
  const history = useQuery({
    queryKey: [...memoriesKey, 'history', memory.id],
    queryFn: ({ signal }) => client.memories.history(memory.id, { signal }),
    enabled: !isLonely,
  });
  if (isLonely) return null;
  return (
    <Part title="How it came to be">
      {history.isPending ? <Skeleton flush={true} rows={2} label="Loading" /> : null}
      {history.isError ? (
        <Failed flush={true} what="Its history could not be loaded" onRetry={() => void history.refetch()} />
      ) : null}
      {history.data ? (
        <ol className="rail">
          {history.data.history.toReversed().map(({ memory: one, event, at }) => (
            <li key={one.id} className="rail-step py-2.5">
              <span className="rail-mark" data-state={one.id === memory.id ? 'done' : 'stopped'} aria-hidden="true" />
              <p className={one.superseded_by === null ? 'text-list' : 'text-list text-ink-3 line-through'}>
                {one.memory}
              </p>
              <p className="text-label text-ink-3">
                {event === 'added' ? 'Remembered' : event === 'merged' ? 'Said again' : 'Corrected'} {dayAndTime(at)}
              </p>
            </li>
          ))}
        </ol>
      ) : null}
    </Part>
  );
};

const Related = ({ memory }: { memory: Memory }) => {
  const { client } = useHearth();
  const graph = useQuery({
    queryKey: [...graphKey, 'in', memory.id],
    queryFn: ({ signal }) => client.memories.graph({ about: memory.memory.slice(0, 200), limit: 100 }, { signal }),
  });
  const entities = graph.data?.entities.filter((entity) => entity.memory_ids.includes(memory.id)) ?? [];
  if (entities.length === 0) return null;
  return (
    <Part title="People and things in it">
      <ul className="flex flex-wrap gap-2">
        {entities.map((entity) => (
          <li key={entity.id}>
            <Link
              href={`/memory/people/${encodeURIComponent(entity.name)}`}
              className="tap inline-flex items-center rounded-full border border-line-strong px-3.5 text-label font-semibold"
            >
              {entity.name}
            </Link>
          </li>
        ))}
      </ul>
    </Part>
  );
};

const Correct = ({ memory, onDone }: { memory: Memory; onDone: () => void }) => {
  const { client } = useHearth();
  const queries = useQueryClient();
  const offline = useOffline();
  const [text, setText] = useState(memory.memory);
  const { isBusy, problem, run } = useDeed();
  const save = async (): Promise<void> => {
    const next = await client.memories.correct(memory.id, { memory: text.trim() });
    queries.setQueryData([...memoriesKey, 'one', next.id], next);
    void refreshMemories(queries);
    showToast({ text: 'Corrected' });
    navigate(`/memory/${next.id}`, { replace: true });
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void run(save);
      }}
      className="flex flex-col gap-3"
    >
      <TextArea
        label="What is right"
        rows={4}
        value={text}
        onText={setText}
        hint="The old words stay in its history and are never used again."
      />
      <ProblemLine>{problem}</ProblemLine>
      <div className="flex gap-2">
        <Button
          type="submit"
          tone="primary"
          busy={isBusy}
          disabled={offline || text.trim() === '' || text.trim() === memory.memory}
        >
          Save the correction
        </Button>
        <Button onClick={onDone}>Cancel</Button>
      </div>
    </form>
  );
};

const Deeds = ({ memory, onCorrect }: { memory: Memory; onCorrect: () => void }) => {
  const offline = useOffline();
  const forget = useForget();
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Button icon={<icons.edit size={18} />} disabled={offline} onClick={onCorrect}>
        Correct
      </Button>
      <Button
        tone="danger"
        icon={<icons.remove size={18} />}
        disabled={offline}
        onClick={() => {
          forget(memory.id);
          goBack('/memory');
        }}
      >
        Delete
      </Button>
      {offline ? <p className="text-label text-ink-2">Changing it needs a connection.</p> : null}
    </div>
  );
};

const Body = ({ memory }: { memory: Memory }) => {
  const [isEditing, setEditing] = useState(false);
  const isOld = memory.superseded_by !== null;
  return (
    <>
      {isOld ? (
        <Notice
          action={
            <Link href={`/memory/${memory.superseded_by}`} replace={true} className={linkClass}>
              Show the newer one
            </Link>
          }
        >
          This was corrected and is not used any more.
        </Notice>
      ) : null}
      {isEditing ? (
        <Correct memory={memory} onDone={() => setEditing(false)} />
      ) : (
        <div className="flex flex-col gap-3">
          <p className="measure text-title whitespace-pre-wrap">{memory.memory}</p>
          <p className="flex flex-wrap gap-2 text-label empty:hidden">
            <Marks shown={shownMemory(memory)} />
          </p>
          {isOld ? null : <Deeds memory={memory} onCorrect={() => setEditing(true)} />}
        </div>
      )}
      <Facts memory={memory} />
      <Related memory={memory} />
      <History memory={memory} />
    </>
  );
};

export const MemoryPage = ({ id }: { id: string }) => {
  const { client } = useHearth();
  const queries = useQueryClient();
  const one = useQuery({
    queryKey: [...memoriesKey, 'one', id],
    queryFn: ({ signal }) => client.memories.get(id, { signal }),
    // What the list has shown is shown at once.
    placeholderData: () =>
      queries
        .getQueriesData<{ memories: Memory[] }[]>({ queryKey: [...memoriesKey, 'list'] })
        .flatMap(([, data]) => data?.flatMap(({ memories }) => memories) ?? [])
        .find((memory) => memory.id === id),
  });
  const isGone = isApiError(one.error) && (one.error.status === 404 || one.error.status === 400);
  return (
    <Screen title="Memory" back="/memory">
      {one.isPending ? <Skeleton rows={4} label="Loading the memory" /> : null}
      {one.data && !isGone ? (
        <div className="flex flex-col gap-8 px-4 py-6">
          <Body memory={one.data} />
        </div>
      ) : null}
      {isGone ? (
        <Empty title="Forgotten" action={<ButtonLink href="/memory">All memories</ButtonLink>}>
          There is no such memory, or it has been deleted.
        </Empty>
      ) : one.isError && !one.data ? (
        <Failed
          what="The memory could not be loaded"
          detail={problemOf(one.error)}
          onRetry={() => void one.refetch()}
        />
      ) : null}
    </Screen>
  );
};
