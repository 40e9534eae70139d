'use client';
/** The turns of a chat, what is being written, what waits for a person, and what is on its way to the server. */
import type { Approval } from '@hearth/contract';
import { type ReactNode, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { useStore } from 'zustand';
import type { OutboxItem } from '../../lib/outbox.ts';
import { activeRun, type Chat } from '../../lib/store/state.ts';
import { problemOf } from '../../lib/store/store.ts';
import { whenIdle } from '../../lib/when-idle.ts';
import { useHearth } from '../../shell/session.tsx';
import { Button } from '../../ui/button.tsx';
import { icons } from '../../ui/icons.tsx';
import { Failed, Notice, Skeleton } from '../../ui/notice.tsx';
import { ApprovalCard } from '../approvals/index.ts';
import { LiveAnswer } from './live-answer.tsx';
import { dayAndTime } from './model/time.ts';
import { createTurnBuilder, type Turn } from './model/turns.ts';
import { OutgoingMessage } from './outgoing.tsx';
import { TurnView } from './turn-view.tsx';
import { useFollow } from './use-follow.ts';

const Older = ({ chatId, chat }: { chatId: string; chat: Chat }) => {
  const { store } = useHearth();
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const ref = useRef<HTMLDivElement>(null);
  const load = async (): Promise<void> => {
    setBusy(true);
    setProblem(null);
    try {
      await store.loadOlder(chatId);
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setBusy(false);
    }
  };
  const loadRef = useRef(load);
  loadRef.current = load;
  // Comes by itself when the reader gets there; the button is for everyone else.
  // biome-ignore lint/correctness/useExhaustiveDependencies: each page that was loaded is watched anew
  useEffect(() => {
    const element = ref.current;
    if (!element || !chat.hasOlder) return;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && void loadRef.current(), {
      root: element.closest('[data-transcript]'),
      rootMargin: '200px 0px 0px',
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [chat.hasOlder, chat.before]);
  if (!chat.hasOlder) return null;
  return (
    <div ref={ref} className="flex min-h-14 items-center justify-center gap-3 text-label text-ink-2">
      {problem ? <span>{problem}</span> : null}
      <Button tone="quiet" busy={isBusy} onClick={() => void load()}>
        Earlier messages
      </Button>
    </div>
  );
};

/** After the messages: the browser's first look at how times are written takes longer than a frame. */
const useMomentLater = (): boolean => {
  const [isLater, setLater] = useState(false);
  useEffect(() => whenIdle(() => setLater(true)), []);
  return isLater;
};

const CopyNotice = ({ chat }: { chat: Chat }) => {
  const isLater = useMomentLater();
  if (chat.problem !== null && chat.load !== 'error') {
    return <Notice>The newest messages could not be loaded: {chat.problem}</Notice>;
  }
  if (chat.load !== 'cached' || chat.savedAt === null || !isLater) return null;
  return <p className="py-2 text-label text-ink-3">As of {dayAndTime(chat.savedAt)}</p>;
};

export interface TranscriptProps {
  chatId: string;
  chat: Chat;
  approvals: readonly Approval[];
  outgoing: readonly OutboxItem[];
  offline: boolean;
  /** The newest own message of this visit: it goes near the top, and the answer grows under it. */
  sentHere: boolean;
  onReload: () => void;
  empty: ReactNode;
}

const isOverAt = (turns: readonly Turn[], index: number, isBusy: boolean): boolean =>
  !isBusy || index < turns.length - 1;

/**
 * The messages that a chat was waiting for are drawn in slices: all at once they would hold up a slow phone. Those that
 * this device has kept, and all that come later, are on the screen at once.
 */
const useFirstInSlices = (isKnown: boolean, isKept: boolean): boolean => {
  const [fromTheStart] = useState(isKnown);
  return useDeferredValue(isKnown, fromTheStart) || isKept;
};

export const Transcript = (props: TranscriptProps) => {
  const { chatId, chat, approvals, outgoing, offline, sentHere } = props;
  const box = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const [build] = useState(createTurnBuilder);
  const isDrawn = useFirstInSlices(chat.load !== 'loading' || outgoing.length > 0, chat.load === 'cached');
  const turns = useMemo(() => (isDrawn ? build(chat) : []), [build, chat, isDrawn]);
  const isOnItsWay = chat.load === 'loading' || (!isDrawn && chat.messages.length > 0);
  const hasText = turns.length > 0 || outgoing.length > 0;
  const { isFollowing, toEnd } = useFollow(box, content, { chatId, isReady: hasText });
  const isBusy = activeRun(chat) !== null;
  const sentCount = outgoing.length;
  useEffect(() => {
    if (sentHere && sentCount > 0) toEnd();
  }, [sentHere, sentCount, toEnd]);
  const earlier = turns.slice(0, -1);
  const newest = turns.at(-1);
  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={box}
        data-transcript={true}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label="Conversation"
        className="transcript h-full overflow-y-auto overscroll-contain"
      >
        <div ref={content} className="mx-auto flex min-h-full w-full max-w-[720px] flex-col px-4">
          {isDrawn ? <Older chatId={chatId} chat={chat} /> : null}
          {isOnItsWay && !hasText ? <Skeleton flush={true} rows={5} label="Loading the chat" /> : null}
          {chat.load === 'error' ? (
            <Failed flush={true} what="The chat could not be loaded" detail={chat.problem} onRetry={props.onReload} />
          ) : null}
          {chat.load === 'ready' && !isOnItsWay && !hasText ? props.empty : null}
          <CopyNotice chat={chat} />
          {earlier.map((turn, index) => (
            <TurnView key={turn.id} turn={turn} isOver={isOverAt(turns, index, isBusy)} position={index + 1} />
          ))}
          <div className={sentHere ? 'newest pb-4' : 'pb-4'}>
            {newest ? <TurnView key={newest.id} turn={newest} isOver={!isBusy} position={turns.length} /> : null}
            <LiveAnswer chatId={chatId} isWaiting={approvals.length > 0} />
            {approvals.map((approval, index) => (
              <ApprovalCard
                key={approval.id}
                approval={approval}
                offline={offline}
                position={approvals.length > 1 ? `${index + 1} of ${approvals.length}` : null}
              />
            ))}
            {outgoing.map((item) => (
              <OutgoingMessage key={item.id} item={item} />
            ))}
          </div>
        </div>
      </div>
      {isFollowing || !hasText ? null : (
        <Button
          onClick={toEnd}
          icon={<icons.latest size={18} />}
          className="absolute bottom-3 left-1/2 -translate-x-1/2 !rounded-full shadow-(--shadow)"
        >
          Latest
        </Button>
      )}
    </div>
  );
};

/** Says aloud what a sighted person sees happen, once each. */
export const Announcer = ({ chatId }: { chatId: string }) => {
  const { store } = useHearth();
  const isBusy = useStore(store.state, ({ chats }) => activeRun(chats[chatId]) !== null);
  const waiting = useStore(
    store.state,
    ({ approvals }) =>
      Object.values(approvals).find(({ value }) => value.status === 'pending' && value.session_id === chatId)?.value
        .title,
  );
  const [words, setWords] = useState('');
  const wasBusy = useRef<boolean | null>(null);
  useEffect(() => {
    if (wasBusy.current !== null && wasBusy.current !== isBusy) setWords(isBusy ? 'Answering' : 'Answer complete');
    wasBusy.current = isBusy;
  }, [isBusy]);
  useEffect(() => {
    if (waiting !== undefined) setWords(`Approval needed: ${waiting}`);
  }, [waiting]);
  return (
    <p role="status" className="sr-only" data-announcer={true}>
      {words}
    </p>
  );
};
