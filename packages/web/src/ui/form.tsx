'use client';
import { clsx } from 'clsx';
import { type ReactNode, useId } from 'react';
import { inputClass } from './field.tsx';

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

export const TextArea = ({ label, hint, error, onText, ...rest }: TextAreaProps) => {
  const id = useId();
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-label font-semibold text-ink-2">
        {label}
      </label>
      <textarea
        {...rest}
        id={id}
        aria-invalid={error ? true : undefined}
        aria-describedby={error ? `${id}-error` : hint ? `${id}-hint` : undefined}
        onChange={(event) => onText(event.target.value)}
        className={clsx(inputClass, 'resize-y py-2.5')}
      />
      {error ? (
        <p id={`${id}-error`} role="alert" className="text-label text-danger">
          {error}
        </p>
      ) : hint ? (
        <p id={`${id}-hint`} className="text-label text-ink-3">
          {hint}
        </p>
      ) : null}
    </div>
  );
};

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
