/** The family calendar: today, tomorrow, a weekday, the weekend, the week, or one thing by its name. */
import { text } from '../script.ts';
import type { CalendarEntry, Household } from './household.ts';
import { demoMark, type Rule } from './turn.ts';
import { bullets, table } from './words.ts';

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

export const dayName = (date: Date): string =>
  new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long' }).format(date);

const shortDay = (date: Date): string =>
  new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short' }).format(date);

const daysAfter = (date: Date, days: number): Date =>
  new Date(date.getFullYear(), date.getMonth(), date.getDate() + days);

const mondayOf = (date: Date): Date => daysAfter(date, -((date.getDay() + 6) % 7));

const entriesOn = (home: Household, date: Date): CalendarEntry[] =>
  home.calendar.filter(({ weekday }) => weekday === date.getDay());

interface Span {
  title: string;
  start: Date;
  days: number;
}

const spanText = (home: Household, { start, days }: Span): string => {
  if (days === 1) {
    const entries = entriesOn(home, start).map(({ time, title, who }) => `**${time}** ${title} (${who})`);
    return entries.length === 0 ? 'Nothing planned.' : bullets(entries);
  }
  const rows = Array.from({ length: days }, (_day, index) => daysAfter(start, index)).flatMap((date) =>
    entriesOn(home, date).map(({ time, title, who }) => [shortDay(date), time, title, who]),
  );
  return table(['Day', 'Time', 'What', 'Who'], rows);
};

/** The coming day of that name, today included. */
const comingDay = (now: Date, weekday: number): Date => daysAfter(now, (weekday - now.getDay() + 7) % 7);

const spanOf = (prompt: string, now: Date): Span => {
  const oneDay = (start: Date, title: string): Span => ({ title: `${title}, ${dayName(start)},`, start, days: 1 });
  if (/\bday after tomorrow\b/.test(prompt)) return oneDay(daysAfter(now, 2), 'The day after tomorrow');
  if (/\btomorrow\b/.test(prompt)) return oneDay(daysAfter(now, 1), 'Tomorrow');
  if (/\b(?:today|tonight|this (?:morning|afternoon|evening))\b/.test(prompt))
    return oneDay(daysAfter(now, 0), 'Today');
  const weekday = weekdays.findIndex((name) => prompt.includes(name));
  if (weekday !== -1)
    return { ...oneDay(comingDay(now, weekday), ''), title: `On ${dayName(comingDay(now, weekday))}` };
  if (/\bweekend\b/.test(prompt)) return { title: 'This weekend', start: daysAfter(mondayOf(now), 5), days: 2 };
  if (/\bnext week\b/.test(prompt)) return { title: 'Next week', start: daysAfter(mondayOf(now), 7), days: 7 };
  return { title: 'This week', start: mondayOf(now), days: 7 };
};

const timeWords = String.raw`\b(?:week|weekend|today|tonight|tomorrow|morning|afternoon|evening|\w+day)\b`;

const isAbout = (prompt: string): boolean =>
  /\b(?:calendar|agenda|schedule|appointments?|events?)\b/.test(prompt) ||
  new RegExp(
    String.raw`\bwhat\b.*\b(?:on|up|planned|happening|plans?|doing|do we have|have we got|going on)\b.*${timeWords}`,
  ).test(prompt) ||
  new RegExp(String.raw`\b(?:busy|free|plans?|anything on|something on)\b.*${timeWords}`).test(prompt);

/** "When is the dentist?": the entry whose title shares a word with the question. */
const namedEntry = (home: Household, prompt: string): CalendarEntry | undefined => {
  const asked =
    /\b(?:when|what time)\b(?:'s|’s| is| are| does| do)?\s+(.+?)[?.!]*$/.exec(prompt)?.[1]?.match(/\p{L}{4,}/gu) ?? [];
  return home.calendar.find(({ title }) => asked.some((word) => title.toLowerCase().includes(word.replace(/s$/, ''))));
};

export const calendarRule: Rule = {
  name: 'calendar',
  reply({ prompt, home, now }) {
    const wanted = prompt.toLowerCase();
    const entry = namedEntry(home, wanted);
    if (entry) {
      const day = dayName(comingDay(now, entry.weekday));
      return [text(`**${entry.title}** (${entry.who}): ${day} at ${entry.time}.\n\n${demoMark}`)];
    }
    if (!isAbout(wanted)) return undefined;
    const span = spanOf(wanted, now);
    return [text(`${span.title} at ${home.name}:\n\n${spanText(home, span)}\n\n${demoMark}`)];
  },
};
