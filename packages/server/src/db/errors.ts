/**
 * Database errors in the server's terms. The dialects pass every failure through `toAppError`, so callers only ever see
 * an `AppError`: CONFLICT for a broken unique rule, SERVICE_UNAVAILABLE for trouble with the connection,
 * INSUFFICIENT_STORAGE for a full disk. The driver's text stays in `cause`: it holds SQL and values.
 */
import { AppError, isAppError } from '../kernel/errors.ts';

type Fields = { code?: unknown; errcode?: unknown; message?: unknown };
const retryAfterSeconds = 5;

const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
/** node-postgres has no codes for these. */
const connectionTexts = [
  'timeout exceeded when trying to connect',
  'timeout expired',
  'Connection terminated',
  'Query read timeout',
  'Client has encountered a connection error',
  'Cannot use a pool after calling end',
];
/** PostgreSQL: connection, resources, operator intervention, lost races for locks, read-only server, start-up. */
const unavailableStates = /^(?:08...|53(?!100)...|57...|40001|40P01|55P03|25006|28...|3D000)$/;
/** SQLite primary codes: busy, locked, read-only, input/output, cannot open, protocol. */
const unavailableSqlite = new Set([5, 6, 8, 10, 14, 15]);
const corruptSqlite = new Set([11, 26]);
const uniqueSqlite = new Set([2067, 1555, 2579]);

/** SQLite's primary code; undefined when it is no failure of SQLite. */
const sqliteCode = ({ errcode }: Fields): number | undefined =>
  typeof errcode === 'number' ? errcode & 255 : undefined;

const isUnique = ({ code, errcode }: Fields): boolean =>
  code === '23505' || (typeof errcode === 'number' && uniqueSqlite.has(errcode));

const isStorageFull = (fields: Fields): boolean =>
  fields.code === '53100' || fields.code === 'ENOSPC' || fields.code === 'EDQUOT' || sqliteCode(fields) === 13;

const isUnavailable = (fields: Fields): boolean => {
  const sqlite = sqliteCode(fields);
  if (sqlite !== undefined) return unavailableSqlite.has(sqlite);
  const { code, message } = fields;
  if (typeof code === 'string') return networkCodes.has(code) || unavailableStates.test(code);
  return typeof message === 'string' && connectionTexts.some((text) => message.includes(text));
};

export const isCorruption = (error: unknown): boolean => corruptSqlite.has(sqliteCode(Object(error)) ?? 0);

/** SQLite: another connection holds what this one needs. */
export const isBusy = (error: unknown): boolean => sqliteCode(Object(error)) === 5;

export const toAppError = (error: unknown): AppError => {
  if (isAppError(error)) return error;
  const fields = Object(error) as Fields;
  if (isUnique(fields)) return new AppError('CONFLICT', 'This already exists', { cause: error });
  if (isStorageFull(fields)) {
    return new AppError('INSUFFICIENT_STORAGE', 'The disk of the database is full', { cause: error });
  }
  if (isUnavailable(fields)) {
    return new AppError('SERVICE_UNAVAILABLE', 'The database is not available at the moment', {
      cause: error,
      retryAfter: retryAfterSeconds,
    });
  }
  if (isCorruption(error)) return new AppError('INTERNAL_ERROR', 'The database file is damaged', { cause: error });
  return new AppError('INTERNAL_ERROR', 'The database refused a statement', { cause: error });
};

/** For callers that expect a race: the row exists already. */
export const isUniqueViolation = (error: unknown): boolean =>
  isAppError(error, 'CONFLICT') && isUnique(Object(error.cause) as Fields);
