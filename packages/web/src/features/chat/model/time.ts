/** Times in the words and the zone of the person. */
import { once } from '../../../lib/once.ts';

export const duration = (ms: number): string => {
  if (ms < 1_000) return '<1 s';
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
};

export const between = (from: string, to: string | null): string | null => {
  if (to === null) return null;
  const ms = Date.parse(to) - Date.parse(from);
  // A device whose clock is wrong must not tell of answers before the question.
  return Number.isFinite(ms) && ms >= 0 ? duration(ms) : null;
};

const formatOf = (options: Intl.DateTimeFormatOptions) => once(() => new Intl.DateTimeFormat(undefined, options));

const clockFormat = formatOf({ hour: 'numeric', minute: '2-digit' });
export const clockTime = (iso: string): string => {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? '' : clockFormat().format(date);
};

const startOfDay = (date: Date): number => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();

/** Whole days between two dates on the calendar; a day of 23 or 25 hours is one day. */
export const daysAgo = (iso: string, now: Date): number =>
  Math.round((startOfDay(now) - startOfDay(new Date(iso))) / 86_400_000);

const dayFormat = formatOf({ day: 'numeric', month: 'short' });
const yearFormat = formatOf({ day: 'numeric', month: 'short', year: 'numeric' });

/** "14:52" today, "Mon" in the last week, a date before. */
export const shortDate = (iso: string, now = new Date()): string => {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return '';
  const days = daysAgo(iso, now);
  if (days === 0) return clockFormat().format(date);
  if (Math.abs(days) === 1) return days === 1 ? 'Yesterday' : 'Tomorrow';
  return (date.getFullYear() === now.getFullYear() ? dayFormat : yearFormat)().format(date);
};

/** "14:52" today, "Yesterday, 14:52" and so on before. */
export const dayAndTime = (iso: string, now = new Date()): string => {
  const day = shortDate(iso, now);
  const time = clockTime(iso);
  return day === time ? time : `${day}, ${time}`;
};
