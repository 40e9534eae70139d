/**
 * Personal data in what is to be remembered: e-mail addresses, telephone numbers, card, social security and bank account
 * numbers. Each rule looks at runs of characters once, so that the work grows as the text does (security.md, D8, 46);
 * numbers are checked by their structure, so that order numbers and hashes stay (D9).
 */
export const piiTypes = ['email', 'phone', 'credit_card', 'ssn', 'iban'] as const;
export type PiiType = (typeof piiTypes)[number];

export interface PiiHit {
  type: PiiType;
  from: number;
  to: number;
}

const placeholders: Record<PiiType, string> = {
  email: '[EMAIL]',
  phone: '[PHONE]',
  credit_card: '[CREDIT_CARD]',
  ssn: '[SSN]',
  iban: '[IBAN]',
};

const passesLuhn = (digits: string): boolean => {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
};

const isCard = (digits: string): boolean =>
  digits.length >= 13 && digits.length <= 19 && /^[2-6]/.test(digits) && passesLuhn(digits);

const passesMod97 = (iban: string): boolean => {
  const moved = iban.slice(4) + iban.slice(0, 4);
  let rest = 0;
  for (const char of moved) {
    const value = /\d/.test(char) ? char : String(char.charCodeAt(0) - 55);
    for (const digit of value) rest = (rest * 10 + Number(digit)) % 97;
  }
  return rest === 1;
};

/** Runs of digits with the marks that people put between them, at most 40 characters each. */
const numberRun = /(?<![\w.-])\(?\+?\(?\d[\d ().\-/]{5,38}\d(?![\w-])/g;
const ssnShape = /^\d{3}-\d{2}-\d{4}$/;
const dateShape = /^\d{1,4}[.\-/ ]\d{1,2}[.\-/ ]\d{1,4}$/;

const typeOfNumber = (run: string): PiiType | null => {
  const digits = run.replace(/\D/g, '');
  if (ssnShape.test(run)) return /^(000|666|9)/.test(run) ? null : 'ssn';
  if (isCard(digits)) return 'credit_card';
  if (dateShape.test(run) || digits.length < 7 || digits.length > 15) return null;
  // A bare run of digits is an order number more often than a telephone.
  const looksDialled = /^[+(0]/.test(run) || /[ ()\-/]/.test(run);
  const groups = run.split(/[^\d]+/).filter((group) => group !== '');
  const isVersion = run.includes('.') && !/[ ()\-/+]/.test(run);
  return looksDialled && !isVersion && groups.every((group) => group.length <= 11) ? 'phone' : null;
};

const numbersIn = (text: string): PiiHit[] =>
  [...text.matchAll(numberRun)].flatMap(({ 0: run, index }) => {
    const type = typeOfNumber(run.trim());
    return type === null ? [] : [{ type, from: index, to: index + run.length }];
  });

const ibanRun = /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b/g;

const ibansIn = (text: string): PiiHit[] =>
  [...text.matchAll(ibanRun)].flatMap(({ 0: run, index }) =>
    passesMod97(run.replaceAll(' ', '')) ? [{ type: 'iban' as const, from: index, to: index + run.length }] : [],
  );

const isLocal = (code: number): boolean =>
  (code >= 48 && code <= 57) ||
  (code >= 65 && code <= 90) ||
  (code >= 97 && code <= 122) ||
  ".!#$%&'*+/=?^_`{|}~-".includes(String.fromCharCode(code)) ||
  code > 127;
const isDomain = (code: number): boolean =>
  (code >= 48 && code <= 57) ||
  (code >= 65 && code <= 90) ||
  (code >= 97 && code <= 122) ||
  code === 45 ||
  code === 46 ||
  code > 127;

/** From each "@" outwards, never further than an address may be long. */
const emailsIn = (text: string): PiiHit[] => {
  const hits: PiiHit[] = [];
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    let from = at;
    while (from > 0 && at - from < 64 && isLocal(text.charCodeAt(from - 1))) from -= 1;
    let to = at + 1;
    while (to < text.length && to - at < 254 && isDomain(text.charCodeAt(to))) to += 1;
    while (to > at + 1 && /[.-]/.test(text[to - 1] ?? '')) to -= 1;
    const domain = text.slice(at + 1, to);
    const name = domain.split('.').at(-1) ?? '';
    if (from < at && domain.includes('.') && /^[a-z\u0080-\uffff-]{2,}$/i.test(name))
      hits.push({ type: 'email', from, to });
  }
  return hits;
};

/** In order, without overlaps; of two that overlap the longer one stays. */
export const findPii = (text: string): PiiHit[] => {
  const all = [...emailsIn(text), ...ibansIn(text), ...numbersIn(text)].sort((a, b) => a.from - b.from || b.to - a.to);
  const kept: PiiHit[] = [];
  for (const hit of all) {
    const last = kept.at(-1);
    if (last === undefined || hit.from >= last.to) kept.push(hit);
    else if (hit.to - hit.from > last.to - last.from) kept[kept.length - 1] = hit;
  }
  return kept;
};

export const redactPii = (text: string, hits: readonly PiiHit[]): string => {
  const parts: string[] = [];
  let copied = 0;
  for (const { type, from, to } of hits) {
    parts.push(text.slice(copied, from), placeholders[type]);
    copied = to;
  }
  return [...parts, text.slice(copied)].join('');
};
