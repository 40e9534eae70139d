/**
 * The one error type of the server. Services throw a code and a sentence a person understands; only `http/` knows what
 * status a code has. `message` and `details` may reach a client, so they never hold SQL, paths, hosts or keys; what a
 * developer needs goes into `cause`, which only the log sees.
 */
import type { ErrorCode } from '@hearth/contract';

export type AppErrorOptions = {
  cause?: unknown;
  details?: Record<string, unknown>;
  /** Seconds after which the same call may succeed. */
  retryAfter?: number;
};

export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: Record<string, unknown> | undefined;
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.details = options.details;
    this.retryAfter = options.retryAfter;
  }
}

/** True for an `AppError`, and with `code` only for one of that code. */
export const isAppError = (value: unknown, code?: ErrorCode): value is AppError =>
  value instanceof AppError && (code === undefined || value.code === code);

/** A field of a request that is wrong in a way its schema cannot tell. */
export const invalidField = (path: string, message: string): AppError =>
  new AppError('VALIDATION_ERROR', `${path}: ${message}`, { details: { issues: [{ path, message }] } });
