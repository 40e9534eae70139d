/** Any model with the OpenAI shape (`POST …/chat/completions`): for households that find facts with one of their own. */
import { z } from 'zod';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import { tryParseJson } from '../../kernel/json.ts';
import type { DependencyPolicy } from '../../kernel/policies.ts';
import type { StructuredModel } from '../../ports/structured-model.ts';
import { createHttpClient } from '../http/client.ts';

export interface OpenAiModelDeps {
  /** With its version, for example "http://localhost:11434/v1". */
  url: string;
  model: string;
  apiKey?: string | undefined;
  clock: Clock;
  /** Of `createPolicies().extraction`. */
  policy: DependencyPolicy;
}

const answerShape = z.object({ choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1) });

const away = (message: string): AppError => new AppError('SERVICE_UNAVAILABLE', message, { retryAfter: 60 });
const notAnswered = (status: number): AppError =>
  status === 401 || status === 403
    ? away(`The model that finds facts does not accept the key (status ${status}).`)
    : away(`The model that finds facts answered with status ${status}.`);

/** Some models put their JSON between code fences, whatever they are asked for. */
const withoutFence = (text: string): string => /^\s*```(?:json)?\s*([\s\S]*?)\s*```\s*$/.exec(text)?.[1] ?? text;

export interface OpenAiModel extends StructuredModel {
  ping(): Promise<void>;
  /** Asks for one word: only a question shows whether key and name of the model are right. */
  prove(): Promise<void>;
  close(): void;
}

export const createOpenAiModel = ({ url, model, apiKey, clock, policy }: OpenAiModelDeps): OpenAiModel => {
  const headers: Record<string, string> = apiKey ? { authorization: `Bearer ${apiKey}` } : {};
  const http = createHttpClient({
    url,
    headers,
    connectMs: policy.limits.connectMs,
    clock,
    away: 'The model that finds facts cannot be reached.',
  });

  const complete = async (body: object, limit: AbortSignal) => {
    const answer = await http.send({ method: 'POST', path: '/chat/completions', body: { model, ...body } }, limit);
    if (answer.status !== 200) throw notAnswered(answer.status);
    return answer;
  };

  return {
    ask: ({ system, text, schema, signal }) =>
      policy.run(async (limit) => {
        const body = {
          temperature: 0,
          messages: [
            // The schema in words too: not every server keeps to `response_format`.
            {
              role: 'system',
              content: `${system}\n\nAnswer with JSON alone, by this schema:\n${JSON.stringify(schema)}`,
            },
            { role: 'user', content: text },
          ],
          response_format: { type: 'json_schema', json_schema: { name: 'answer', schema } },
        };
        const answer = await complete(body, limit);
        const content = tryParseJson(answerShape, answer.text)?.choices[0]?.message.content;
        const value = content === undefined ? undefined : tryParseJson(z.json(), withoutFence(content));
        if (value === undefined) throw away('The model that finds facts answered with something that is not JSON.');
        return value;
      }, signal),
    ping: () =>
      policy.run(async (limit) => {
        const answer = await http.send({ method: 'GET', path: '/models' }, limit);
        // Not every gateway lists its models; that it answers at all is what counts.
        if (answer.status >= 500) throw notAnswered(answer.status);
      }),
    prove: () =>
      policy.run(async (limit) => {
        await complete({ messages: [{ role: 'user', content: 'Reply with the single word OK.' }] }, limit);
      }),
    close: () => http.close(),
  };
};
