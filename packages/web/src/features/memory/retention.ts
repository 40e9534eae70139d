/** For how long memories are kept: the rules of the server, and what a person types, in their words. */
import type { MemorySettings } from '@hearth/contract';

export type Retention = MemorySettings['retention'];

/** What the server calls all that have no rule of their own. */
export const allOthers = '*';

/** As in the contract, whose schemas no page needs to fetch. */
const mostDays = 36_500;

/** `same`: no rule of its own. */
export type Way = 'same' | 'ever' | 'days';

export const wayOf = (retention: Retention, name: string): Way => {
  const days = retention[name];
  if (typeof days === 'number') return 'days';
  return days === null || name === allOthers ? 'ever' : 'same';
};

/** Undefined takes the rule away. That all others are kept for ever needs no rule. */
export const withRule = (retention: Retention, name: string, days: number | null | undefined): Retention => {
  const { [name]: _before, ...rest } = retention;
  return days === undefined || (days === null && name === allOthers) ? rest : { ...rest, [name]: days };
};

/** Those with a rule of their own are shown also when nothing is left in them. */
export const namesOf = (retention: Retention, counts: Readonly<Record<string, number>>): string[] =>
  [...new Set([...Object.keys(counts), ...Object.keys(retention)])]
    .filter((name) => name !== '' && name !== allOthers)
    .toSorted((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0) || a.localeCompare(b));

export const daysWords = (days: number): string => (days === 1 ? '1 day' : `${days.toLocaleString('en')} days`);

export const daysProblem = (): string => `Whole days, from 1 to ${mostDays.toLocaleString('en')}.`;

/** Null for what is no number of days. */
export const readDays = (text: string): number | null => {
  const days = /^\d{1,9}$/.test(text.trim()) ? Number(text) : 0;
  return days >= 1 && days <= mostDays ? days : null;
};
