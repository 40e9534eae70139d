/** The Claude account: is there one, does it look like one, is a configured gateway there. No secret is ever shown. */
import { join } from 'node:path';
import type { Config } from '../../config.ts';
import { createAccounts } from '../../modules/account/index.ts';
import { accountFile } from '../backup/index.ts';
import { error, type Finding, ok, warning } from './finding.ts';

type Kind = 'api_key' | 'oauth_token' | 'gateway' | 'login' | 'demo';

const names: Record<Kind, string> = {
  api_key: 'a Claude API key',
  oauth_token: 'a Claude subscription',
  gateway: 'a gateway',
  login: 'the "claude" login of this machine',
  demo: 'the demo model',
};

const openAccount = (config: Config) =>
  createAccounts({
    configured: config.claude,
    aliases: config.claude.aliases,
    demo: config.claude.demo,
    file: join(config.paths.dataDir, accountFile),
    home: config.paths.home,
    demoUrl: () => '',
    prove: () => Promise.reject(new Error('the doctor only looks')),
    onChanged: async () => {},
  });

const shapeTrouble = (secret: string, start: string): string | undefined => {
  if (/\s/.test(secret)) return 'It has a blank or a line break in it.';
  if (!secret.startsWith(start)) return `It does not begin with "${start}".`;
  return secret.length < 40 ? 'It is too short; perhaps only a part was copied.' : undefined;
};

const checkShape = (config: Config): Finding[] => {
  const credential = openAccount(config).credential();
  const { kind } = credential;
  // A gateway may hand out keys of any shape.
  if (config.claude.baseUrl !== null || openAccount(config).isDemo()) return [];
  let cause: string | undefined;
  if (kind === 'api_key') cause = shapeTrouble(credential.apiKey, 'sk-ant-');
  if (kind === 'oauth_token') cause = shapeTrouble(credential.token, 'sk-ant-oat');
  if (cause === undefined) return [];
  const fix = 'Copy the whole key or token again.';
  return [warning({ id: 'account.shape', title: 'The key or token of Claude looks wrong', cause, fix })];
};

const checkGateway = async (config: Config, request: typeof fetch): Promise<Finding[]> => {
  const { baseUrl, authToken } = config.claude;
  if (baseUrl === null) {
    if (authToken === null) return [];
    const cause = 'ANTHROPIC_AUTH_TOKEN is set and ANTHROPIC_BASE_URL is not, so the token is not used.';
    const fix = 'Set ANTHROPIC_BASE_URL to the address of the gateway, or remove the token.';
    return [warning({ id: 'account.gateway', title: 'The gateway has no address', cause, fix })];
  }
  const { host } = new URL(baseUrl);
  try {
    await request(baseUrl, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(5_000) });
    return [ok('account.gateway', `The gateway ${host} answers`)];
  } catch {
    const cause = `${host} does not answer within 5 seconds.`;
    const fix = 'Check ANTHROPIC_BASE_URL and that the gateway runs.';
    return [error({ id: 'account.gateway', title: 'The gateway cannot be reached', cause, fix })];
  }
};

export const checkAccount = async (config: Config, request: typeof fetch = fetch): Promise<Finding[]> => {
  const { kind } = openAccount(config).account();
  const who =
    kind === 'demo'
      ? warning({
          id: 'account.demo',
          title: 'No Claude account: the demo model answers',
          cause:
            config.claude.demo === 'always' ? 'HEARTH_DEMO is "always".' : 'No account is connected or configured.',
          fix: 'Connect one in the app under settings, or set ANTHROPIC_API_KEY.',
        })
      : ok('account', `Answers come from ${names[kind]}`);
  return [who, ...checkShape(config), ...(await checkGateway(config, request))];
};
