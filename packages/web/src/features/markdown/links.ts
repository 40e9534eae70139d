import { decodeEntities } from './entities.ts';

/** Somewhere a link may lead. `host` is what the browser will really ask, in ASCII. */
export interface Target {
  readonly href: string;
  readonly host: string;
  readonly scheme: 'http' | 'mailto';
}

/** The target of a link, or undefined: then its text is shown without one. Only whole http(s) and mail addresses. */
export function linkTarget(raw: string): Target | undefined {
  const address = decodeEntities(raw).trim();
  if (!/^(?:https?:\/\/[^\s/\\]|mailto:[^\s])/i.test(address)) return undefined;
  try {
    const url = new URL(address);
    if (url.protocol === 'mailto:') return { href: url.href, host: mailHost(url), scheme: 'mailto' };
    if (!/^https?:$/.test(url.protocol) || !HOST.test(url.host)) return undefined;
    return { href: url.href, host: url.host, scheme: 'http' };
  } catch {
    return undefined;
  }
}

/** The parser of the browser lets signs through that no host has; `_` is found in home networks. */
const HOST = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d+)?$/;

function mailHost(url: URL): string {
  // The path alone: what follows a question mark fills in the letter.
  try {
    return decodeURIComponent(url.pathname);
  } catch {
    return url.pathname;
  }
}

/** Characters that are not seen, but could hide an address from a comparison. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}]/gu;
const DOTS = /[\u3002\uff61\u2024]/g;
const ADDRESS =
  /(?:[\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]+@)?(?:[\p{L}\p{N}-]{1,63}\.)+[\p{L}][\p{L}\p{N}-]{1,62}|\b\d{1,3}(?:\.\d{1,3}){3}\b/gu;
/** Longer link texts are shortened for the comparison; nobody reads an address in them. */
const MAX_TEXT = 2000;

/**
 * The host to show beside a link whose text reads like another address than the one it leads to; also if the address
 * hides its host behind a user name, or has letters that only look like others.
 */
export function realHost(text: string, target: Target): string | undefined {
  const seen = text.slice(0, MAX_TEXT).normalize('NFKC').replace(INVISIBLE, '').replace(DOTS, '.');
  if (target.scheme === 'mailto') return pretendsMail(seen, target.host) ? target.host : undefined;
  const isDisguised = /^https?:\/\/[^/?#]*@/i.test(target.href) || target.host.includes('xn--');
  const own = bare(target.host.replace(/:\d+$/, ''));
  const names = [...seen.matchAll(ADDRESS)].map(([name]) => name);
  if (names.length === 0) return isDisguised ? target.host : undefined;
  return isDisguised || names.some((name) => name.includes('@') || bare(asciiHost(name)) !== own)
    ? target.host
    : undefined;
}

function pretendsMail(seen: string, address: string): boolean {
  return [...seen.matchAll(ADDRESS)].some(([name]) => name.toLowerCase() !== address.toLowerCase());
}

function asciiHost(name: string): string {
  try {
    return new URL(`http://${name}`).hostname;
  } catch {
    return name;
  }
}

function bare(host: string): string {
  return host
    .toLowerCase()
    .replace(/^www\./, '')
    .replace(/\.$/, '');
}
