/**
 * The one error type of this package. `status` is 0 when no answer came at all; then `code` is `NETWORK`.
 * Codes of the server are passed on as they are.
 */
import type { ErrorBody } from '@hearth/contract';

export interface ApiErrorInit {
  status: number;
  code: string;
  message: string;
  retryAfter?: number;
  details?: Record<string, unknown>;
  correlationId?: string;
  cause?: unknown;
}

export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  /** Seconds to wait before trying again. */
  readonly retryAfter?: number;
  readonly details?: Record<string, unknown>;
  /** Names the request in the server's log. */
  readonly correlationId?: string;

  constructor(init: ApiErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.name = 'ApiError';
    this.status = init.status;
    this.code = init.code;
    this.retryAfter = init.retryAfter;
    this.details = init.details;
    this.correlationId = init.correlationId;
  }
}

export const isApiError = (error: unknown, code?: string): error is ApiError =>
  error instanceof ApiError && (code === undefined || error.code === code);

export const networkError = (message: string, cause?: unknown): ApiError =>
  new ApiError({ status: 0, code: 'NETWORK', message, cause });

/** Retry-After is either seconds or a date. */
const retryAfterOf = (response: Response): number | undefined => {
  const header = response.headers.get('retry-after');
  if (header === null) return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const until = Date.parse(header) - Date.parse(response.headers.get('date') ?? '');
  return Number.isFinite(until) ? Math.max(0, until / 1000) : undefined;
};

const parseBody = (text: string): Partial<ErrorBody> => {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    // Something between us and the server answered, for example a proxy with an HTML page: the status must do.
    return {};
  }
};

/** Reads the error that a failed answer carries. Never throws. */
export const errorFromResponse = async (response: Response): Promise<ApiError> => {
  const text = await response.text().catch(() => '');
  const error = parseBody(text).error;
  return new ApiError({
    status: response.status,
    code: error?.code ?? `HTTP_${response.status}`,
    message: error?.message ?? `The server answered with status ${response.status}`,
    retryAfter: retryAfterOf(response) ?? error?.retry_after,
    details: error?.details,
    correlationId: response.headers.get('x-correlation-id') ?? undefined,
  });
};
