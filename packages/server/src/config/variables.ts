/**
 * Every environment variable of Hearth: its schema, whether it is a secret, and its words in `.env.example`. `config.ts`
 * reads them.
 */
import { z } from 'zod';
import { serviceVariables } from './services.ts';

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
export const variables = {
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
  HEARTH_WEBHOOK_TARGETS: {
    schema: list.default([]),
    help: 'Private host:port targets that webhooks of a run may reach, exact, separated by commas; public ones need no entry',
    group: 'Agent',
  },
  HEARTH_MEMORY: {
    schema: z.enum(['on', 'off']).default('on'),
    help: '"off": nothing is recalled in chats and nothing is learned from them, for everybody',
    group: 'Memory',
  },
  HEARTH_LEARN_SECONDS: {
    schema: count(0, 86_400).default(30),
    help: 'A conversation is searched for facts this long after a run',
    group: 'Memory',
  },
  ...serviceVariables,
  HEARTH_PARK_SECONDS: {
    schema: count(1, 3600).default(120),
    help: 'A run that waits for a person longer gives its process back',
    group: 'Agent',
  },
} as const;
