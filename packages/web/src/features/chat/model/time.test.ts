import { describe, expect, it } from 'vitest';
import { between, clockTime, dayAndTime, daysAgo, duration, shortDate } from './time.ts';

/** Times of the person's own zone, whatever it is where the tests run. */
const local = (day: number, hour = 12, minute = 0): string => new Date(2026, 4, day, hour, minute).toISOString();
const now = new Date(2026, 4, 15, 0, 5);

describe('how long', () => {
  it.each([
    [0, '<1 s'],
    [999, '<1 s'],
    [1_000, '1 s'],
    [59_499, '59 s'],
    [59_500, '1 min'],
    [90_000, '1 min 30 s'],
    [120_000, '2 min'],
    [3_600_000, '1 h'],
    [5_400_000, '1 h 30 min'],
    [90_000_000, '25 h'],
  ])('%i ms is %s', (ms, words) => expect(duration(ms)).toBe(words));

  it('is not told of what goes on, and not by clocks that are wrong', () => {
    expect(between(local(1), local(1, 12, 2))).toBe('2 min');
    expect(between(local(1), null)).toBeNull();
    expect(between(local(2), local(1))).toBeNull();
    expect(between('nonsense', local(1))).toBeNull();
  });
});

describe('when', () => {
  it('counts days of the calendar', () => {
    expect(daysAgo(local(15, 0, 1), now)).toBe(0);
    expect(daysAgo(local(14, 23, 59), now)).toBe(1);
    expect(daysAgo(local(16, 1), now)).toBe(-1);
    // A day of 23 or 25 hours is one day, wherever the clocks are changed.
    for (let day = 0; day < 365; day += 1)
      expect(daysAgo(new Date(2026, 0, day, 23, 30).toISOString(), new Date(2026, 0, day + 1, 0, 30))).toBe(1);
  });

  it('says the time today, and the day before', () => {
    expect(shortDate(local(15, 0, 1), now)).toBe(clockTime(local(15, 0, 1)));
    expect(shortDate(local(14, 23), now)).toBe('Yesterday');
    expect(shortDate(local(16), now)).toBe('Tomorrow');
    expect(shortDate(local(3), now)).toMatch(/3/);
    expect(shortDate(local(3), now)).not.toMatch(/2026/);
    expect(shortDate(new Date(2025, 4, 3).toISOString(), now)).toMatch(/2025/);
    expect(dayAndTime(local(15, 0, 1), now)).toBe(clockTime(local(15, 0, 1)));
    expect(dayAndTime(local(14, 23), now)).toBe(`Yesterday, ${clockTime(local(14, 23))}`);
  });

  it('says nothing of what is no time', () => {
    expect(clockTime('nonsense')).toBe('');
    expect(shortDate('nonsense', now)).toBe('');
  });
});
