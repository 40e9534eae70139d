/** Embedding services over HTTP: what their answers mean. What they say themselves may repeat a text, so nobody logs it. */
import type { z } from 'zod';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import { tryParseJson } from '../../kernel/json.ts';
import { createHttpClient, type HttpAnswer, type HttpCall } from '../http/client.ts';

export interface EmbeddingHttp {
  /** Null when it was too much at once or too long: less of it may be taken. */
  ask<T>(call: HttpCall, schema: z.ZodType<T>, signal: AbortSignal): Promise<T | null>;
  /** Whether a service is there that takes our key; not every one has every path. */
  probe(path: string, signal: AbortSignal): Promise<void>;
  close(): void;
}

export interface EmbeddingHttpDeps {
  url: string;
  apiKey?: string | undefined;
  connectMs: number;
  clock: Clock;
}

export const unavailable = (message: string, cause: unknown): AppError =>
  new AppError('SERVICE_UNAVAILABLE', message, { cause, retryAfter: 5 });

export const wrongAnswer = (detail: string): AppError =>
  unavailable('The embedding service answered with something that is not vectors', new Error(detail));

const tooMuch: ReadonlySet<number> = new Set([400, 413, 422]);

/** Asking again does not help, so the policy neither repeats nor counts it. Callers of the embedder never see the code. */
export const hopeless = (message: string, cause: unknown): AppError => new AppError('BAD_REQUEST', message, { cause });

const problemOf = ({ status }: HttpAnswer): AppError | undefined => {
  const cause = new Error(`status ${status}`);
  if (status >= 200 && status < 300) return undefined;
  if (status === 401 || status === 403) return hopeless('The embedding service does not accept the key', cause);
  if (status === 404 || status === 405)
    return hopeless('The embedding service does not know the address or the model', cause);
  if (status === 429) return unavailable('The embedding service is overloaded', cause);
  return unavailable('The embedding service failed', cause);
};

export const createEmbeddingHttp = ({ url, apiKey, connectMs, clock }: EmbeddingHttpDeps): EmbeddingHttp => {
  const headers: Record<string, string> = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  const away = 'The embedding service cannot be reached';
  const client = createHttpClient({ url, headers, connectMs, clock, away });
  return {
    async ask(call, schema, signal) {
      const answer = await client.send(call, signal);
      if (tooMuch.has(answer.status)) return null;
      const problem = problemOf(answer);
      if (problem) throw problem;
      const parsed = tryParseJson(schema, answer.text);
      if (parsed === undefined) throw wrongAnswer(`${call.path} gave a foreign answer`);
      return parsed;
    },
    async probe(path, signal) {
      const answer = await client.send({ method: 'GET', path }, signal);
      const problem = answer.status === 404 || answer.status === 405 ? undefined : problemOf(answer);
      if (problem) throw problem;
    },
    close: client.close,
  };
};
