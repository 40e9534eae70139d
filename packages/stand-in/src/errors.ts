/** Errors in the shape of the Messages API: body and status. */

export interface ApiError {
  status: number;
  type: string;
  message: string;
  retryAfterSeconds?: number;
}

export const errorBody = (error: Pick<ApiError, 'type' | 'message'>, requestId: string) => ({
  type: 'error' as const,
  error: { type: error.type, message: error.message },
  request_id: requestId,
});

export const notFound = (path: string): ApiError => ({
  status: 404,
  type: 'not_found_error',
  message: `Not Found: ${path}`,
});

export const invalidRequest = (message: string): ApiError => ({
  status: 400,
  type: 'invalid_request_error',
  message,
});

export const tooLarge: ApiError = {
  status: 413,
  type: 'request_too_large',
  message: 'Request exceeds the maximum size',
};
