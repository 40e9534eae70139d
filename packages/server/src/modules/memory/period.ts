/**
 * The time in the past that a question names: "last week", "two days ago", "since Monday", "on 3 May", "in 2023". chrono
 * finds the expressions and a point in time for each; here a point becomes the span that people mean by it, in the zone of
 * the server. A guess can be wrong, so whoever uses it leaves nothing out for it.
 */
import type { ParsedComponents, ParsedResult } from 'chrono-node';

export interface Period {
  from: Date;
  /** Not part of it any more. */
  to: Date;
  /** Words of the question that only say when, so that no fact is found by them; null where a fact may hold them. */
  words: string | null;
}

type Span = Pick<Period, 'from' | 'to'>;

/** Chrono takes its time with made-up chains of units, so no more of a long question is looked at. */
const mostRead = 500;
/** Questions without any of these are not looked at: that is most of them, and chrono is loaded with the first. */
const hint =
  /\b(?:ago|yesterday|today|tonight|last|past|this|previous|earlier|since|weekend|(?:mon|tues|wednes|thurs|fri|satur|sun)day|jan|feb|mar|march|apr|may|june?|july?|aug|sept?|oct|nov|dec|[a-z]+(?:uary|ember|ober)|april|august|spring|summer|autumn|winter|\d{4})\b|\d[-/.]\d/i;

const day = (at: Date, add = 0): Date => new Date(at.getFullYear(), at.getMonth(), at.getDate() + add);
const noon = (at: Date): Date => new Date(at.getFullYear(), at.getMonth(), at.getDate(), 12);
const month = (at: Date, add = 0): Date => new Date(at.getFullYear(), at.getMonth() + add, 1);
const year = (number: number): Span => ({ from: new Date(number, 0, 1), to: new Date(number + 1, 0, 1) });
/** Weeks begin on Monday. */
const monday = (at: Date, weeks = 0): Date => day(at, -((at.getDay() + 6) % 7) + 7 * weeks);

const seasons: Record<string, number> = { spring: 2, summer: 5, autumn: 8, fall: 8, winter: 11 };
const seasonWords = /\b(?:last|this|in|since|during|over)\s+(?:the\s+)?(spring|summer|autumn|fall|winter)\b/i;
const yearWords = /\b(?:in|since|during|of|over|year)\s+((?:19|20)\d\d)\b(?![-/.:]\d)/i;

/** What chrono does not know. The season that began last, or the one before it while "last" cannot mean that one. */
const seasonOrYear = (text: string, now: Date): (Span & { found: string }) | null => {
  const season = seasonWords.exec(text);
  const first = seasons[season?.[1]?.toLowerCase() ?? ''];
  if (season && first !== undefined) {
    const spanOf = (of: number): Span => ({ from: new Date(of, first, 1), to: new Date(of, first + 3, 1) });
    const isLast = season[0].toLowerCase().startsWith('last');
    const span = [0, 1, 2]
      .map((back) => spanOf(now.getFullYear() - back))
      .find(({ from, to }) => (isLast ? to : from) <= now);
    if (span) return { ...span, found: season[0] };
  }
  const named = yearWords.exec(text);
  return named ? { ...year(Number(named[1])), found: named[0] } : null;
};

const rolling = /\b(?:past|last\s+(?:\d|few|couple|several|two|three|four|five|six|seven|eight|nine|ten|twelve))/;

/** The span around a point, as wide as the words and what is certain about the point say. */
const spanAround = (start: ParsedComponents, words: string, now: Date): Span | null => {
  const at = start.date();
  if (rolling.test(words)) return { from: day(at), to: now };
  if (/\bweekend/.test(words)) return { from: day(monday(at), 5), to: day(monday(at), 7) };
  if (/\bthis week/.test(words)) return { from: monday(now), to: now };
  if (/\bthis month/.test(words)) return { from: month(now), to: now };
  if (/\bweek/.test(words)) {
    const slack = /\b(?:few|several|couple)/.test(words) ? 1 : 0;
    return { from: monday(at, -slack), to: monday(at, 1 + slack) };
  }
  if (/\bnight/.test(words)) return { from: noon(at), to: noon(day(at, 1)) };
  if (start.isCertain('day') || start.isCertain('weekday')) return { from: day(at), to: day(at, 1) };
  if (/\b(?:this|to)\s*(?:morning|afternoon|evening|day)/.test(words)) return { from: day(at), to: day(at, 1) };
  if (start.isCertain('month')) return { from: month(at), to: month(at, 1) };
  return start.isCertain('year') ? year(at.getFullYear()) : null;
};

const back = ({ from, to }: Span, years: number, days: number): Span => {
  const moved = (at: Date): Date => new Date(at.getFullYear() - years, at.getMonth(), at.getDate() - days);
  return { from: moved(from), to: moved(to) };
};

/** A name without a year or a week is the last one there was. */
const inThePast = (span: Span, start: ParsedComponents, now: Date): Span | null => {
  if (span.from <= now) return span;
  if (start.isCertain('weekday') && !start.isCertain('day')) return back(span, 0, 7);
  if (start.isCertain('month') && !start.isCertain('year')) return back(span, 1, 0);
  return null;
};

/** "May", "march", "sat" and the like are a time only where a word before them says so. */
const nameOnly =
  /^(?:(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|march|june|april|august)|(?:mon|tue|wed|thu|fri|sat|sun)s?)\.?$/;
const saysWhen = /\b(?:in|on|since|during|of|from|after|last|this|early|late|mid)\s*$/;
const isAhead = /\b(?:next|coming|until|till|before|by)\s+(?:the\s+)?$/;

const spanOf = ({ text, index, start, end }: ParsedResult, question: string, now: Date): Span | null => {
  const words = text.toLowerCase();
  const before = question.slice(Math.max(0, index - 20), index).toLowerCase();
  if (/\b(?:now|seconds?|minutes?|next)\b/.test(words) || isAhead.test(before)) return null;
  if (nameOnly.test(words) && !saysWhen.test(before)) return null;
  const around = spanAround(start, words, now);
  const first = around && inThePast(around, start, now);
  if (!first) return null;
  if (/\b(?:since|after)\s+(?:the\s+)?$/.test(before)) return { from: first.from, to: now };
  const last = end && inThePast({ from: day(end.date()), to: day(end.date(), 1) }, end, now);
  return last && last.to > first.to ? { from: first.from, to: last.to } : first;
};

/** Of these no fact is made: "two weeks ago" says only when, "last Friday" may stand in a fact. */
const fillers = new Set(
  `a an the last past this previous few couple several of ago yesterday today tonight morning afternoon evening night
  hour hours day days week weeks weekend month months year years half one two three four five six seven eight nine ten`.split(
    /\s+/,
  ),
);
const saysOnlyWhen = (words: string): boolean =>
  words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => fillers.has(word) || /^\d+$/.test(word));

/** Null: the question names no time, or one that is still to come. */
export const periodIn = async (question: string, now: Date): Promise<Period | null> => {
  const text = question.slice(0, mostRead);
  if (!hint.test(text)) return null;
  const own = seasonOrYear(text, now);
  if (own) {
    const isSince = /^since/i.test(own.found);
    return own.from > now ? null : { from: own.from, to: isSince ? now : own.to, words: null };
  }
  const { casual } = await import('chrono-node/en');
  for (const result of casual.parse(text, now)) {
    const span = spanOf(result, text, now);
    if (span) return { ...span, words: saysOnlyWhen(result.text) ? result.text : null };
  }
  return null;
};
