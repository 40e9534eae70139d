/**
 * Error codes and the one error shape of the API. Services throw codes, never statuses; `errorStatus` is the only map
 * from one to the other. Rule: api.md, section "Common".
 */
import { z } from 'zod';

/** HTTP status of each error code. Codes that end in `_NOT_FOUND` or name a conflict say which thing is meant. */
export const errorStatus = {
  VALIDATION_ERROR: 422,
  BAD_REQUEST: 400,
  AUTHENTICATION_ERROR: 401,
  CODE_INVALID: 401,
  KEY_EXPIRED: 401,
  BUDGET_EXCEEDED: 402,
  FORBIDDEN: 403,
  CONFIRMATION_REQUIRED: 403,
  NOT_FOUND: 404,
  SESSION_NOT_FOUND: 404,
  APPROVAL_NOT_FOUND: 404,
  API_KEY_NOT_FOUND: 404,
  CHECKPOINT_NOT_FOUND: 404,
  REQUEST_TIMEOUT: 408,
  CONFLICT: 409,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  MISDIRECTED_REQUEST: 421,
  RATE_LIMIT_EXCEEDED: 429,
  INTERNAL_ERROR: 500,
  SERVICE_UNAVAILABLE: 503,
  INSUFFICIENT_STORAGE: 507,
} as const;
export type ErrorCode = keyof typeof errorStatus;

/** Codes that only appear inside a run's event stream, because the HTTP answer has already begun. */
export const runErrorCodes = [
  'MODEL_AUTHENTICATION',
  'MODEL_RATE_LIMITED',
  'MODEL_OVERLOADED',
  'MODEL_UNAVAILABLE',
  'MODEL_REFUSED',
  'WORKER_DIED',
  'WORKER_TIMEOUT',
  'OUTPUT_LIMIT',
  'SERVER_STOPPED',
  'SLOW_READER',
  'KEY_REVOKED',
] as const;
export type RunErrorCode = (typeof runErrorCodes)[number];

export const errorBodySchema = z
  .object({
    error: z.object({
      code: z.string().describe('Stable, machine-readable'),
      message: z.string().describe('A sentence a person understands'),
      type: z.string().optional().describe('`rate_limit_exceeded` on 429'),
      retry_after: z.number().int().optional().describe('Seconds, on 429 and 503'),
      details: z.record(z.string(), z.unknown()).optional(),
    }),
  })
  .meta({ id: 'Error' });
export type ErrorBody = z.infer<typeof errorBodySchema>;
