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

const port = z.coerce.number().int().min(0).max(65_535);
const count = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);
const postgresUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\//, 'must start with postgres:// (leave it out for the built-in SQLite)');
const redisUrl = z.string().regex(/^rediss?:\/\//, 'must start with redis://');
const weakKeys = new Set(['undefined', 'null', 'changeme', 'change-me', 'your-admin-key-of-24-characters']);
const adminKey = z
  .string()
  .min(24, 'must have at least 24 characters')
  .max(256)
  .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces')
  .refine((key) => !weakKeys.has(key.toLowerCase()) && new Set(key).size > 4, 'is too easy to guess');

/** Every variable: its schema, whether it is a secret, and the words for `.env.example`. */
const variables = {
  HEARTH_PORT: { schema: port.default(54_000), help: 'Port of the API and the web app', group: 'Server' },
  HEARTH_HOST: {
    schema: z.string().min(1).default('127.0.0.1'),
    help: 'Address to listen on; 0.0.0.0 for the whole network',
    group: 'Server',
  },
  HEARTH_HOME: {
    schema: z.string().optional(),
    help: 'One folder for configuration and data, instead of ~/.config/assistant and ~/.local/share/assistant',
    group: 'Server',
  },
  HEARTH_ADMIN_KEY: {
    schema: adminKey.optional(),
    secret: true,
    help: 'A first key for unattended set-ups, at least 24 characters; without it one is made and shown once',
    group: 'Server',
  },
  HEARTH_ALLOWED_HOSTS: {
    schema: list.default([]),
    help: 'Further host names the server answers to, separated by commas (protects against DNS rebinding)',
    group: 'Server',
  },
  HEARTH_CORS_ORIGINS: {
    schema: list.default([]),
    help: 'Other web origins that may call the API, exact, separated by commas',
    group: 'Server',
  },
  HEARTH_TRUSTED_PROXIES: {
    schema: list.default([]),
    help: 'Addresses of reverse proxies whose X-Forwarded-For is believed',
    group: 'Server',
  },
  HEARTH_LOG_LEVEL: {
    schema: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
    help: 'debug, info, warn, error or silent',
    group: 'Server',
  },
  DATABASE_URL: {
    schema: postgresUrl.optional(),
    secret: true,
    help: 'PostgreSQL instead of the built-in SQLite file',
    group: 'Parts that can grow',
  },
  REDIS_URL: {
    schema: redisUrl.optional(),
    secret: true,
    help: 'Redis for limits and events, needed for more than one server process',
    group: 'Parts that can grow',
  },
  ANTHROPIC_API_KEY: {
    schema: z.string().min(1).optional(),
    secret: true,
    help: 'Claude API key',
    group: 'Claude (none of these: the offline demo model)',
  },
  CLAUDE_CODE_OAUTH_TOKEN: {
    schema: z.string().min(1).optional(),
    secret: true,
    help: 'Token of a Claude subscription (made by "claude setup-token")',
    group: 'Claude (none of these: the offline demo model)',
  },
  ANTHROPIC_BASE_URL: {
    schema: z.url().optional(),
    help: 'An Anthropic-compatible gateway',
    group: 'Claude (none of these: the offline demo model)',
  },
  ANTHROPIC_AUTH_TOKEN: {
    schema: z.string().min(1).optional(),
    secret: true,
    help: 'Bearer token of the gateway',
    group: 'Claude (none of these: the offline demo model)',
  },
  ANTHROPIC_DEFAULT_OPUS_MODEL: {
    schema: z.string().min(1).optional(),
    help: 'What "opus" stands for',
    group: 'Claude (none of these: the offline demo model)',
  },
  ANTHROPIC_DEFAULT_SONNET_MODEL: {
    schema: z.string().min(1).optional(),
    help: 'What "sonnet" stands for',
    group: 'Claude (none of these: the offline demo model)',
  },
  ANTHROPIC_DEFAULT_HAIKU_MODEL: {
    schema: z.string().min(1).optional(),
    help: 'What "haiku" stands for',
    group: 'Claude (none of these: the offline demo model)',
  },
  CLAUDE_CODE_SUBAGENT_MODEL: {
    schema: z.string().min(1).optional(),
    help: 'Model of subagents',
    group: 'Claude (none of these: the offline demo model)',
  },
  HEARTH_DEMO: {
    schema: z.enum(['auto', 'always']).default('auto'),
    help: '"always" uses the demo model even when a Claude account is configured',
    group: 'Claude (none of these: the offline demo model)',
  },
  HEARTH_DEMO_TOKENS_PER_SECOND: {
    schema: count(0, 100_000).default(60),
    help: 'How fast the demo model types; 0 is at once',
    group: 'Claude (none of these: the offline demo model)',
  },
  HEARTH_MAX_WORKERS: {
    schema: count(1, 64).default(4),
    help: 'Live agent processes; each holds about 200 MB',
    group: 'Agent',
  },
  HEARTH_SPARE_WORKER: {
    schema: z.enum(['on', 'off']).default('on'),
    help: 'Keep one agent process warm for new chats',
    group: 'Agent',
  },
  HEARTH_WORKER_IDLE_MINUTES: {
    schema: count(1, 1440).default(10),
    help: 'An agent process that is idle this long is ended',
    group: 'Agent',
  },
  HEARTH_WORKSPACE: {
    schema: z.string().optional(),
    help: 'Folder a chat works in unless it names another',
    group: 'Agent',
  },
  HEARTH_ALLOWED_ROOTS: {
    schema: list.default([]),
    help: 'Further folders that chats may work in, separated by commas',
    group: 'Agent',
  },
  HEARTH_APPROVAL_HOURS: {
    schema: count(1, 720).default(24),
    help: 'An approval nobody answers is denied after this time',
    group: 'Agent',
  },
  HEARTH_PARK_SECONDS: {
    schema: count(1, 3600).default(120),
    help: 'A run that waits for a person longer gives its process back',
    group: 'Agent',
  },
} as const;

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
    readonly runningAsRoot: boolean;
    /** What a child process may inherit from; the runtime takes a short allowlist of it. */
    readonly baseEnv: Env;
  };
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
  if (issues.length > 0) throw new ConfigError(issues);
  return parsed.data as Values;
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
      parkMs: values.HEARTH_PARK_SECONDS * 1_000,
      runningAsRoot: process.getuid?.() === 0,
      baseEnv: { ...env },
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
