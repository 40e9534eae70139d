/**
 * Answers only to names that are ours, so that a web page cannot reach the server through a name it controls (DNS
 * rebinding). An IP address as host is safe by itself: a page can only have it as origin if it was served from there.
 */
import { isIP } from 'node:net';
import { hostname } from 'node:os';

export const createHostCheck = (allowedHosts: readonly string[]): ((host: string | undefined) => boolean) => {
  const machine = hostname().toLowerCase();
  const names = new Set(['localhost', machine, `${machine}.local`, ...allowedHosts.map((name) => name.toLowerCase())]);
  return (host) => {
    if (host === undefined) return false;
    const name = host.toLowerCase().replace(/:\d{1,5}$/, '');
    const address = name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name;
    return isIP(address) !== 0 || names.has(name);
  };
};
