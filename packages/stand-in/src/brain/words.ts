/** Small helpers for reading prompts and writing answers. Pure. */

const stopWords = new Set(
  `a about after again all also am an and any are as at be been but by can could did do does doing for from get give go
  had has have hello help her here hey hi him his how i if in into is it its just know let like make many may me might
  more much must my need no not now of on one or our out over please shall she should so some tell thank thanks that
  the their them then there these they this to too up us use using very want was we were what when where which who why
  will with would yes you your really think something anything today whether what's what’s how's how’s it's i'm`.split(
    /\s+/,
  ),
);

/** The words that carry the meaning, in their order, without repeats. */
export const topicWords = (value: string, limit = 5): string[] => {
  const words = value.match(/[\p{L}\p{N}][\p{L}\p{N}'’.-]*[\p{L}\p{N}]|[\p{L}\p{N}]/gu) ?? [];
  const meaningful = words.filter((word) => word.length > 1 && !stopWords.has(word.toLowerCase()));
  return [...new Map(meaningful.map((word) => [word.toLowerCase(), word])).values()].slice(0, limit);
};

/** A fenced block that survives fences inside; long text is trimmed, and says so. */
export const fenced = (value: string, { maxLines = 25, maxChars = 1500 } = {}): string => {
  const lines = value.replace(/\s+$/, '').split('\n');
  const kept = lines.slice(0, maxLines).join('\n').slice(0, maxChars);
  const ticks = Math.max(2, ...(kept.match(/`{3,}/g) ?? []).map((run) => run.length)) + 1;
  const fence = '`'.repeat(ticks);
  const cut = kept.length < lines.join('\n').length ? '\n\n*(shortened)*' : '';
  return `${fence}\n${kept}\n${fence}${cut}`;
};

export const quoted = (value: string): string =>
  value
    .split('\n')
    .map((line) => (line === '' ? '>' : `> ${line}`))
    .join('\n');

export const bullets = (items: string[]): string => items.map((item) => `- ${item}`).join('\n');

export const numbered = (items: string[]): string => items.map((item, index) => `${index + 1}. ${item}`).join('\n');

export const table = (head: string[], rows: string[][]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

export const listed = (items: string[]): string =>
  items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;

export const capitalised = (value: string): string => value.charAt(0).toUpperCase() + value.slice(1);

export const clipped = (value: string, max: number): string => {
  const flat = value.replace(/\s+/g, ' ').trim();
  return flat.length <= max ? flat : `${flat.slice(0, max - 1).trimEnd()}…`;
};

/** Politeness in front of the matter: "could you please", "hey, can you". */
export const withoutPoliteness = (prompt: string): string =>
  prompt
    .trim()
    .replace(
      /^(?:(?:hi|hey|hello|ok|okay|please|now|then|and|also|can you|could you|would you|will you|i want you to|i'd like you to|let's)\b[ ,!.]*)+/i,
      '',
    )
    .trim();

/** Without quotes or backticks around it, and without the punctuation of the sentence. */
export const unquoted = (value: string): string =>
  value
    .trim()
    .replace(/^["'“”‘’`]+|["'“”‘’`]+[.!?]?$/g, '')
    .trim();

/** The single quotes of a shell. */
export const shellQuoted = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`;
