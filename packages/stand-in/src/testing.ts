/** Helpers for the tests of this package: small requests, and events read back from a stream. */
import { z } from 'zod';
import { createHouseholdBrain } from './brain/index.ts';
import { toModelRequest } from './model-request.ts';
import { type MessagesBody, messagesRequestSchema } from './protocol.ts';
import { type Answer, type Failure, toPlan } from './script.ts';

export interface TestMessage {
  role: 'user' | 'assistant' | 'system';
  content: string | Record<string, unknown>[];
}

export const user = (content: TestMessage['content']): TestMessage => ({ role: 'user', content });
export const assistant = (content: TestMessage['content']): TestMessage => ({ role: 'assistant', content });

export const requestBody = (messages: TestMessage[], extra: Record<string, unknown> = {}): MessagesBody =>
  messagesRequestSchema.parse({ model: 'claude-opus-5-5', max_tokens: 4096, messages, ...extra });

export const offers = (...names: string[]) => names.map((name) => ({ name, input_schema: { type: 'object' } }));

const usualTools = offers('Bash', 'Write', 'Read', 'Grep', 'WebFetch', 'AskUserQuestion', 'TodoWrite', 'Agent');

/** Wednesday. */
export const testNow = new Date(2026, 4, 13, 10, 30);

export const usualContext = { system: 'Primary working directory: /home/test/work\n', tools: usualTools };

/** The brain's plan for a conversation, with the usual tools unless told otherwise. */
export const ask = (
  messages: TestMessage[] | string,
  extra: Record<string, unknown> = usualContext,
): Answer | Failure => {
  const list = typeof messages === 'string' ? [user(messages)] : messages;
  const brain = createHouseholdBrain({ now: () => testNow });
  return toPlan(brain(toModelRequest(requestBody(list, extra), 'session-1')));
};

export const contentOf = (plan: Answer | Failure) => (plan.kind === 'answer' ? plan.content : []);

export const textOf = (plan: Answer | Failure): string =>
  contentOf(plan)
    .map((block) => (block.type === 'text' ? block.text : ''))
    .join('\n');

export const toolsOf = (plan: Answer | Failure) =>
  contentOf(plan).flatMap((block) => (block.type === 'tool_use' ? [{ name: block.name, input: block.input }] : []));

export interface ReadEvent {
  event: string;
  data: Record<string, unknown>;
}

/** The events of a finished stream. */
export const readEvents = (stream: string): ReadEvent[] =>
  stream
    .split('\n\n')
    .filter((part) => part !== '')
    .map((part) => ({
      // Not `.`, which stops at the line separators of Unicode; only a line feed ends a line here.
      event: /^event: ([^\n]*)$/m.exec(part)?.[1] ?? '',
      data: JSON.parse(/^data: ([^\n]*)$/m.exec(part)?.[1] ?? '{}'),
    }));

export const post = (url: string, body: unknown, headers: Record<string, string> = { 'x-api-key': 'sk-test' }) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

const reply = z.looseObject({
  id: z.string().default(''),
  type: z.string().default(''),
  stop_reason: z.string().nullable().default(null),
  stop_sequence: z.string().nullable().default(null),
  content: z.array(z.looseObject({ text: z.string().default('') })).default([]),
  error: z.looseObject({ type: z.string(), message: z.string() }).default({ type: '', message: '' }),
  data: z.array(z.looseObject({ id: z.string() })).default([]),
  input_tokens: z.number().default(-1),
  count: z.number().default(-1),
});

/** Any JSON answer of the stand-in; what is not there is empty. */
export const readReply = async (response: Response) => reply.parse(await response.json());
