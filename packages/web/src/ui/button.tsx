'use client';
import { clsx } from 'clsx';
import type { ButtonHTMLAttributes, ReactNode } from 'react';

type Tone = 'primary' | 'plain' | 'quiet' | 'danger' | 'attn';

const tones: Record<Tone, string> = {
  primary: 'bg-accent text-on-accent border-transparent',
  plain: 'bg-surface text-ink border-line-strong',
  quiet: 'bg-transparent text-accent border-transparent',
  danger: 'bg-surface text-danger border-danger',
  attn: 'bg-attn text-bg border-transparent',
};

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  tone?: Tone;
  busy?: boolean;
  icon?: ReactNode;
}

export const Spinner = () => (
  <span
    aria-hidden="true"
    className="inline-block size-4 shrink-0 animate-spin rounded-full border-2 border-current border-t-transparent"
  />
);

export const Button = ({ tone = 'plain', busy, icon, className, children, disabled, type, ...rest }: ButtonProps) => (
  <button
    {...rest}
    type={type ?? 'button'}
    disabled={disabled}
    aria-busy={busy || undefined}
    aria-disabled={busy || undefined}
    onClick={busy ? (event) => event.preventDefault() : rest.onClick}
    className={clsx(
      'tap inline-flex items-center justify-center gap-2 rounded-button border px-4 text-list font-semibold',
      'transition-colors duration-120 disabled:border-line disabled:bg-sunk disabled:text-ink-3',
      tones[tone],
      className,
    )}
  >
    {busy ? <Spinner /> : icon}
    {children}
  </button>
);

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  label: string;
}

/** Only an icon to see; the label is for assistive tech and the tooltip. */
export const IconButton = ({ label, className, children, type, ...rest }: IconButtonProps) => (
  <button
    {...rest}
    type={type ?? 'button'}
    aria-label={label}
    title={label}
    className={clsx(
      'tap inline-flex shrink-0 items-center justify-center rounded-button text-ink-2 transition-colors duration-120',
      'hover:text-ink disabled:text-line-strong',
      className,
    )}
  >
    {children}
  </button>
);
