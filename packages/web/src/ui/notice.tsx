'use client';
import { clsx } from 'clsx';
import type { ReactNode } from 'react';
import { Button } from './button.tsx';

type Tone = 'plain' | 'attn' | 'danger' | 'ok';

const tones: Record<Tone, string> = {
  plain: 'border-line bg-surface text-ink-2',
  attn: 'border-attn bg-attn-soft text-ink',
  danger: 'border-danger bg-danger-soft text-ink',
  ok: 'border-ok bg-ok-soft text-ink',
};

/** Something that went wrong or needs to be known, inside the region it belongs to. */
export const Notice = ({
  tone = 'plain',
  children,
  action,
}: {
  tone?: Tone;
  children: ReactNode;
  action?: ReactNode;
}) => (
  <div className={clsx('flex flex-wrap items-center gap-x-4 gap-y-2 rounded-card border px-4 py-3', tones[tone])}>
    <div className="min-w-48 flex-1 text-list">{children}</div>
    {action}
  </div>
);

/** Nothing here yet: one sentence and one action. */
export const Empty = ({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) => (
  <div className="flex flex-col items-start gap-3 px-4 py-10">
    <p className="font-display text-display font-bold">{title}</p>
    {children ? <p className="measure text-body text-ink-2">{children}</p> : null}
    {action}
  </div>
);

interface FailedProps {
  what: string;
  detail?: string | null;
  onRetry?: () => void;
  /** The region around it has its own edges. */
  flush?: boolean;
}

/** A part of the screen that could not be loaded. */
export const Failed = ({ what, detail, onRetry, flush }: FailedProps) => (
  <div role="alert" className={clsx('flex flex-col items-start gap-2 py-6', !flush && 'px-4')}>
    <p className="text-list font-semibold">{what}</p>
    {detail ? <p className="measure text-label text-ink-2">{detail}</p> : null}
    {onRetry ? <Button onClick={onRetry}>Try again</Button> : null}
  </div>
);

/** Holds the place of what is being loaded, in its final size; the label is for assistive tech. */
export const Skeleton = ({ rows, label, flush }: { rows: number; label: string; flush?: boolean }) => (
  <div role="status" aria-label={label} className="skeleton flex flex-col">
    {Array.from({ length: rows }, (_, row) => (
      <div
        // biome-ignore lint/suspicious/noArrayIndexKey: rows without content have no other name
        key={row}
        className={clsx('flex min-h-18 flex-col justify-center gap-2 border-b border-line', !flush && 'px-4')}
      >
        <span className="h-3 rounded-full bg-line" style={{ width: `${62 - ((row * 17) % 30)}%` }} />
        <span className="h-2.5 rounded-full bg-sunk" style={{ width: `${84 - ((row * 23) % 40)}%` }} />
      </div>
    ))}
  </div>
);
