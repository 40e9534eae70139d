/**
 * From any thrown thing to the one error shape. Only an `AppError` speaks to the client; everything else becomes
 * INTERNAL_ERROR with a correlation id, and its details go to the log alone.
 */
import { type ErrorBody, errorStatus } from '@hearth/contract';
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { AppError, isAppError } from '../kernel/errors.ts';
import type { Log } from '../kernel/log.ts';
import type { HttpEnv } from './context.ts';

const fromHttpException = (error: HTTPException): AppError => {
  if (error.status === 413) return new AppError('PAYLOAD_TOO_LARGE', 'The request is too large.');
  if (error.status === 400) return new AppError('BAD_REQUEST', 'The request body is not valid JSON.');
  if (error.status === 404) return new AppError('NOT_FOUND', 'There is nothing here.');
  return new AppError('BAD_REQUEST', 'The request cannot be read.', { cause: error });
};

export const asAppError = (error: unknown): AppError => {
  if (isAppError(error)) return error;
  if (error instanceof HTTPException) return fromHttpException(error);
  return new AppError('INTERNAL_ERROR', 'Something went wrong on the server. The log has the details.', {
    cause: error,
  });
};

export const errorBody = (error: AppError): ErrorBody => ({
  error: {
    code: error.code,
    message: error.message,
    ...(error.code === 'RATE_LIMIT_EXCEEDED' ? { type: 'rate_limit_exceeded' } : {}),
    ...(error.retryAfter === undefined ? {} : { retry_after: error.retryAfter }),
    ...(error.details === undefined ? {} : { details: error.details }),
  },
});

export const errorResponse = (c: Context<HttpEnv>, error: AppError): Response => {
  if (error.retryAfter !== undefined) c.header('Retry-After', String(error.retryAfter));
  return c.json(errorBody(error), errorStatus[error.code] as ContentfulStatusCode);
};

export const createErrorHandler =
  (log: Log) =>
  (thrown: unknown, c: Context<HttpEnv>): Response => {
    const error = asAppError(thrown);
    if (errorStatus[error.code] >= 500) {
      log.error(
        { err: error.cause ?? error, code: error.code, correlation_id: c.var.correlationId, path: c.req.path },
        'request failed',
      );
    }
    return errorResponse(c, error);
  };
