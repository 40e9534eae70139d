/**
 * One request: address, key, JSON in, JSON or an event stream out. Every failure leaves here as an `ApiError`,
 * except an abort by the caller, which stays an `AbortError`.
 */
import { errorFromResponse, networkError } from './api-error.ts';
import type { Clock } from './clock.ts';

export type QueryValue = string | number | boolean | undefined;

export interface RequestOptions {
  query?: Readonly<Record<string, QueryValue>>;
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
  /** 0 waits for ever. Default 30 s; streams are only timed until their headers arrive. */
  timeoutMs?: number;
}

export interface Transport {
  json<Answer>(method: string, path: string, options?: RequestOptions): Promise<Answer>;
  /** As `json`, for an answer that is text. */
  text(method: string, path: string, options?: RequestOptions): Promise<string>;
  /** Where a call goes, for links. */
  url(path: string, query?: RequestOptions['query']): string;
  /** Opens an event stream and returns its body. */
  open(method: string, path: string, options?: RequestOptions): Promise<ReadableStream<Uint8Array>>;
}

export interface TransportDeps {
  baseUrl: string;
  apiKey?: string;
  fetch: typeof fetch;
  clock: Clock;
}

const defaultTimeoutMs = 30_000;

const queryString = (query: RequestOptions['query']): string => {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) params.set(name, String(value));
  }
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
};

/** Ties the caller's signal to a timeout. `timedOut` tells an own abort from the caller's. */
const createDeadline = (clock: Clock, options: RequestOptions) => {
  const controller = new AbortController();
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  const state = { timedOut: false };
  const expire = (): void => {
    state.timedOut = true;
    controller.abort();
  };
  const forward = (): void => controller.abort(options.signal?.reason);
  if (options.signal?.aborted) forward();
  options.signal?.addEventListener('abort', forward);
  const stopTimer = timeoutMs > 0 ? clock.timer(timeoutMs, expire) : () => {};
  const release = (): void => {
    stopTimer();
    options.signal?.removeEventListener('abort', forward);
  };
  return { signal: controller.signal, state, stopTimer, release };
};

type Deadline = ReturnType<typeof createDeadline>;

const translate = (error: unknown, deadline: Deadline, caller?: AbortSignal): unknown => {
  if (caller?.aborted) return caller.reason;
  if (deadline.state.timedOut) return networkError('The server did not answer in time', error);
  return networkError('The server cannot be reached', error);
};

export const createTransport = (deps: TransportDeps): Transport => {
  const origin = deps.baseUrl.replace(/\/+$/, '');

  const url: Transport['url'] = (path, query) => `${origin}${path}${queryString(query)}`;

  const send = (method: string, path: string, accept: string, options: RequestOptions, signal: AbortSignal) => {
    const headers: Record<string, string> = { ...options.headers, accept };
    if (deps.apiKey !== undefined) headers['x-api-key'] = deps.apiKey;
    const hasBody = options.body !== undefined;
    if (hasBody) headers['content-type'] = 'application/json';
    const body = hasBody ? JSON.stringify(options.body) : undefined;
    // A key in a header must never follow a redirect to another place.
    const redirect = deps.apiKey === undefined ? 'follow' : 'error';
    return deps.fetch(url(path, options.query), { method, headers, body, signal, redirect });
  };

  const read = async (method: string, path: string, accept: string, options: RequestOptions): Promise<string> => {
    const deadline = createDeadline(deps.clock, options);
    try {
      const response = await send(method, path, accept, options, deadline.signal).catch((error) => {
        throw translate(error, deadline, options.signal);
      });
      if (!response.ok) throw await errorFromResponse(response);
      return await response.text().catch((error) => {
        throw translate(error, deadline, options.signal);
      });
    } finally {
      deadline.release();
    }
  };

  const json = async <Answer>(method: string, path: string, options: RequestOptions = {}): Promise<Answer> =>
    parseAnswer<Answer>(await read(method, path, 'application/json', options));

  const open = async (method: string, path: string, options: RequestOptions = {}) => {
    const deadline = createDeadline(deps.clock, options);
    try {
      const response = await send(method, path, 'text/event-stream', options, deadline.signal).catch((error) => {
        throw translate(error, deadline, options.signal);
      });
      if (!response.ok) throw await errorFromResponse(response);
      if (response.body === null || !isEventStream(response)) {
        await response.body?.cancel();
        throw networkError('The server answered with something that is not an event stream');
      }
      return response.body;
    } finally {
      // After this the reader of the body owns cancellation: see `readSse`.
      deadline.release();
    }
  };

  return { json, text: (method, path, options = {}) => read(method, path, '*/*', options), url, open };
};

const isEventStream = (response: Response): boolean =>
  (response.headers.get('content-type') ?? '').startsWith('text/event-stream');

/** The one place where foreign JSON becomes a typed value: the server has validated it against the same contract. */
const parseAnswer = <Answer>(text: string): Answer => {
  try {
    return JSON.parse(text === '' ? 'null' : text);
  } catch (error) {
    throw networkError('The server answered with something that is not JSON', error);
  }
};
