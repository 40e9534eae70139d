/**
 * The connections to Neo4j: opened by the first call, under the limits of the one policy, and usable again by themselves
 * once the server is back. The driver has no limit for a server that accepted a connection or a call and then fell
 * silent, and no way to let go of such a connection; so we know its sockets and destroy them, which ends the calls that
 * hang on them and makes room for new ones.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Socket } from 'node:net';
import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import type { Driver, Session } from 'neo4j-driver';
import type { Clock } from '../../kernel/clock.ts';
import { AppError, isAppError } from '../../kernel/errors.ts';
import type { DependencyPolicy, Limits } from '../../kernel/policies.ts';
import { schemaStatements } from './neo4j-schema.ts';

export interface Neo4jLineDeps {
  /** `bolt://…` or `neo4j://…`, with `+s` for encrypted. */
  url: string;
  user: string;
  password: string;
  /** The server's default database unless it is named. */
  database?: string;
  clock: Clock;
  /** Of `createPolicies().neo4j`. */
  policy: DependencyPolicy;
}

type TransactionConfig = NonNullable<Parameters<Session['beginTransaction']>[0]>;
type Values = Record<string, unknown>;
/** One statement; rows as the server sent them, to be parsed by the caller. */
export type Query = (statement: string, values: Values) => Promise<unknown[]>;

export interface Neo4jLine {
  read: Query;
  /** All statements of `work` or none. May run it again when another writer was in the way. */
  write<T>(work: (query: Query) => Promise<T>): Promise<T>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Another transaction was in the way, and the server has undone ours. */
const isConflict = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  (error.code.startsWith('Neo.TransientError.Transaction.') ||
    error.code === 'Neo.ClientError.Statement.EntityNotFound');

const unavailable = (error: unknown): AppError =>
  isAppError(error)
    ? error
    : new AppError('SERVICE_UNAVAILABLE', 'The graph store is not available at the moment', {
        cause: error,
        retryAfter: 5,
      });

/** Knows the sockets that are opened inside `run`, whoever opens them there; one that never hears anything is ended. */
const createSockets = (clock: Clock, silentMs: number) => {
  const ours = new AsyncLocalStorage<Set<Socket>>();
  const open = new Set<Socket>();
  const onSocket = (message: unknown): void => {
    if (ours.getStore() !== open || typeof message !== 'object' || message === null || !('socket' in message)) return;
    const { socket } = message;
    if (!(socket instanceof Socket)) return;
    open.add(socket);
    const cancel = clock.setTimer(silentMs, () => {
      if (socket.bytesRead === 0) socket.destroy(new Error('the server said nothing'));
    });
    socket.once('close', () => {
      cancel();
      open.delete(socket);
    });
  };
  subscribe('net.client.socket', onSocket);
  return {
    run: <T>(work: () => T): T => ours.run(open, work),
    destroyAll: (why: string): void => {
      for (const socket of open) socket.destroy(new Error(why));
    },
    forget: (): void => void unsubscribe('net.client.socket', onSocket),
  };
};

const openDriver = async (deps: Neo4jLineDeps, { connectMs, requestMs }: Limits): Promise<Driver> => {
  const { default: neo4j } = await import('neo4j-driver');
  return neo4j.driver(deps.url, neo4j.auth.basic(deps.user, deps.password), {
    connectionTimeout: connectMs,
    connectionAcquisitionTimeout: requestMs,
    disableLosslessIntegers: true,
    telemetryDisabled: true,
    notificationFilter: { minimumSeverityLevel: 'OFF' },
  });
};

const rowsOf = (result: { records: { toObject(): unknown }[] }): unknown[] =>
  result.records.map((record) => record.toObject());

const inTransaction = async <T>(session: Session, config: TransactionConfig, work: (query: Query) => Promise<T>) => {
  const transaction = await session.beginTransaction(config);
  const result = await work(async (statement, values) => rowsOf(await transaction.run(statement, values)));
  await transaction.commit();
  return result;
};

export const createNeo4jLine = (deps: Neo4jLineDeps): Neo4jLine => {
  const { policy } = deps;
  const { limits } = policy;
  const again = retry(handleWhen(isConflict), {
    maxAttempts: 8,
    backoff: new ExponentialBackoff({ initialDelay: 20, maxDelay: 500 }),
  });
  // The server gives up a little before we do: a call that is only slow then ends alone, and takes no connection along.
  const config: TransactionConfig = { timeout: Math.ceil(limits.requestMs * 0.9) };
  const sockets = createSockets(deps.clock, limits.connectMs);
  let driver: Promise<Driver> | undefined;
  let schema: Promise<void> | undefined;
  let closed = false;

  const withSession = async <T>(work: (session: Session) => Promise<T>): Promise<T> => {
    driver ??= openDriver(deps, limits);
    const opened = await driver;
    const session = opened.session(deps.database === undefined ? {} : { database: deps.database });
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  };

  const ensureSchema = (): Promise<void> =>
    withSession(async (session) => {
      for (const statement of schemaStatements) await session.run(statement, {}, config);
    });

  /** After a failure the schema is asked for again: the server that comes back may be an empty one. */
  const attempt = async <T>(work: (session: Session) => Promise<T>): Promise<T> => {
    try {
      schema ??= again.execute(ensureSchema);
      await schema;
      return await again.execute(() => withSession(work));
    } catch (error) {
      schema = undefined;
      throw error;
    }
  };

  const call = async <T>(work: (session: Session) => Promise<T>): Promise<T> => {
    if (closed) throw unavailable(new Error('it was closed'));
    try {
      return await policy.run(async (signal) => {
        let over = false;
        signal.addEventListener('abort', () => {
          if (!over) sockets.destroyAll('no answer in time');
        });
        return await sockets
          .run(() => attempt(work))
          .finally(() => {
            over = true;
          });
      });
    } catch (error) {
      throw unavailable(error);
    }
  };

  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    // Says good-bye to a server that listens; the others lose their sockets.
    const cancel = deps.clock.setTimer(limits.connectMs, () => sockets.destroyAll('closed'));
    try {
      await (await driver)?.close();
    } finally {
      cancel();
      sockets.destroyAll('closed');
      sockets.forget();
    }
  };

  return {
    read: (statement, values) => call(async (session) => rowsOf(await session.run(statement, values, config))),
    write: (work) => call((session) => inTransaction(session, config, work)),
    ping: async () => {
      await call((session) => session.run('RETURN 1', {}, config));
    },
    close,
  };
};
