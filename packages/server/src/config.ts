/**
 * Configuration: one zod schema over environment variables -> one frozen, nested object. The only reader of
 * `process.env` in the server. Order: environment, then `.env` in the working folder; a variable named `X_FILE` gives the
 * content of a file as `X`. `.env.example` is generated from this file (`renderEnvExample`).
 */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { type MemoryServices, memoryServices, serviceIssues } from './config/services.ts';
import { variables } from './config/variables.ts';

type Variables = typeof variables;
type Values = { [K in keyof Variables]: z.infer<Variables[K]['schema']> };
type Env = Record<string, string | undefined>;

export interface Config {
  readonly server: {
    readonly port: number;
    readonly host: string;
    readonly allowedHosts: readonly string[];
    readonly corsOrigins: readonly string[];
    readonly trustedProxies: readonly string[];
    readonly adminKey: string | null;
  };
  readonly log: { readonly level: Values['HEARTH_LOG_LEVEL'] };
  readonly paths: {
    readonly configDir: string;
    readonly dataDir: string;
    readonly workspace: string;
    readonly allowedRoots: readonly string[];
    readonly home: string;
  };
  readonly database:
    | { readonly kind: 'sqlite'; readonly path: string }
    | { readonly kind: 'postgres'; readonly url: string };
  readonly redis: { readonly url: string } | null;
  readonly claude: {
    readonly apiKey: string | null;
    readonly oauthToken: string | null;
    readonly authToken: string | null;
    readonly baseUrl: string | null;
    readonly aliases: {
      readonly opus?: string;
      readonly sonnet?: string;
      readonly haiku?: string;
      readonly subagent?: string;
    };
    readonly demo: 'auto' | 'always';
    readonly demoTokensPerSecond: number;
  };
  readonly agent: {
    readonly maxWorkers: number;
    readonly keepSpare: boolean;
    readonly idleMs: number;
    readonly approvalMs: number;
    readonly parkMs: number;
    readonly webhookTargets: readonly string[];
    readonly runningAsRoot: boolean;
    /** What a child process may inherit from; the runtime takes a short allowlist of it. */
    readonly baseEnv: Env;
  };
  readonly memory: { readonly enabled: boolean; readonly learnAfterMs: number; readonly services: MemoryServices };
  /** Values that must never be printed; the log scrubs them by exact match. */
  readonly secrets: readonly string[];
}

/** A configuration that cannot be used; `issues` name the variables. */
export class ConfigError extends Error {
  readonly issues: string[];
  constructor(issues: string[]) {
    super(`The configuration cannot be used:\n${issues.map((issue) => `  ${issue}`).join('\n')}`);
    this.name = 'ConfigError';
    this.issues = issues;
  }
}

const readFileVariable = (env: Env, name: string, issues: string[]): string | undefined => {
  const path = env[`${name}_FILE`];
  if (path === undefined || path === '') return undefined;
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    issues.push(`${name}_FILE: the file cannot be read`);
    return undefined;
  }
};

const parse = (env: Env): Values => {
  const issues: string[] = [];
  const raw: Env = {};
  for (const name of Object.keys(variables)) {
    const value = env[name] ?? readFileVariable(env, name, issues);
    if (value !== undefined && value.trim() !== '') raw[name] = value.trim();
  }
  const shape = Object.fromEntries(Object.entries(variables).map(([name, variable]) => [name, variable.schema]));
  const parsed = z.object(shape).safeParse(raw);
  if (!parsed.success) issues.push(...parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
  const values = parsed.data as Values;
  if (parsed.success) issues.push(...serviceIssues(values));
  if (issues.length > 0) throw new ConfigError(issues);
  return values;
};

const secretsIn = (values: Values): string[] => {
  const named: Record<string, { help: string; secret?: boolean }> = variables;
  const direct = Object.entries(values).flatMap(([name, value]) =>
    named[name]?.secret && typeof value === 'string' ? [value] : [],
  );
  const passwords = [values.DATABASE_URL, values.REDIS_URL].flatMap((url) => {
    const password = url ? new URL(url).password : '';
    return password === '' ? [] : [password, decodeURIComponent(password)];
  });
  return [...direct, ...passwords];
};

const pathsOf = (values: Values, home: string): Config['paths'] => {
  const base = values.HEARTH_HOME ? resolve(values.HEARTH_HOME) : null;
  const dataDir = base ? join(base, 'data') : join(home, '.local', 'share', 'assistant');
  const workspace = resolve(values.HEARTH_WORKSPACE ?? join(dataDir, 'workspace'));
  return {
    home,
    dataDir,
    configDir: base ? join(base, 'config') : join(home, '.config', 'assistant'),
    workspace,
    allowedRoots: [workspace, ...values.HEARTH_ALLOWED_ROOTS.map((root) => resolve(root))],
  };
};

const deepFreeze = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
};

