import { describe, expect, it } from 'vitest';
import { clearedSessionCookie, presentedCredential, sessionCookie } from './credentials.ts';
import { networkOf } from './network.ts';

describe('which credential decides', () => {
  it.each([
    ['nothing', {}, { kind: 'none' }],
    ['X-API-Key', { xApiKey: 'k' }, { kind: 'key', text: 'k' }],
    ['Bearer', { authorization: 'Bearer k' }, { kind: 'key', text: 'k' }],
    ['Bearer in any case', { authorization: 'bEARER   k' }, { kind: 'key', text: 'k' }],
    [
      'X-API-Key over Bearer and cookie',
      { xApiKey: 'k', authorization: 'Bearer b', cookie: 'hearth_session=c' },
      { kind: 'key', text: 'k' },
    ],
    ['an empty X-API-Key, too', { xApiKey: '', authorization: 'Bearer b' }, { kind: 'key', text: '' }],
    [
      'an empty Bearer over the cookie',
      { authorization: 'Bearer', cookie: 'hearth_session=c' },
      { kind: 'key', text: '' },
    ],
    ['the cookie', { cookie: 'a=1; hearth_session=c; b=2' }, { kind: 'cookie', text: 'c' }],
    [
      "the cookie beside a proxy's login",
      { authorization: 'Basic eA==', cookie: 'hearth_session=c' },
      { kind: 'cookie', text: 'c' },
    ],
    ['not another scheme', { authorization: 'Basic eA==' }, { kind: 'none' }],
    ['not a scheme that only begins so', { authorization: 'Bearerx k' }, { kind: 'none' }],
    ['not two cookies', { cookie: 'hearth_session=a; hearth_session=b' }, { kind: 'none' }],
    ['not a cookie with a longer name', { cookie: 'xhearth_session=a' }, { kind: 'none' }],
  ])('%s', (_, credentials, expected) => {
    expect(presentedCredential(credentials)).toEqual(expected);
  });

  it('keeps the cookie from scripts and other sites, and to https where there is https', () => {
    expect(sessionCookie('t', true)).toBe(
      'hearth_session=t; Path=/; HttpOnly; SameSite=Strict; Max-Age=34560000; Secure',
    );
    expect(sessionCookie('t', false)).not.toContain('Secure');
    expect(clearedSessionCookie(false)).toContain('Max-Age=0');
  });
});

describe('whom failures are counted against', () => {
  it.each([
    [undefined, 'unknown'],
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['x'.repeat(1_000), 'x'.repeat(64)],
  ])('%s', (ip, network) => {
    expect(networkOf(ip)).toBe(network);
  });
});
