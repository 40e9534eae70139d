/** The server: is it running, is its port free for it, who can reach it. */
import type { Config } from '../../config.ts';
import { findInstance, localUrl } from '../instance.ts';
import { error, type Finding, ok, warning } from './finding.ts';

type Answer = 'hearth' | 'other' | 'nobody';

const limitMs = 3_000;

const isRefused = (failure: unknown): boolean => {
  const { cause } = Object(failure) as { cause?: unknown };
  return (Object(cause) as { code?: unknown }).code === 'ECONNREFUSED';
};

const ask = async (url: string, request: typeof fetch): Promise<Answer> => {
  try {
    const answer = await request(`${url}/livez`, { signal: AbortSignal.timeout(limitMs), redirect: 'manual' });
    const body: unknown = await answer.json().catch(() => undefined);
    if (typeof body !== 'object' || body === null) return 'other';
    // Whoever is not on the machine itself is asked for a key, in our own words.
    return ('status' in body && body.status === 'alive') || ('error' in body && answer.status === 401)
      ? 'hearth'
      : 'other';
  } catch (failure) {
    return isRefused(failure) ? 'nobody' : 'other';
  }
};

const loopback = /^(localhost|127\.|\[?::1\]?$)/;

export const checkExposure = ({ server }: Config): Finding => {
  if (loopback.test(server.host)) return ok('exposure', 'Only this machine can reach Hearth');
  return warning({
    id: 'exposure.network',
    title: `Hearth listens on ${server.host}, so others on the network can reach it`,
    cause: 'API keys protect it, but without TLS anyone on the way can read keys and conversations.',
    fix: 'Put a proxy with TLS before it (Caddy, Traefik, tailscale serve), or set HEARTH_HOST=127.0.0.1.',
  });
};

export interface ServerState {
  running: boolean;
  findings: Finding[];
}

export const checkServer = async (config: Config, request: typeof fetch = fetch): Promise<ServerState> => {
  const url = localUrl(config.server);
  const instance = findInstance(config.paths.dataDir);
  const answer = await ask(url, request);
  const finding = (): Finding => {
    if (instance.running && answer === 'hearth') return ok('server', `Hearth is running at ${url}`);
    if (instance.running)
      return error({
        id: 'server.silent',
        title: 'Hearth holds the data folder but does not answer',
        cause: `${instance.about || 'A process'} holds it; ${url} gives no answer of Hearth.`,
        fix: 'Is HEARTH_PORT the same as for the server? If so, look at its log and start it again.',
      });
    if (answer === 'hearth')
      return warning({
        id: 'server.other_folder',
        title: `A Hearth with another data folder answers at ${url}`,
        cause: `Nobody uses ${config.paths.dataDir} at the moment.`,
        fix: 'Set HEARTH_HOME as for that server, or HEARTH_PORT to a free port for this one.',
      });
    if (answer === 'other')
      return error({
        id: 'server.port_taken',
        title: `Port ${config.server.port} is taken by another program`,
        cause: `Something that is not Hearth answers at ${url}.`,
        fix: 'Stop that program, or set HEARTH_PORT to a free port.',
      });
    return ok('server', 'Hearth is not running; start it with "hearth start"');
  };
  return { running: instance.running, findings: [finding(), checkExposure(config)] };
};