const build = (values: Values, env: Env, home: string): Config => {
  const paths = pathsOf(values, home);
  return {
    server: {
      port: values.HEARTH_PORT,
      host: values.HEARTH_HOST,
      allowedHosts: values.HEARTH_ALLOWED_HOSTS,
      corsOrigins: values.HEARTH_CORS_ORIGINS,
      trustedProxies: values.HEARTH_TRUSTED_PROXIES,
      adminKey: values.HEARTH_ADMIN_KEY ?? null,
    },
    log: { level: values.HEARTH_LOG_LEVEL },
    paths,
    database: values.DATABASE_URL
      ? { kind: 'postgres', url: values.DATABASE_URL }
      : { kind: 'sqlite', path: join(paths.dataDir, 'hearth.db') },
    redis: values.REDIS_URL ? { url: values.REDIS_URL } : null,
    claude: {
      apiKey: values.ANTHROPIC_API_KEY ?? null,
      oauthToken: values.CLAUDE_CODE_OAUTH_TOKEN ?? null,
      authToken: values.ANTHROPIC_AUTH_TOKEN ?? null,
      baseUrl: values.ANTHROPIC_BASE_URL ?? null,
      aliases: {
        opus: values.ANTHROPIC_DEFAULT_OPUS_MODEL,
        sonnet: values.ANTHROPIC_DEFAULT_SONNET_MODEL,
        haiku: values.ANTHROPIC_DEFAULT_HAIKU_MODEL,
        subagent: values.CLAUDE_CODE_SUBAGENT_MODEL,
      },
      demo: values.HEARTH_DEMO,
      demoTokensPerSecond: values.HEARTH_DEMO_TOKENS_PER_SECOND,
    },
    agent: {
      maxWorkers: values.HEARTH_MAX_WORKERS,
      keepSpare: values.HEARTH_SPARE_WORKER === 'on',
      idleMs: values.HEARTH_WORKER_IDLE_MINUTES * 60_000,
      approvalMs: values.HEARTH_APPROVAL_HOURS * 3_600_000,
      webhookTargets: values.HEARTH_WEBHOOK_TARGETS,
      parkMs: values.HEARTH_PARK_SECONDS * 1_000,
      runningAsRoot: process.getuid?.() === 0,
      baseEnv: { ...env },
    },
    memory: {
      enabled: values.HEARTH_MEMORY === 'on',
      learnAfterMs: values.HEARTH_LEARN_SECONDS * 1_000,
      services: memoryServices(values),
    },
    secrets: secretsIn(values),
  };
};

export interface LoadOptions {
  env?: Env;
  /** Folder whose `.env` is read; null reads none. */
  dotenvDir?: string | null;
  home?: string;
}

const fullEnv = (options: LoadOptions): Env => {
  const dir = options.dotenvDir === undefined ? process.cwd() : options.dotenvDir;
  const file = dir === null ? null : join(dir, '.env');
  const dotenv: Env = file !== null && existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
  return { ...dotenv, ...(options.env ?? process.env) };
};

/** Reads and checks everything once. Throws `ConfigError` that names each wrong variable. */
export const loadConfig = (options: LoadOptions = {}): Config => {
  const env = fullEnv(options);
  return deepFreeze(build(parse(env), env, options.home ?? homedir()));
};

/** Where this process and its libraries put short-lived files, conversations of resumed chats among them. */
export const setTempDir = (dir: string): void => {
  process.env.TMPDIR = dir;
};

/** For `hearth config`: every variable with its value, secrets masked. */
export const describeConfig = (options: LoadOptions = {}): { name: string; value: string; help: string }[] => {
  const values: Record<string, unknown> = parse(fullEnv(options));
  const named: Record<string, { secret?: boolean; help: string }> = variables;
  return Object.keys(variables).map((name) => {
    const value = values[name];
    const shown = Array.isArray(value) ? value.join(',') : value === undefined ? '' : String(value);
    return { name, help: named[name]?.help ?? '', value: named[name]?.secret && shown !== '' ? '********' : shown };
  });
};

/** What only the command line reads: the key it calls the server with. */
export const readCliEnv = (options: LoadOptions = {}): { apiKey: string | null } => {
  const env = fullEnv(options);
  const issues: string[] = [];
  const apiKey = env.HEARTH_API_KEY ?? readFileVariable(env, 'HEARTH_API_KEY', issues) ?? '';
  if (issues.length > 0) throw new ConfigError(issues);
  return { apiKey: apiKey.trim() === '' ? null : apiKey.trim() };
};

/** The text of `.env.example`. */
export const renderEnvExample = (): string => {
  const lines = [
    '# Generated from packages/server/src/config.ts by "npm run generate". Copy to .env and change what you need.',
  ];
  lines.push('# Every variable can also be given as NAME_FILE, the path of a file that holds the value.');
  let group = '';
  for (const [name, variable] of Object.entries(variables)) {
    if (variable.group !== group) lines.push('', `# --- ${variable.group} ---`);
    group = variable.group;
    const fallback = variable.schema.safeParse(undefined);
    const value = fallback.success && fallback.data !== undefined ? String(fallback.data) : '';
    lines.push(`# ${variable.help}`, `#${name}=${value}`);
  }
  return `${lines.join('\n')}\n`;
};
