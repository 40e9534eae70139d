'use client';
import { clsx } from 'clsx';
import { useId } from 'react';

interface SwitchRowProps {
  label: string;
  hint?: string;
  checked: boolean;
  disabled?: boolean;
  onChange: (checked: boolean) => void;
}

/** On or off, in a row of its own that can be tapped anywhere. The browser's own checkbox does the keyboard. */
export const SwitchRow = ({ label, hint, checked, disabled, onChange }: SwitchRowProps) => {
  const id = useId();
  return (
    <label
      className={clsx(
        'switch-row flex items-center gap-4 py-2',
        hint ? 'min-h-14' : 'min-h-12',
        disabled ? 'text-ink-3' : 'cursor-pointer',
      )}
    >
      <span className="min-w-0 flex-1">
        <span id={`${id}-label`} className="block text-list font-semibold">
          {label}
        </span>
        {hint ? (
          <span id={`${id}-hint`} className="block text-label text-ink-2">
            {hint}
          </span>
        ) : null}
      </span>
      <input
        type="checkbox"
        // biome-ignore lint/a11y/useAriaPropsForRole: the box says itself whether it is checked
        role="switch"
        checked={checked}
        disabled={disabled}
        aria-labelledby={`${id}-label`}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={(event) => onChange(event.target.checked)}
        className="switch"
      />
    </label>
  );
};
