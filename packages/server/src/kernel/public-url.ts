/**
 * Which URLs a run or an API user may reach: public http(s) only. Node's URL parser already folds odd spellings of IPv4;
 * ipaddr.js knows every special range, embedded ones included. Rules: cases 31-34 of the security requirements.
 */
import ipaddr from 'ipaddr.js';

const localName = /(^|\.)(localhost|local|internal|lan|home|home\.arpa|intranet)\.?$/i;

/** All of the public IPv6 internet; what lies outside (IPv4-compatible addresses among it) leads elsewhere. */
const publicIpv6 = ipaddr.IPv6.parseCIDR('2000::/3');

/** For an address that is about to be connected to. */
export const isPublicAddress = (text: string): boolean => {
  const address = ipaddr.process(text);
  if (address.range() !== 'unicast') return false;
  return address instanceof ipaddr.IPv4 || address.match(publicIpv6);
};

/** Null when the URL is fine, otherwise why not, in words. */
export const checkPublicUrl = (text: string): string | null => {
  if (!URL.canParse(text)) return 'is not a URL';
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'must be http or https';
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (ipaddr.isValid(host)) return isPublicAddress(host) ? null : 'points into a private network';
  if (localName.test(host) || !host.includes('.')) return 'points into a private network';
  return null;
};
