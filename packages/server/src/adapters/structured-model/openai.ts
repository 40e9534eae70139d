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

/** Some models put their JSON between code fences, whatever they are asked for. */
const withoutFence = (text: string): string => /^\s*```(?:json)?\s*([\s\S]*?)\s*```\s*$/.exec(text)?.[1] ?? text;

export const createOpenAiModel = ({
  url,
  model,
  apiKey,
  clock,
  policy,
}: OpenAiModelDeps): StructuredModel & { ping(): Promise<void>; close(): void } => {
  const headers: Record<string, string> = apiKey ? { authorization: `Bearer ${apiKey}` } : {};
  const http = createHttpClient({
    url,
    headers,
    connectMs: policy.limits.connectMs,
    clock,
    away: 'The model that finds facts cannot be reached.',
  });

  return {
    ask: ({ system, text, schema, signal }) =>
      policy.run(async (limit) => {
        const body = {
          model,
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
        const answer = await http.send({ method: 'POST', path: '/chat/completions', body }, limit);
        if (answer.status !== 200) throw away(`The model that finds facts answered with status ${answer.status}.`);
        const content = tryParseJson(answerShape, answer.text)?.choices[0]?.message.content;
        const value = content === undefined ? undefined : tryParseJson(z.json(), withoutFence(content));
        if (value === undefined) throw away('The model that finds facts answered with something that is not JSON.');
        return value;
      }, signal),
    ping: () =>
      policy.run(async (limit) => {
        const answer = await http.send({ method: 'GET', path: '/models' }, limit);
        // Not every gateway lists its models; that it answers at all is what counts.
        if (answer.status >= 500) throw away(`The model that finds facts answered with status ${answer.status}.`);
      }),
    close: () => http.close(),
  };
};
