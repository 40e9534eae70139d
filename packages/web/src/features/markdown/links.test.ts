import { describe, expect, it } from 'vitest';
import { linkTarget, realHost } from './links.ts';

function shown(text: string, href: string): string | undefined {
  const target = linkTarget(href);
  return target === undefined ? 'no link' : realHost(text, target);
}

describe('the host beside a link', () => {
  it.each([
    ['the manual', 'https://docs.example/a', undefined],
    ['docs.example', 'https://docs.example/a', undefined],
    ['https://www.docs.example/x', 'https://docs.example/a', undefined],
    ['DOCS.example:8080', 'https://docs.example:8080/a', undefined],
    ['10.0.0.2:81', 'http://10.0.0.2:81/', undefined],
    ['me@a.example', 'mailto:me@a.example?subject=x', undefined],
    ['write to us', 'mailto:me@a.example', undefined],
    ['bücher.example', 'https://docs.example', 'docs.example'],
    ['google.com', 'https://evil.example/google.com', 'evil.example'],
    ['Go to https://google.com/login now', 'https://evil.example', 'evil.example'],
    ['google.com.evil.example', 'https://google.com', 'google.com'],
    ['ｇｏｏｇｌｅ．ｃｏｍ', 'https://evil.example', 'evil.example'],
    ['goo\u200bgle.com', 'https://evil.example', 'evil.example'],
    ['google。com', 'https://evil.example', 'evil.example'],
    ['192.168.1.1', 'https://evil.example', 'evil.example'],
    ['me@bank.example', 'https://evil.example', 'evil.example'],
    ['me@bank.example', 'mailto:you@evil.example', 'you@evil.example'],
    ['the manual', 'https://google.com@evil.example/', 'evil.example'],
    ['google.com', 'https://google.com:443@evil.example:8443/', 'evil.example:8443'],
    ['аpple.com', 'https://аpple.com/', 'xn--pple-43d.com'],
  ])('%s to %s: %s', (text, href, host) => {
    expect(shown(text, href)).toBe(host);
  });

  it('is of an address the browser reads the same way', () => {
    expect(linkTarget('https:///a.example')).toBeUndefined();
    expect(linkTarget(' https://a.example/x y ')?.href).toBe('https://a.example/x%20y');
    expect(linkTarget('https://a.example/?a=1&amp;b=2')?.href).toBe('https://a.example/?a=1&b=2');
    expect(linkTarget('https://[')).toBeUndefined();
  });
});
