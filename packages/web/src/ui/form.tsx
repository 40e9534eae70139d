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
