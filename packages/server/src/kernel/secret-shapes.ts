/**
 * Secrets that can be told by how they look: a prefix and what follows it. A word is a run of letters, digits, `_` and
 * `-`; a shape is looked for at each beginning inside it. Every check costs a bounded number of steps, or the length of
 * what it consumes.
 */
export type SecretKind = 'api key' | 'token' | 'password' | 'private key' | 'secret';

interface Shape {
  prefix: string;
  kind: SecretKind;
  /** How many characters must follow. */
  least: number;
  /** They must be letters and digits; otherwise `_` and `-` are fine too. */
  plain?: true;
  /** Without a digit it is an ordinary name. */
  digit?: true;
  /** Without a long run of letters and digits it is an ordinary name. */
  dense?: true;
  /** Exactly so many capitals and digits. */
  exact?: true;
}

const shape = (prefix: string, kind: SecretKind, least: number, more: Partial<Shape> = {}): Shape => ({
  prefix,
  kind,
  least,
  ...more,
});

const shapes: Shape[] = [
  // Hearth and models.
  shape('ak_', 'api key', 20, { digit: true }),
  shape('sk-ant-', 'api key', 16),
  shape('sk-proj-', 'api key', 16, { digit: true }),
  shape('sk-', 'api key', 20, { digit: true, dense: true }),
  ...['gsk_', 'hf_', 'r8_'].map((prefix) => shape(prefix, 'api key', 30, { plain: true })),
  ...['xai-', 'pplx-', 'nvapi-'].map((prefix) => shape(prefix, 'api key', 30, { digit: true })),
  // Code and packages.
  ...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'].map((prefix) => shape(prefix, 'token', 20, { digit: true })),
  shape('github_pat_', 'token', 20, { digit: true }),
  ...['glpat-', 'gldt-', 'glrt-', 'glcbt-', 'glptt-', 'gloas-'].map((prefix) => shape(prefix, 'token', 16)),
  shape('npm_', 'token', 30, { plain: true, digit: true }),
  shape('pypi-', 'token', 40, { digit: true }),
  shape('dckr_pat_', 'token', 20),
  // Clouds.
  ...['AKIA', 'ASIA'].map((prefix) => shape(prefix, 'api key', 16, { exact: true })),
  shape('AIza', 'api key', 30, { digit: true }),
  shape('GOCSPX-', 'secret', 20),
  ...['dop_v1_', 'doo_v1_', 'dor_v1_'].map((prefix) => shape(prefix, 'token', 40, { plain: true })),
  ...['shpat_', 'shpss_', 'shpca_', 'shppa_'].map((prefix) => shape(prefix, 'token', 30, { plain: true })),
  // Messages, money, networks.
  ...['xoxb-', 'xoxa-', 'xoxp-', 'xoxr-', 'xoxs-', 'xoxe-', 'xoxc-', 'xoxd-', 'xapp-'].map((prefix) =>
    shape(prefix, 'token', 10, { digit: true }),
  ),
  ...['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_'].map((prefix) => shape(prefix, 'api key', 16, { plain: true })),
  shape('whsec_', 'secret', 16, { digit: true }),
  shape('tskey-', 'api key', 16, { digit: true }),
  shape('glsa_', 'token', 30, { digit: true }),
  shape('lin_api_', 'api key', 30, { plain: true }),
  shape('ATATT3', 'token', 50, { digit: true }),
  shape('AGE-SECRET-KEY-1', 'private key', 50),
];

const shortest = Math.min(...shapes.map(({ prefix, least }) => prefix.length + least));
const byFirst = new Map<string, Shape[]>();
for (const one of shapes) {
  const list = byFirst.get(one.prefix.charAt(0)) ?? [];
  list.push(one);
  byFirst.set(one.prefix.charAt(0), list);
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isUpper = (code: number): boolean => code >= 65 && code <= 90;
const isLower = (code: number): boolean => code >= 97 && code <= 122;

export const isPlain = (code: number): boolean => isDigit(code) || isUpper(code) || isLower(code);
/** Letters, digits, `_` and `-`. */
export const isWord = (code: number): boolean => isPlain(code) || code === 95 || code === 45;

/** The text of one word, and what is asked about it again and again. */
interface Word {
  text: string;
  lastDigit: number;
  /** Where its last long run of letters and digits begins. */
  lastRun: number;
}

const longRun = 16;

const readWord = (text: string): Word => {
  const word = { text, lastDigit: -1, lastRun: -1 };
  let begin = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (isDigit(code)) word.lastDigit = at;
    if (!isPlain(code)) begin = at + 1;
    else if (at - begin + 1 >= longRun) word.lastRun = begin;
  }
  return word;
};

const plainEnd = (text: string, from: number): number => {
  let end = from;
  while (end < text.length && isPlain(text.charCodeAt(end))) end += 1;
  return end;
};

const fits = ({ text, lastDigit, lastRun }: Word, at: number, one: Shape): boolean => {
  if (!text.startsWith(one.prefix, at)) return false;
  const from = at + one.prefix.length;
  if (text.length - from < one.least) return false;
  if (one.digit && lastDigit < from) return false;
  if (one.dense && lastRun < from) return false;
  if (!one.plain && !one.exact) return true;
  const end = plainEnd(text, from);
  if (!one.exact) return end - from >= one.least;
  return end - from === one.least && /^[A-Z0-9]+$/.test(text.slice(from, end));
};

export interface Found {
  /** Where in the word it begins; it goes to the word's end. */
  at: number;
  kind: SecretKind;
}

/** The first secret in a word. */
export const findShape = (text: string): Found | null => {
  if (text.length < shortest) return null;
  const word = readWord(text);
  for (let at = 0; at < text.length; at += 1) {
    if (at > 0 && isPlain(text.charCodeAt(at - 1))) continue;
    const found = byFirst.get(text.charAt(at))?.find((one) => fits(word, at, one));
    if (found) return { at, kind: found.kind };
  }
  return null;
};
