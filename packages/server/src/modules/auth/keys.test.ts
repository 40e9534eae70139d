import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../kernel/ids.ts';
import { checkAdminKey, createKeyText, hashOfPresented, sameHash } from './keys.ts';

describe('keys', () => {
  it('are 256 random bits of which only the start is kept readable', () => {
    const { key, hash, hint } = createKeyText();
    expect(key).toMatch(/^ak_[A-Za-z0-9_-]{43}$/);
    expect(hash).toBe(sha256Hex(key));
    expect(hint).toBe(`${key.slice(0, 9)}…`);
    expect(new Set(Array.from({ length: 100 }, () => createKeyText().key)).size).toBe(100);
  });

  it.each([
    ['empty', ''],
    ['blank', ' '.repeat(40)],
    ['short', 'ak_short'],
    ['100 KB', 'a'.repeat(100_000)],
    ['not ASCII', `ak_${'ü'.repeat(43)}`],
    ['with NUL', `ak_${'a'.repeat(42)}\0`],
    ['joined by a proxy', `ak_${'a'.repeat(43)}, ak_${'b'.repeat(43)}`],
  ])('are not looked up when they cannot be one: %s', (_, text) => {
    expect(hashOfPresented(text)).toBeUndefined();
  });

  it('are compared whole', () => {
    const hash = sha256Hex('a');
    expect(sameHash(hash, sha256Hex('a'))).toBe(true);
    expect(sameHash(hash, sha256Hex('b'))).toBe(false);
    expect(sameHash(hash, hash.slice(1))).toBe(false);
  });
});

describe("the operator's key", () => {
  it.each([
    '',
    '   ',
    'undefined',
    'null',
    'undefined-undefined-undefined',
    'only-23-characters-long',
    'changeme-changeme-changeme',
    'CHANGE_ME_TO_SOMETHING_LONG',
    'your-admin-key-goes-here-please',
    'example-key-for-the-documentation',
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    'contains, a comma and blanks 123',
    'ümlaute-are-not-printable-ascii',
  ])('is refused when it is no secret: %j', (text) => {
    expect(() => checkAdminKey(text)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
  });

  it('may be any long random text', () => {
    expect(checkAdminKey('J8s-kd9+Qpz/73hKwm2!Vx4c').hint).toBe('J8s-…');
  });
});
