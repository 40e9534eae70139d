import { describe, expect, it } from 'vitest';
import { findPii, redactPii } from './pii.ts';

const types = (text: string): string[] => findPii(text).map(({ type }) => type);
const redacted = (text: string): string => redactPii(text, findPii(text));

describe('personal data', () => {
  it.each([
    ['write to eva.lind+home@example.co.uk, please', ['email']],
    ['call +49 30 1234567 or (555) 123-4567', ['phone', 'phone']],
    ['card 4111 1111 1111 1111 of mine', ['credit_card']],
    ['ssn 123-45-6789', ['ssn']],
    ['IBAN DE89 3704 0044 0532 0130 00', ['iban']],
  ])('is found in "%s"', (text, expected) => {
    expect(types(text)).toEqual(expected);
  });

  it.each([
    'order 4111111111111112',
    'commit 9fceb02d0ae598e95dc970b74767f19372d61af8',
    'id 01a20d94-d0c0-76f2-bb39-b06d2f0bfcef',
    'version 10.12.2026 and 1.2.3.4',
    'on 2026-11-24 at 12:30',
    'ten@ten, @home, a@b',
    'ip 192.168.178.20',
    'DE00 0000 0000 0000 0000 00',
    '000-12-3456',
  ])('is not found in "%s"', (text) => {
    expect(types(text)).toEqual([]);
  });

  it('is replaced by what it was, and nothing of it stays', () => {
    expect(redacted('Eva: eva@example.com, 030 / 123 45 67!')).toBe('Eva: [EMAIL], [PHONE]!');
    expect(redacted(redacted('eva@example.com'))).toBe('[EMAIL]');
  });

  it.each(['a.'.repeat(500_000), '@'.repeat(500_000), '1 '.repeat(500_000), 'a@'.repeat(300_000), '+'.repeat(500_000)])(
    'is looked for in linear time',
    (text) => {
      const began = performance.now();
      findPii(text);
      expect(performance.now() - began).toBeLessThan(5_000);
    },
  );
});
