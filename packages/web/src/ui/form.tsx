'use client';
import { clsx } from 'clsx';
import type { ReactNode } from 'react';
import { inputClass, Labelled } from './field.tsx';

interface TextAreaProps {
  label: string;
  value: string;
  rows: number;
  placeholder?: string;
  hint?: ReactNode;
  error?: string | null;
  disabled?: boolean;
  maxLength?: number;
  onText: (text: string) => void;
}

export const TextArea = ({ label, hint, error, onText, ...rest }: TextAreaProps) => (
  <Labelled
    {...{ label, hint, error }}
    control={(ties) => (
      <textarea
        {...rest}
        {...ties}
        onChange={(event) => onText(event.target.value)}
        className={clsx(inputClass, 'resize-y py-2.5')}
      />
    )}
  />
);

interface CheckRowProps {
  label: string;
  hint: string;
  checked: boolean;
  disabled?: boolean;
  onChange: (checked: boolean) => void;
}

export const CheckRow = ({ label, hint, checked, disabled, onChange }: CheckRowProps) => (
  <label className={clsx('flex min-h-14 items-center gap-3 py-2', disabled ? 'text-ink-3' : 'cursor-pointer')}>
    <input
      type="checkbox"
      checked={checked}
      disabled={disabled}
      onChange={(event) => onChange(event.target.checked)}
      className="size-5 shrink-0 accent-(--accent)"
    />
    <span className="min-w-0">
      <span className="block text-list font-semibold">{label}</span>
      <span className="block text-label text-ink-2">{hint}</span>
    </span>
  </label>
);
