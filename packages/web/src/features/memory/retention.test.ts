import { memorySettingsSchema } from '@hearth/contract';
import { describe, expect, it } from 'vitest';
import { daysWords, namesOf, readDays, wayOf, withRule } from './retention.ts';

describe('how long memories are kept', () => {
  it('tells a rule of its own from none', () => {
    const retention = { '*': 30, health: null, home: 7 };
    expect(['*', 'health', 'home', 'people'].map((name) => wayOf(retention, name))).toEqual([
      'days',
      'ever',
      'days',
      'same',
    ]);
    expect(wayOf({}, '*')).toBe('ever');
  });

  it('sets one rule, takes it away, and leaves the others', () => {
    expect(withRule({ home: 7 }, '*', 30)).toEqual({ home: 7, '*': 30 });
    expect(withRule({ home: 7, '*': 30 }, 'home', null)).toEqual({ home: null, '*': 30 });
    expect(withRule({ home: 7, '*': 30 }, 'home', undefined)).toEqual({ '*': 30 });
    expect(withRule({ home: 7, '*': 30 }, '*', null)).toEqual({ home: 7 });
  });

  it('shows every named category, the fullest first, also one that is empty by now', () => {
    expect(namesOf({ '*': 30, passing: 1 }, { home: 2, people: 9, '': 4 })).toEqual(['people', 'home', 'passing']);
  });

  it.each([
    ['1', 1],
    [' 30 ', 30],
    ['36500', 36_500],
    ['36501', null],
    ['0', null],
    ['', null],
    ['-3', null],
    ['1.5', null],
    ['1e3', null],
    ['a week', null],
    ['9'.repeat(400), null],
  ])('reads %j as %j', (text, days) => expect(readDays(text)).toBe(days));

  it('takes what the server takes', () => {
    const { retention } = memorySettingsSchema.shape;
    const isTaken = (days: number): boolean => retention.safeParse({ home: days }).success;
    for (const days of [0, 1, 36_500, 36_501]) expect(readDays(String(days)) !== null).toBe(isTaken(days));
  });

  it('says days in words', () => {
    expect([1, 30, 36_500].map(daysWords)).toEqual(['1 day', '30 days', '36,500 days']);
  });
});
