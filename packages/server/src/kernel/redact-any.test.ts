/** What holds for any text, and what hostile text costs. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactSecrets, redactSteps } from './redact-secrets.ts';
import { hex, random, shaped } from './testing/secret-samples.ts';

/** Pieces that secrets and traps are made of. */
const piece = fc.oneof(
  fc.constantFrom(
    'password',
    'token',
    'secret',
    'api_key',
    'Authorization',
    'bearer ',
    'basic ',
    'pwd',
    'PWD',
    'sig',
    'auth',
  ),
  fc.constantFrom(
    '=',
    ':',
    ': ',
    ' = ',
    '"',
    "'",
    '\\"',
    '\\n',
    '\n',
    ' ',
    '?',
    '&',
    '<',
    '>',
    '@',
    '/',
    '://',
    '$',
    '{',
    '[',
    '#',
    '...',
    ',',
  ),
  fc.constantFrom(
    '-----BEGIN PRIVATE KEY-----',
    '-----END PRIVATE KEY-----',
    'eyJhbGciOiJI.',
    'ab',
    '[redacted',
    ']',
    '[redacted: token]',
  ),
  fc.constantFrom(...shaped.map(([, secret]) => secret), random, hex, 'hunter2', 'https', 'ftp'),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
);
const anyText = fc.array(piece, { maxLength: 24 }).map((parts) => parts.join(''));

describe('any text', () => {
  it('that was redacted is not changed again, and tells whether it was changed', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const once = redactSecrets(text);
        expect(once.found.length > 0).toBe(once.text !== text);
        expect(redactSecrets(once.text).text).toBe(once.text);
        expect(once.text.length).toBeLessThanOrEqual(2 * text.length);
      }),
      { numRuns: 1500 },
    );
  });

  it('loses a key with a shape, whatever is around it', () => {
    const around = fc.tuple(
      anyText,
      fc.constantFrom(' ', '\n', '"', '(', ','),
      fc.constantFrom(...shaped),
      fc.constantFrom(' ', '\n', '"', ')', ','),
      anyText,
    );
    fc.assert(
      fc.property(around, ([before, open, [, secret], close, after]) => {
        const others = before.includes(secret) || after.includes(secret);
        if (!others) expect(redactSecrets(before + open + secret + close + after).text).not.toContain(secret);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a hostile text', () => {
  const megabyte = 1024 * 1024;
  const fill = (what: string, size: number): string => what.repeat(Math.ceil(size / what.length)).slice(0, size);
  const workOn = (what: string, size: number): number => redactSecrets(fill(what, size)).work;
  const repeated = [
    'a.a.',
    'a',
    '-',
    '_',
    '\\',
    '"',
    '\n',
    ' ',
    '@',
    '://',
    'ab://x:y',
    'ab://x:',
    'http://a:b/',
    'eyJ',
    'eyJ-',
    'eyJ.',
    'eyJaaaaaaaaaaaa.',
    'sk-',
    'sk-a-',
    'sk-ant-',
    'AKIA',
    'AKIA_',
    'pwd',
    'pwd ',
    'pwd=',
    'pwd="',
    "pwd='$",
    'pwd=$',
    'token=$x',
    'password: ',
    'password is ',
    'secret secret is ',
    'bearer ',
    'bearer a',
    'Basic aaaa',
    'password=[redacted',
    'token:<',
    '\ntoken=$a',
    '-----BEGIN PRIVATE KEY-----',
    '-----BEGIN ',
    '-----BEGIN PRIVATE KEY-----\nAAAA\n',
    '-----END',
    '1234567890:',
    'ya29.',
    'SG.aaaaaaaaaaaaaaaa.',
    '<password>',
    '<password>$',
    '?sig=$',
    '\\n\\r',
    '&token=${',
    'auth: bearer ',
  ];
  const most = 80;

  it.each(repeated)('of %j is read in work that grows as it does', (what) => {
    const [half, whole] = [workOn(what, megabyte / 32), workOn(what, megabyte / 16)];
    expect(whole).toBeLessThan((most * megabyte) / 16);
    expect(whole).toBeLessThan(2.1 * half + 10_000);
  });

  it.each(['a', 'a.a.', 'pwd ', 'pwd=$', '-----BEGIN PRIVATE KEY-----'])('of a megabyte of %j is too', (what) => {
    expect(workOn(what, megabyte)).toBeLessThan(most * megabyte);
  });

  it('of any mixture is too', () => {
    const mixed = fc.array(fc.oneof(piece, fc.constantFrom(...repeated)), { minLength: 1, maxLength: 5 });
    const mixture = mixed.map((parts) => parts.join('')).filter((text) => text !== '');
    fc.assert(
      fc.property(mixture, (what) => {
        expect(workOn(what, megabyte / 32)).toBeLessThan((most * megabyte) / 32);
      }),
      { numRuns: 40 },
    );
  });

  it('is read in slices of bounded work, with the same result', () => {
    const text = fill(`password=${random} and so on, word after word; `, megabyte);
    const steps = redactSteps(text);
    let slices = 0;
    let step = steps.next();
    for (; !step.done; step = steps.next()) slices += 1;
    expect(slices).toBeGreaterThan(8);
    expect(step.value).toEqual(redactSecrets(text));
  });
});
