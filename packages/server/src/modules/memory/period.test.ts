import { describe, expect, it } from 'vitest';
import { periodIn } from './period.ts';

/** A Saturday. */
const now = new Date(2026, 10, 28, 13, 0, 0);
const at = (text: string): Date => {
  const [year = 0, month = 1, day = 1] = text.split('-').map(Number);
  return new Date(year, month - 1, day);
};
const find = async (question: string) => {
  const period = await periodIn(question, now);
  return period === null ? null : [period.from, period.to];
};

describe('the time a question names', () => {
  it.each([
    ['What did I do yesterday?', '2026-11-27', '2026-11-28'],
    ['what did i do last week', '2026-11-16', '2026-11-23'],
    ['Two days ago I told you something', '2026-11-26', '2026-11-27'],
    ['What did we say two weeks ago?', '2026-11-09', '2026-11-16'],
    ['a few weeks ago', '2026-10-26', '2026-11-16'],
    ['What happened in March?', '2026-03-01', '2026-04-01'],
    ['what happened in march', '2026-03-01', '2026-04-01'],
    ['What did I plan in December?', '2025-12-01', '2026-01-01'],
    ['Where was I in May 2024?', '2024-05-01', '2024-06-01'],
    ['Whom did I meet on 3 May?', '2026-05-03', '2026-05-04'],
    ['Whom did I meet on May 3rd, 2025?', '2025-05-03', '2025-05-04'],
    ['Who called on Monday?', '2026-11-23', '2026-11-24'],
    ['Who called on Tuesday?', '2026-11-24', '2026-11-25'],
    ['Who called last Friday?', '2026-11-27', '2026-11-28'],
    ['What did I read in 2023?', '2023-01-01', '2024-01-01'],
    ['What did I read last year?', '2025-01-01', '2026-01-01'],
    ['What did I spend last month?', '2026-10-01', '2026-11-01'],
    ['Where did we go last summer?', '2026-06-01', '2026-09-01'],
    ['Where did we go last winter?', '2025-12-01', '2026-03-01'],
    ['Where did we go last weekend?', '2026-11-21', '2026-11-23'],
    ['What did I say this morning?', '2026-11-28', '2026-11-29'],
    ['What have I told you today?', '2026-11-28', '2026-11-29'],
    ['What happened on 2026-11-03?', '2026-11-03', '2026-11-04'],
  ])('%s', async (question, from, to) => {
    expect(await find(question)).toEqual([at(from), at(to)]);
  });

  it.each([
    ['What have I done since Monday?', '2026-11-23'],
    ['What has changed since March?', '2026-03-01'],
    ['What has changed since 2024?', '2024-01-01'],
    ['What did I do this week?', '2026-11-23'],
    ['What did I do in the last 3 days?', '2026-11-25'],
    ['What did I do in the past week?', '2026-11-21'],
  ])('%s: until now', async (question, from) => {
    expect(await find(question)).toEqual([at(from), now]);
  });

  it.each([
    'What do you know about May?',
    'May I have it?',
    'Do I march in a band?',
    'The cat sat on the mat',
    'What does the sun do?',
    'Wait a second',
    'What should I do now?',
    'What is planned for tomorrow?',
    'What happens next week?',
    'What happens next March?',
    'What has to be done by Friday?',
    'Which flight leaves at 9?',
    'Who lives in room 2023?',
    'How many eggs are in 3 boxes?',
    'What will I do in 2031?',
    'What is my name?',
    '',
  ])('is not there: %s', async (question) => {
    expect(await find(question)).toBeNull();
  });

  it.each([
    ['What did I do last week?', 'last week'],
    ['What did I do two days ago?', 'two days ago'],
    ['What did I do yesterday?', 'yesterday'],
    ['What did I do in March?', null],
    ['What did I do last Friday?', null],
    ['What did I do in 2023?', null],
  ])('may stand in a fact or not: %s', async (question, words) => {
    expect((await periodIn(question, now))?.words).toBe(words);
  });

  it('is looked for in hostile words in no time', async () => {
    const pieces = ['1 day and ', 'last ', 'monday ', '1-', '1.1.', '1:1:', 'in the past ', 'in '.repeat(9), '\t', '9'];
    const began = performance.now();
    for (const piece of pieces) await periodIn(`today ${piece.repeat(10_000)}`, now);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});
