/**
 * Kysely over a node-postgres pool. The pool reconnects by itself; a lost connection is an error of the statement that
 * used it, never of the process. Big integers come back as numbers, on this pool only.
 */
import { type Dialect, PostgresDialect, PostgresDriver } from 'kysely';
import { Pool, types } from 'pg';
import type { Log } from '../kernel/log.ts';
import { dependencyLimits } from '../kernel/policies.ts';
import { withAppErrors } from './driver-errors.ts';

const int8Oid = 20;

const toNumber = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError('A stored number is too large');
  return value;
};

export type PostgresPoolOptions = {
  url: string;
  log: Log;
  maxConnections?: number;
  /** Migrations may take longer than a request. */
  unlimitedStatements?: boolean;
};

const { connectMs, requestMs } = dependencyLimits.postgres;

export const createPostgresPool = (options: PostgresPoolOptions): Pool => {
  const limits = options.unlimitedStatements
    ? {}
    : // The server stops the statement first; the client's own limit is for a server that went silent.
      { statement_timeout: requestMs, query_timeout: requestMs + 1_000 };
  const pool = new Pool({
    connectionString: options.url,
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: connectMs,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    application_name: 'hearth',
    ...limits,
    types: {
      getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
        oid === int8Oid ? toNumber : types.getTypeParser(oid, format)) as typeof types.getTypeParser,
    },
  });
  // Without listeners, a connection that dies while idle or in use would end the process.
  const onLost = (error: Error): void => options.log.warn({ err: error.message }, 'lost a database connection');
  pool.on('error', onLost);
  pool.on('connect', (client) => client.on('error', onLost));
  return pool;
};

export const createPostgresDialect = (pool: Pool): Dialect => {
  const base = new PostgresDialect({ pool });
  return {
    createAdapter: () => base.createAdapter(),
    createDriver: () => withAppErrors(new PostgresDriver({ pool })),
    createIntrospector: (db) => base.createIntrospector(db),
    createQueryCompiler: () => base.createQueryCompiler(),
  };
};
