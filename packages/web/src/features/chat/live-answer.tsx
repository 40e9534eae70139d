'use client';
import type { LivePart } from '@hearth/contract';
/** The answer while it is written. Only this part of the screen is drawn again when words arrive. */
import { clsx } from 'clsx';
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { activeRun, type Chat, type RunState } from '../../lib/store/state.ts';
import { useHearth } from '../../shell/session.tsx';
import { Markdown } from '../markdown/index.ts';
import { duration } from './model/time.ts';
import { toolWords } from './model/tools.ts';
import { StepLine } from './step-line.tsx';

type Block = LivePart['blocks'][number];

const ownParts = (chat: Chat | undefined): LivePart[] =>
  Object.values(chat?.live ?? {}).filter((part) => part.parent_tool_use_id === null && part.blocks.length > 0);

const LiveBlock = ({ block, isLast }: { block: Block; isLast: boolean }) => {
  if (block.type === 'text') {
    return (
      <div className={isLast ? 'live-text pt-3' : 'pt-3'} data-anchor={true}>
        <Markdown text={block.text} live={isLast} />
      </div>
    );
  }
  if (block.type === 'thinking') {
    return (
      <div className="rail my-2">
        <StepLine
          state={isLast ? 'running' : 'done'}
          verb={isLast ? 'Thinking' : 'Thought about it'}
          detail={() => <p className="measure text-list whitespace-pre-wrap text-ink-2">{block.text}</p>}
        />
      </div>
    );
  }
  const words = toolWords({ name: block.name ?? '', input: {} });
  return (
    <div className="rail my-2">
      <StepLine state="running" verb={words.running} object={words.object} />
    </div>
  );
};

/** Seconds since this page saw the run begin; the server's clock may differ from ours. */
const useElapsed = (runId: string): string => {
  const [since] = useState(() => performance.now());
  const [now, setNow] = useState(since);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new run begins a new count by its key
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 1_000);
    return () => clearInterval(timer);
  }, [runId]);
  return duration(now - since);
};

const statusWords: Partial<Record<RunState['status'], string>> = {
  queued: 'Waiting for a free worker',
  waiting: 'Waiting for you',
  parked: 'Waiting for you',
};

const Working = ({ run, hasText, isWaiting }: { run: RunState; hasText: boolean; isWaiting: boolean }) => {
  const elapsed = useElapsed(run.id);
  const usual = hasText ? 'Answering' : 'Working on it';
  const words = isWaiting ? 'Waiting for you' : (statusWords[run.status] ?? run.note ?? usual);
  return (
    <p
      // Questions stand below it, and must not scroll under it.
      className={clsx('flex min-h-8 items-center gap-2 pt-2 text-label text-ink-3', !isWaiting && 'at-end')}
      data-working={true}
    >
      <span className={run.status === 'running' && !isWaiting ? 'pulse' : 'pulse-waiting'} aria-hidden="true" />
      <span>{words}</span>
      <span className="tabular-nums">{elapsed}</span>
    </p>
  );
};

const Todos = ({ todos }: { todos: Chat['todos'] }) =>
  todos.length === 0 ? null : (
    <ul className="my-2 flex flex-col gap-1 border-l-2 border-line pl-3 text-list text-ink-2" aria-label="Plan">
      {todos.map((todo) => (
        <li key={todo.content} className={todo.status === 'completed' ? 'text-ink-3 line-through' : ''}>
          {todo.status === 'in_progress' ? (todo.activeForm ?? todo.content) : todo.content}
        </li>
      ))}
    </ul>
  );

export const LiveAnswer = ({ chatId, isWaiting }: { chatId: string; isWaiting: boolean }) => {
  const { store } = useHearth();
  const chat = useStore(store.state, ({ chats }) => chats[chatId]);
  const run = activeRun(chat);
  if (!chat || !run) return null;
  const parts = ownParts(chat);
  const blocks = parts.flatMap((part) =>
    part.blocks.map((block) => ({ key: `${part.message_id}:${block.index}`, block })),
  );
  return (
    // No box of its own: it would seem to jump when its text becomes a message.
    <div data-live={true} className="contents">
      <Todos todos={chat.todos} />
      {blocks.map(({ key, block }, index) => (
        <LiveBlock key={key} block={block} isLast={index === blocks.length - 1} />
      ))}
      <Working
        key={run.id}
        run={run}
        hasText={blocks.some(({ block }) => block.type === 'text')}
        isWaiting={isWaiting}
      />
    </div>
  );
};
