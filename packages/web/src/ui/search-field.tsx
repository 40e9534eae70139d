'use client';
import { clsx } from 'clsx';
import { icons } from './icons.tsx';

interface SearchFieldProps {
  label: string;
  placeholder: string;
  text: string;
  onText: (text: string) => void;
  className?: string;
}

export const SearchField = ({ label, placeholder, text, onText, className }: SearchFieldProps) => (
  <div className={clsx('relative', className)}>
    <icons.search size={18} className="pointer-events-none absolute top-1/2 left-3 -translate-y-1/2 text-ink-3" />
    <input
      type="search"
      aria-label={label}
      placeholder={placeholder}
      value={text}
      onChange={(event) => onText(event.target.value)}
      className="tap w-full rounded-button border border-line-strong bg-surface pr-3 pl-10"
    />
  </div>
);
