/** Where the credential comes from, and how a new one is proved and kept. */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Account } from '@hearth/contract';
import type { AgentProvider, ClaudeCredential, TurnOutcome } from '@hearth/runtime';
import { z } from 'zod';
import { AppError } from '../../kernel/errors.ts';
import { tryParseJson } from '../../kernel/json.ts';

export interface AccountsDeps {
  configured: { apiKey: string | null; oauthToken: string | null; authToken: string | null; baseUrl: string | null };
  aliases: { opus?: string; sonnet?: string; haiku?: string };
  demo: 'auto' | 'always';
  /** The file the connected credential is kept in. */
  file: string;
  home: string;
  /** Address of the demo model; it is started when first needed. */
  demoUrl: () => string;
  /** Asks one question with this credential, the way every chat does. */
  prove: (credential: ClaudeCredential) => Promise<TurnOutcome>;
  /** The credential changed: idle workers still hold the old one. */
  onChanged: () => Promise<void>;
}

export interface Accounts {
  account(): Account;
  credential(): ClaudeCredential;
  /** What of the credential nobody may see. */
  secrets(): string[];
  isDemo(): boolean;
  connect(text: string): Promise<Account>;
  disconnect(): Promise<Account>;
}

const secretsOf = (credential: ClaudeCredential): string[] => {
  if (credential.kind === 'api_key') return [credential.apiKey];
  if (credential.kind === 'oauth_token') return [credential.token];
  return credential.kind === 'gateway' ? [credential.authToken] : [];
};

const savedShape = z.object({ kind: z.enum(['api_key', 'oauth_token']), secret: z.string() });
type Saved = z.infer<typeof savedShape>;

const ending = (secret: string): string => `…${secret.slice(-4)}`;

const defaultModels = { opus: 'claude-opus', sonnet: 'claude-sonnet', haiku: 'claude-haiku' };

const kindOf = (secret: string): Saved['kind'] => (secret.startsWith('sk-ant-oat') ? 'oauth_token' : 'api_key');

interface Found {
  credential: ClaudeCredential;
  kind: Account['kind'];
  source: Account['source'];
  label: string;
}

export const createAccounts = (deps: AccountsDeps): Accounts => {
  const { configured } = deps;

  const readSaved = (): Saved | null => {
    if (!existsSync(deps.file)) return null;
    return tryParseJson(savedShape, readFileSync(deps.file, 'utf8')) ?? null;
  };
  let saved = readSaved();

  const asCredential = ({ kind, secret }: Saved): ClaudeCredential =>
    kind === 'api_key'
      ? { kind, apiKey: secret, baseUrl: configured.baseUrl }
      : { kind, token: secret, baseUrl: configured.baseUrl };

  const fromEnvironment = (): Found | null => {
    const { apiKey, oauthToken, authToken, baseUrl } = configured;
    const source = 'environment' as const;
    if (authToken && baseUrl)
      return {
        credential: { kind: 'gateway', authToken, baseUrl },
        kind: 'gateway',
        source,
        label: `Gateway ${new URL(baseUrl).host}`,
      };
    if (apiKey)
      return {
        credential: { kind: 'api_key', apiKey, baseUrl },
        kind: 'api_key',
        source,
        label: `Claude API key ${ending(apiKey)}`,
      };
    if (oauthToken)
      return {
        credential: { kind: 'oauth_token', token: oauthToken, baseUrl },
        kind: 'oauth_token',
        source,
        label: `Claude subscription ${ending(oauthToken)}`,
      };
    return null;
  };

  const fromLogin = (): Found | null => {
    const configDir = join(deps.home, '.claude');
    if (!existsSync(join(configDir, '.credentials.json'))) return null;
    return {
      credential: { kind: 'login', configDir },
      kind: 'login',
      source: 'claude_login',
      label: 'The "claude" login of this machine',
    };
  };

  const fromSaved = (): Found | null => {
    if (saved === null) return null;
    const what = saved.kind === 'api_key' ? 'Claude API key' : 'Claude subscription';
    return {
      credential: asCredential(saved),
      kind: saved.kind,
      source: 'saved',
      label: `${what} ${ending(saved.secret)}`,
    };
  };

  const demo = (): Found => ({
    credential: { kind: 'api_key', apiKey: 'demo', baseUrl: deps.demoUrl() },
    kind: 'demo',
    source: 'none',
    label: 'Demo model (offline, answers from made-up household data)',
  });

  const find = (): Found =>
    deps.demo === 'always' ? demo() : (fromEnvironment() ?? fromSaved() ?? fromLogin() ?? demo());

  const describe = (): Account => {
    const found = find();
    const baseUrl = found.kind === 'demo' ? null : configured.baseUrl;
    return {
      kind: found.kind,
      demo: found.kind === 'demo',
      label: found.label,
      source: found.source,
      base_url_host: baseUrl === null ? null : new URL(baseUrl).host,
      models: {
        ...defaultModels,
        ...Object.fromEntries(Object.entries(deps.aliases).filter(([, model]) => model !== undefined)),
      },
    };
  };

  const write = (next: Saved): void => {
    mkdirSync(dirname(deps.file), { recursive: true, mode: 0o700 });
    const part = `${deps.file}.${randomUUID()}`;
    writeFileSync(part, JSON.stringify(next), { mode: 0o600, flush: true });
    renameSync(part, deps.file);
  };

  const refuseIfFixed = (): void => {
    if (deps.demo === 'always' || fromEnvironment() !== null)
      throw new AppError(
        'CONFLICT',
        'The account is set by the configuration of the server and can only be changed there.',
      );
  };

  return {
    account: describe,
    credential: () => find().credential,
    secrets: () => secretsOf(find().credential),
    isDemo: () => find().kind === 'demo',
    async connect(secret) {
      refuseIfFixed();
      const next: Saved = { kind: kindOf(secret), secret };
      const outcome = await deps.prove(asCredential(next));
      if (outcome.kind === 'failed') {
        if (outcome.code === 'MODEL_AUTHENTICATION')
          throw new AppError('VALIDATION_ERROR', 'Claude does not accept this key or token.', {
            details: { issues: [{ path: 'credential', message: 'Claude does not accept it' }] },
          });
        throw new AppError('SERVICE_UNAVAILABLE', `The key could not be tried out: ${outcome.message}`, {
          retryAfter: 30,
        });
      }
      write(next);
      saved = next;
      await deps.onChanged();
      return describe();
    },
    async disconnect() {
      refuseIfFixed();
      rmSync(deps.file, { force: true });
      saved = null;
      await deps.onChanged();
      return describe();
    },
  };
};

/** One short question through a worker of its own. */
export const proveWith = async (
  provider: AgentProvider,
  open: Parameters<AgentProvider['open']>[0],
): Promise<TurnOutcome> => {
  const failed: TurnOutcome = {
    kind: 'failed',
    code: 'WORKER_DIED',
    message: 'the agent process did not start.',
    retryAfter: null,
  };
  const worker = await provider.open(open).catch(() => null);
  if (worker === null) return failed;
  const ended = Promise.withResolvers<TurnOutcome>();
  worker.listen(
    (event) => {
      if (event.type === 'turn_end') ended.resolve(event.outcome);
      if (event.type === 'exit') ended.resolve(failed);
    },
    async () => ({ decision: 'deny', reason: 'no tools here' }),
  );
  worker.send({ uuid: randomUUID(), text: 'Reply with the single word OK.', images: [] });
  try {
    return await ended.promise;
  } finally {
    await worker.close();
  }
};
