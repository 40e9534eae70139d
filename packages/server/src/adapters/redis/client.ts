/**
 * One Redis connection, the way every adapter wants it: nothing queues while Redis is away, nothing is sent twice, and
 * it comes back by itself. A connection that stopped answering is dropped, so that only the first calls wait for it.
 */
import { Redis } from 'ioredis';
import { AppError, isAppError } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import { dependencyLimits } from '../../kernel/policies.ts';

export interface RedisConnection {
  readonly client: Redis;
  /** Runs one command. Throws SERVICE_UNAVAILABLE when Redis is away, at once if that is already known. */
  run<T>(command: (client: Redis) => Promise<T>): Promise<T>;
  /** Resolves when the connection is ready for the first time, or after the connect limit; never rejects. */
  settled(): Promise<void>;
  readonly ready: boolean;
  close(): Promise<void>;
}

const { connectMs, requestMs } = dependencyLimits.redis;
const longestRetryMs = 2_000;

const retryDelayMs = (attempt: number): number => {
  const ceiling = Math.min(longestRetryMs, 50 * 2 ** Math.min(attempt, 10));
  return Math.round(ceiling * (0.5 + Math.random() / 2));
};

const unavailable = (cause: unknown): AppError =>
  new AppError('SERVICE_UNAVAILABLE', 'The cache is not available at the moment', { cause, retryAfter: 2 });

const firstReady = (client: Redis): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, connectMs);
    client.once('ready', () => {
      clearTimeout(timer);
      resolve();
    });
  });

const createClient = (url: string, log: Log, isClosing: () => boolean): Redis => {
  const client = new Redis(url, {
    connectTimeout: connectMs,
    commandTimeout: requestMs,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    retryStrategy: retryDelayMs,
  });
  let away = false;
  let reason = 'the connection was closed';
  client.on('error', (error: Error) => {
    reason = error.message;
  });
  client.on('close', () => {
    if (!away && !isClosing()) log.warn({ err: reason }, 'Redis is away');
    away = true;
  });
  client.on('ready', () => {
    if (away) log.info('Redis is back');
    away = false;
  });
  return client;
};

export const createRedisConnection = (deps: { url: string; log: Log }): RedisConnection => {
  let closing = false;
  const client = createClient(deps.url, deps.log, () => closing);
  const settled = firstReady(client);
  return {
    client,
    run: async (command) => {
      if (client.status !== 'ready') throw unavailable(new Error(`the connection is ${client.status}`));
      try {
        return await command(client);
      } catch (error) {
        if (isAppError(error)) throw error;
        if (error instanceof Error && error.message === 'Command timed out') client.disconnect(true);
        throw unavailable(error);
      }
    },
    settled: () => settled,
    get ready() {
      return client.status === 'ready';
    },
    close: async () => {
      closing = true;
      client.disconnect();
    },
  };
};
