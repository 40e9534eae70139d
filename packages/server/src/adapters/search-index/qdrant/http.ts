/** Qdrant's REST API: what its answers mean, and that they are its own. The official client checks none of them. */
import type { z } from 'zod';
import type { Clock } from '../../../kernel/clock.ts';
import { AppError } from '../../../kernel/errors.ts';
import { tryParseJson } from '../../../kernel/json.ts';
import { createHttpClient, type HttpAnswer, type HttpCall } from '../../http/client.ts';

export interface QdrantCall<T> extends HttpCall {
  schema: z.ZodType<T>;
}

export interface QdrantHttp {
  /** `undefined` when what the path names is not there. */
  send<T>(call: QdrantCall<T>, signal: AbortSignal): Promise<T | undefined>;
  close(): void;
}

export interface QdrantHttpDeps {
  url: string;
  apiKey?: string | undefined;
  connectMs: number;
  clock: Clock;
}

/** What went wrong is for the log; people read that the index is away. */
const away = 'The search index is not available at the moment';
export const unavailable = (cause: unknown, message = away): AppError =>
  new AppError('SERVICE_UNAVAILABLE', message, { cause, retryAfter: 5 });

const judge = <T>(call: QdrantCall<T>, { status, text }: HttpAnswer): T | undefined => {
  const cause = new Error(`${call.method} ${call.path}: status ${status}: ${text.slice(0, 500)}`);
  if (status === 404 && /doesn't exist|not found/i.test(text)) return undefined;
  if (status === 401 || status === 403) throw unavailable(cause, 'The search index does not accept the key');
  // Ours to mend: trying again or waiting does not help.
  if (status === 400 || status === 409 || status === 422) {
    throw new AppError('INTERNAL_ERROR', 'The search index did not accept what it was given', { cause });
  }
  if (status < 200 || status > 299) throw unavailable(cause);
  const parsed = tryParseJson(call.schema, text);
  if (parsed === undefined) throw unavailable(new Error(`${call.method} ${call.path} gave a foreign answer`));
  return parsed;
};

export const createQdrantHttp = ({ url, apiKey, connectMs, clock }: QdrantHttpDeps): QdrantHttp => {
  const headers: Record<string, string> = apiKey === undefined ? {} : { 'api-key': apiKey };
  const client = createHttpClient({ url, headers, connectMs, clock, away });
  return {
    send: async (call, signal) => judge(call, await client.send(call, signal)),
    close: client.close,
  };
};
