/** Builders for every failure the stand-in can be told to have. Each takes step options (`delayMs`, `when`, `repeat`). */
import type { Block } from './protocol.ts';
import type { Failure, Fault, StepOptions } from './script.ts';

interface StreamOptions extends StepOptions {
  /** What would have been answered; a short text when left out. */
  content?: Block[];
  /** Whole events sent before it goes wrong. */
  afterEvents?: number;
}

const failure = (fault: Fault, options: StepOptions): Failure => ({
  kind: 'failure',
  fault,
  delayMs: options.delayMs,
  tokensPerSecond: options.tokensPerSecond,
  when: options.when,
  repeat: options.repeat,
});

const http =
  (status: number, errorType: string, defaultMessage: string) =>
  (options: StepOptions & { message?: string; retryAfterSeconds?: number; shouldRetry?: boolean } = {}): Failure =>
    failure(
      {
        type: 'http',
        status,
        errorType,
        message: options.message ?? defaultMessage,
        retryAfterSeconds: options.retryAfterSeconds,
        shouldRetry: options.shouldRetry,
      },
      options,
    );

/** message_start, ping, content_block_start, one delta: enough that the client has shown something. */
const someEvents = 4;

export const fail = {
  badRequest: http(400, 'invalid_request_error', 'The request was not valid.'),
  authentication: http(401, 'authentication_error', 'invalid x-api-key'),
  permission: http(403, 'permission_error', 'Your API key does not have permission to use the specified resource.'),
  modelNotFound: http(404, 'not_found_error', 'model: not-a-model'),
  rateLimited: http(429, 'rate_limit_error', 'This request would exceed your rate limit. Please try again later.'),
  server: http(500, 'api_error', 'Internal server error'),
  overloaded: http(529, 'overloaded_error', 'Overloaded'),
  /** An `error` event in the middle of the stream. */
  midStream: (options: StreamOptions & { errorType?: string; message?: string } = {}): Failure =>
    failure(
      {
        type: 'error_event',
        afterEvents: options.afterEvents ?? someEvents,
        errorType: options.errorType ?? 'overloaded_error',
        message: options.message ?? 'Overloaded',
        content: options.content,
      },
      options,
    ),
  /** The socket is destroyed after some events. */
  cut: (options: StreamOptions = {}): Failure =>
    failure({ type: 'cut', afterEvents: options.afterEvents ?? someEvents, content: options.content }, options),
  /** A broken line of JSON among the events, then the stream ends. */
  malformed: (options: StreamOptions = {}): Failure =>
    failure({ type: 'malformed', afterEvents: options.afterEvents ?? someEvents, content: options.content }, options),
  /** The right answer, a few bytes at a time. */
  slow: (options: StepOptions & { content?: Block[]; bytesPerPiece?: number; pauseMs?: number } = {}): Failure =>
    failure(
      {
        type: 'slow',
        bytesPerPiece: options.bytesPerPiece ?? 16,
        pauseMs: options.pauseMs ?? 100,
        content: options.content,
      },
      options,
    ),
  /** Accepts the request and never answers, until the client goes or the server closes. */
  silent: (options: StepOptions = {}): Failure => failure({ type: 'silent' }, options),
};
