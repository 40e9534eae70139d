/**
 * The log: one JSON object per line on stdout. Two nets keep secrets out: values under telling names are replaced at any
 * of the first levels, and every line is scrubbed of the exact secrets this process knows and of anything shaped like a
 * key of ours. Input cannot forge a line, because JSON escapes line breaks. Rule: security.md, cases 57 and 61.
 */
import { type DestinationStream, type Logger, destination as openDestination, pino, stdTimeFunctions } from 'pino';

export type LogFields = Record<string, unknown>;
type Write = {
  (message: string): void;
  (fields: LogFields, message: string): void;
};
export interface Log {
  debug: Write;
  info: Write;
  warn: Write;
  error: Write;
  child(fields: LogFields): Log;
}
export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

const secretNames = [
  'authorization',
  'Authorization',
  'cookie',
  'Cookie',
  '["set-cookie"]',
  '["x-api-key"]',
  '["X-API-Key"]',
  'apiKey',
  'api_key',
  'key',
  'new_key',
  'token',
  'secret',
  'password',
  'credential',
  'env',
];
const levelsDeep = 4;
const redactPaths = secretNames.flatMap((name) =>
  Array.from({ length: levelsDeep }, (_, level) => {
    const parents = Array.from({ length: level }, () => '*').join('.');
    if (parents === '') return name;
    return name.startsWith('[') ? `${parents}${name}` : `${parents}.${name}`;
  }),
);

/** Keys of this product and of Anthropic, should one get into a message by a way nobody thought of. */
const keyShapes = /\b(?:ak_[A-Za-z0-9_-]{43}|sk-ant-[A-Za-z0-9_-]{8,200})/g;
const censor = '[secret]';
/** Shorter values would blank out ordinary words. */
const shortestSecret = 8;

const createScrubber = (secrets: readonly string[]): ((line: string) => string) => {
  const inLine = secrets
    .filter((secret) => secret.length >= shortestSecret)
    .flatMap((secret) => [...new Set([JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])])
    .sort((a, b) => b.length - a.length);
  return (line) => {
    let clean = line;
    for (const secret of inLine) clean = clean.replaceAll(secret, censor);
    return clean.replace(keyShapes, censor);
  };
};

const wrap = (logger: Logger): Log => ({
  debug: (first: LogFields | string, message?: string) => logger.debug(first, message),
  info: (first: LogFields | string, message?: string) => logger.info(first, message),
  warn: (first: LogFields | string, message?: string) => logger.warn(first, message),
  error: (first: LogFields | string, message?: string) => logger.error(first, message),
  child: (fields) => wrap(logger.child(fields)),
});

export type LogOptions = {
  level?: LogLevel;
  /** Secrets of this process: the model's key, database passwords. They are removed wherever they appear. */
  secrets?: readonly string[];
  destination?: DestinationStream;
};

export const createLog = (options: LogOptions = {}): Log => {
  const out = options.destination ?? openDestination({ fd: 1, sync: true });
  const scrub = createScrubber(options.secrets ?? []);
  const logger = pino(
    {
      level: options.level ?? 'info',
      base: null,
      messageKey: 'message',
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: redactPaths, censor },
    },
    { write: (line) => out.write(scrub(line)) },
  );
  return wrap(logger);
};

/** A log that says nothing; for tests and for parts that may run without one. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
};
