'use client';
import { clsx } from 'clsx';
import type { ReactNode } from 'react';
import { Link } from '../../shell/link.tsx';
import { icons } from '../../ui/icons.tsx';
import { shortDate } from '../chat/model/time.ts';
import { authorWords, categoryWord, type Shown } from './words.ts';

const Mark = ({ tone, children }: { tone: 'attn' | 'plain'; children: ReactNode }) => (
  <span
    className={clsx(
      'rounded-code px-1.5 font-semibold',
      tone === 'attn' ? 'bg-attn-soft text-attn' : 'bg-sunk text-ink-2',
    )}
  >
    {children}
  </span>
);

export const Marks = ({ shown }: { shown: Pick<Shown, 'personal' | 'corrects' | 'isNew'> }) => (
  <>
    {shown.personal ? <Mark tone="attn">Personal data</Mark> : null}
    {shown.corrects ? <Mark tone="plain">Corrected</Mark> : null}
    {shown.isNew ? <Mark tone="plain">Not searchable yet</Mark> : null}
  </>
);

export const MemoryRow = ({ shown }: { shown: Shown }) => (
  <li className="flex items-start border-b border-line">
    <Link href={`/memory/${shown.id}`} className="flex min-h-18 min-w-0 flex-1 flex-col justify-center gap-1 py-3 pl-4">
      <span className="line-clamp-3 text-list">{shown.text}</span>
      <span className="flex flex-wrap items-center gap-x-2 gap-y-1 text-label text-ink-3">
        <span className="tabular-nums">{shortDate(shown.occurredAt)}</span>
        {shown.category === null ? null : <span>{categoryWord(shown.category)}</span>}
        {shown.author === 'owner' ? null : <span>{authorWords[shown.author]}</span>}
        {shown.through.length > 0 ? <span>Through {shown.through.slice(0, 3).join(', ')}</span> : null}
        <Marks shown={shown} />
      </span>
    </Link>
    {shown.session === null ? (
      <span className="w-4 shrink-0" />
    ) : (
      <Link
        href={`/c/${shown.session}`}
        aria-label="Open the chat it came from"
        title="Open the chat it came from"
        className="tap mt-2 inline-flex shrink-0 items-center justify-center text-ink-3 hover:text-ink"
      >
        <icons.chats size={18} />
      </Link>
    )}
  </li>
);
