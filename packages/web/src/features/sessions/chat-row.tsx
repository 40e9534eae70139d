'use client';
import type { Session } from '@hearth/contract';
import { clsx } from 'clsx';
import { Link } from '../../shell/link.tsx';
import { IconButton } from '../../ui/button.tsx';
import { icons } from '../../ui/icons.tsx';
import { shortDate } from '../chat/model/time.ts';
import { sourceOf } from './groups.ts';

type State = 'waiting' | 'running' | 'failed' | null;

const stateOf = (session: Session): State => {
  if (session.activity === 'waiting') return 'waiting';
  if (session.activity === 'running' || session.activity === 'queued') return 'running';
  return session.status === 'error' ? 'failed' : null;
};

/** One line of an answer, without the marks of its Markdown. */
const withoutMarks = (text: string): string => text.replaceAll(/[*`#>|]+|^[-+] /g, '').trim();

const stateWords = { waiting: 'Needs you', running: 'Working', failed: 'Failed' };
const stateClass = { waiting: 'text-attn', running: 'text-accent', failed: 'text-danger' };

const StateMark = ({ state }: { state: NonNullable<State> }) => (
  <span className={clsx('inline-flex shrink-0 items-center gap-1.5 text-label font-semibold', stateClass[state])}>
    <span className="rail-mark rail-mark-inline" data-state={state} aria-hidden="true" />
    {stateWords[state]}
  </span>
);

interface ChatRowProps {
  session: Session;
  isFork: boolean;
  draft: string | undefined;
  /** False while the line is down and this device has no copy of it. */
  isReadable: boolean;
  onMore: () => void;
}

export const ChatRow = ({ session, isFork, draft, isReadable, onMore }: ChatRowProps) => {
  const state = stateOf(session);
  const source = sourceOf(session);
  return (
    <li className={clsx('flex items-center border-b border-line', isFork && 'pl-6')}>
      <Link
        href={`/c/${session.id}`}
        className="flex min-h-18 min-w-0 flex-1 flex-col justify-center gap-0.5 py-2 pl-4"
      >
        <span className="flex items-center gap-2">
          {isFork ? <icons.fork size={15} className="shrink-0 text-ink-3" /> : null}
          <span className={clsx('min-w-0 flex-1 truncate text-list font-semibold', !isReadable && 'text-ink-3')}>
            {session.title ?? 'New chat'}
          </span>
          <span className="shrink-0 text-label text-ink-3 tabular-nums">
            {shortDate(session.last_message_at ?? session.created_at)}
          </span>
        </span>
        <span className="flex items-center gap-2 text-label text-ink-2">
          {state ? <StateMark state={state} /> : null}
          <span className="min-w-0 flex-1 truncate">
            {isReadable ? null : 'Not on this device: '}
            {draft ? (
              <>
                <span className="font-semibold text-attn">Draft:</span> {draft}
              </>
            ) : (
              <>
                {source ? <span className="font-semibold">{source}: </span> : null}
                {session.last_message ? withoutMarks(session.last_message) : 'Nothing said yet'}
              </>
            )}
          </span>
        </span>
      </Link>
      <IconButton label={`More for ${session.title ?? 'this chat'}`} onClick={onMore}>
        <icons.more />
      </IconButton>
    </li>
  );
};
