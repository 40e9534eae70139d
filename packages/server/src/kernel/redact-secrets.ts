/**
 * Takes secrets out of text before it leaves the house: keys that can be told by their shape, what stands where a
 * password or token stands, private keys, passwords in addresses, and values that are known to be secret. A secret goes
 * whole. One pass from left to right, with work that grows as the text does whatever it holds; it can be done in slices.
 * Text that was redacted is not changed again, and no text becomes more than twice as long.
 */
import { createReader, escapeLength, type Reader } from './secret-reader.ts';
import { byName, byPem, byScheme, byShape, type Hit, inAddress } from './secret-rules.ts';
import { isPlain, isWord, type SecretKind } from './secret-shapes.ts';
import { isSecretValue, kindOfName } from './secret-values.ts';

export interface Redaction {
  text: string;
  /** What was taken out, in order; empty when the text is as it was. */
  found: SecretKind[];
  /** How many characters were looked at, counting every look. */
  work: number;
}

export interface RedactOptions {
  /** Secrets of this server, taken out wherever they stand. */
  known?: readonly string[];
}

/** Work between two moments at which others may have the processor: about a millisecond. */
const sliceWork = 128 * 1024;
const shortestKnown = 8;

const labelOf = ({ kind, from, to }: Hit): string => {
  const label = `[redacted: ${kind}]`;
  return label.length <= 2 * (to - from) ? label : '[redacted]';
};

const isWordStart = (code: number): boolean => isPlain(code) || code === 95;
const isGap = (code: number): boolean => !isWordStart(code) && code !== 45 && code !== 92;

const knownHits = (reader: Reader, known: readonly string[]): Hit[] =>
  known
    .filter((secret) => secret.length >= shortestKnown)
    .flatMap((secret) => {
      const hits: Hit[] = [];
      reader.look(reader.text.length);
      for (let from = reader.text.indexOf(secret); from >= 0; from = reader.text.indexOf(secret, from + secret.length))
        hits.push({ from, to: from + secret.length, kind: 'secret' });
      return hits;
    });

/** The secret that begins here, if any, and where to read on. */
const readAt = (reader: Reader, from: number): { hit: Hit | null; next: number } => {
  const code = reader.code(from);
  if (code === 45) {
    const hit = byPem(reader, from);
    return { hit, next: hit?.to ?? from + 1 };
  }
  if (code === 92) return { hit: null, next: from + escapeLength(reader, from) };
  if (!isWordStart(code)) return { hit: null, next: reader.run(from, isGap) };
  const to = reader.run(from, isWord);
  const word = { from, to, text: reader.text.slice(from, to) };
  const password = inAddress(reader, word);
  // The name before a password may be a secret too.
  if (password) return { hit: password, next: to };
  const hit = byShape(reader, word) ?? byScheme(reader, word) ?? byName(reader, word);
  return { hit, next: Math.max(hit?.to ?? 0, to) };
};

/** In order, without overlaps: of two that overlap, both go as one. */
const merged = (hits: Hit[]): Hit[] => {
  const result: Hit[] = [];
  for (const hit of hits.sort((one, other) => one.from - other.from)) {
    const last = result.at(-1);
    if (last && hit.from < last.to) last.to = Math.max(last.to, hit.to);
    else result.push({ ...hit });
  }
  return result;
};

/** Yields now and then, so that whoever drives it can let others work; never throws. */
export function* redactSteps(text: string, { known = [] }: RedactOptions = {}): Generator<void, Redaction> {
  const reader = createReader(text);
  const hits = knownHits(reader, known);
  let due = reader.work + sliceWork;
  for (let at = 0; at < text.length; ) {
    const { hit, next } = readAt(reader, at);
    if (hit) hits.push(hit);
    at = Math.max(next, at + 1);
    if (reader.work < due) continue;
    due = reader.work + sliceWork;
    yield;
  }
  if (hits.length === 0) return { text, found: [], work: reader.work };
  const parts: string[] = [];
  let copied = 0;
  const taken = merged(hits);
  for (const hit of taken) {
    parts.push(text.slice(copied, hit.from), labelOf(hit));
    copied = hit.to;
  }
  parts.push(text.slice(copied));
  return { text: parts.join(''), found: taken.map(({ kind }) => kind), work: reader.work };
}

export const redactSecrets = (text: string, options?: RedactOptions): Redaction => {
  const steps = redactSteps(text, options);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
};

const asField = { how: 'loose', quoted: true, capitals: false, alone: false, query: false } as const;

/** A string of JSON, seen with the name of its field. */
function* redactField(text: string, name: string, options: RedactOptions): Generator<void, Redaction> {
  const redaction = yield* redactSteps(text, options);
  const kind = redaction.found.length === 0 ? kindOfName(name) : null;
  if (kind === null || !isSecretValue(text.slice(0, 256), kind, asField)) return redaction;
  return { text: labelOf({ kind, from: 0, to: text.length }), found: [kind], work: redaction.work };
}

const isPicture = (value: object): boolean =>
  'data' in value &&
  'media_type' in value &&
  /^image\/[a-z]+$/.test(String(value.media_type)) &&
  Object.values(value).includes('base64');

/** A value of JSON with the secrets taken out of its strings. Bytes of pictures stay as they are. */
export function* redactJson(value: unknown, options: RedactOptions = {}): Generator<void, unknown> {
  let since = 0;
  function* walk(part: unknown, name: string): Generator<void, unknown> {
    if (typeof part === 'string') {
      const { text, work } = yield* redactField(part, name, options);
      since += work;
      if (since < sliceWork) return text;
      since = 0;
      yield;
      return text;
    }
    if (typeof part !== 'object' || part === null || isPicture(part)) return part;
    if (Array.isArray(part)) {
      const items: unknown[] = [];
      for (const item of part) items.push(yield* walk(item, name));
      return items;
    }
    const members: [string, unknown][] = [];
    for (const [key, member] of Object.entries(part)) members.push([key, yield* walk(member, key)]);
    return Object.fromEntries(members);
  }
  return yield* walk(value, '');
}
