'use client';
import { clsx } from 'clsx';
import { type InputHTMLAttributes, type ReactNode, type Ref, type SelectHTMLAttributes, useId } from 'react';
import { icons } from './icons.tsx';

interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  label: string;
  hint?: ReactNode;
  error?: string | null;
  inputRef?: Ref<HTMLInputElement>;
}

export const inputClass =
  'tap w-full rounded-button border border-line-strong bg-surface px-3 text-ink aria-invalid:border-danger disabled:bg-sunk disabled:text-ink-3';

interface LabelledProps extends Pick<FieldProps, 'label' | 'hint' | 'error' | 'className'> {
  /** The control, with what ties it to its label and to what is said about it. */
  control: (ties: {
    id: string;
    'aria-invalid': true | undefined;
    'aria-describedby': string | undefined;
  }) => ReactNode;
}

/** Label above, and below it the error or else the hint. */
export const Labelled = ({ label, hint, error, className, control }: LabelledProps) => {
  const id = useId();
  const described = error ? `${id}-error` : hint ? `${id}-hint` : undefined;
  return (
    <div className={clsx('flex flex-col gap-1', className)}>
      <label htmlFor={id} className="text-label font-semibold text-ink-2">
        {label}
      </label>
      {control({ id, 'aria-invalid': error ? true : undefined, 'aria-describedby': described })}
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

export const Field = ({ label, hint, error, inputRef, className, ...input }: FieldProps) => (
  <Labelled
    {...{ label, hint, error, className }}
    control={(ties) => <input {...input} {...ties} ref={inputRef} className={inputClass} />}
  />
);

interface SelectProps extends SelectHTMLAttributes<HTMLSelectElement> {
  label: string;
  /** In a list of settings: the label is to the left of it. */
  beside?: boolean;
}

/** One of many. The browser's own list, which phones show in their own way. */
export const Select = ({ label, beside, ...select }: SelectProps) => {
  const id = useId();
  return (
    <div className={beside ? 'flex items-center justify-between gap-4 py-2' : 'flex flex-col gap-1'}>
      <label
        htmlFor={id}
        className={clsx('font-semibold', beside ? 'min-w-0 flex-1 text-list' : 'text-label text-ink-2')}
      >
        {label}
      </label>
      <span className={clsx('relative flex items-center', beside && 'w-52 shrink-0')}>
        <select {...select} id={id} className={clsx(inputClass, 'appearance-none pr-11')} />
        <icons.down size={18} className="pointer-events-none absolute right-3.5 text-ink-2" />
      </span>
    </div>
  );
};

interface ChoiceProps<T extends string> {
  legend: string;
  name: string;
  value: T;
  options: readonly { value: T; label: string; hint?: string; disabled?: boolean }[];
  onChange: (value: T) => void;
  hideLegend?: boolean;
}

/** One of a few, as rows with a mark; the browser's own radio group does the keyboard. */
export const Choice = <T extends string>({ legend, name, value, options, onChange, hideLegend }: ChoiceProps<T>) => (
  <fieldset className="flex flex-col">
    <legend className={hideLegend ? 'sr-only' : 'pb-1 text-label font-semibold text-ink-2'}>{legend}</legend>
    {options.map((option) => (
      <label
        key={option.value}
        className={clsx(
          'flex min-h-14 items-center gap-3 border-b border-line py-2 last:border-b-0',
          option.disabled ? 'text-ink-3' : 'cursor-pointer',
        )}
      >
        <input
          type="radio"
          name={name}
          checked={option.value === value}
          disabled={option.disabled}
          onChange={() => onChange(option.value)}
          className="radio"
        />
        <span className="min-w-0">
          <span className="block text-list font-semibold">{option.label}</span>
          {option.hint ? <span className="block text-label text-ink-2">{option.hint}</span> : null}
        </span>
      </label>
    ))}
  </fieldset>
);
