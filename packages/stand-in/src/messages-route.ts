/**
 * `POST /v1/messages` without HTTP: a parsed body in, a delivery out. Scripts come first, then the brain; a brain that
 * throws answers with an API error instead of breaking the server.
 */
import { type Delivery, toDelivery } from './delivery.ts';
import { fail } from './fail.ts';
import { createMessage, type Message } from './message.ts';
import { type ModelRequest, toModelRequest } from './model-request.ts';
import { isKnownModel } from './models.ts';
import type { PromptCache } from './prompt-cache.ts';
import type { Block, MessagesBody } from './protocol.ts';
import type { WritableRequestLog } from './request-log.ts';
import { type Answer, type Brain, type Failure, type Step, toPlan } from './script.ts';
import type { ScriptPlayer } from './script-player.ts';
import { tokensOfText } from './tokens.ts';

export interface MessagesRouteDeps {
  player: ScriptPlayer;
  brain: Brain;
  cache: PromptCache;
  log: WritableRequestLog;
  tokensPerSecond: number;
}

export interface Incoming {
  body: MessagesBody;
  bytes: number;
  headers: Record<string, string>;
  key: string;
  requestId: string;
}

const defaultContent: Block[] = [{ type: 'text', text: 'This is the beginning of an answer that does not go well.' }];

const contentOf = (plan: Answer | Failure): Block[] => {
  if (plan.kind === 'answer') return plan.content;
  return 'content' in plan.fault ? (plan.fault.content ?? defaultContent) : defaultContent;
};

/** A plain text longer than the client allows is cut off, as the API does. */
const withinLimit = (plan: Answer | Failure, maxTokens: number): Answer | Failure => {
  if (plan.kind === 'failure') return plan;
  const [only, ...others] = plan.content;
  if (only?.type !== 'text' || others.length > 0 || tokensOfText(only.text) <= maxTokens) return plan;
  return { ...plan, content: [{ type: 'text', text: only.text.slice(0, maxTokens * 4) }], stopReason: 'max_tokens' };
};

export const createMessagesRoute = ({ player, brain, cache, log, tokensPerSecond }: MessagesRouteDeps) => {
  let made = 0;

  const think = (request: ModelRequest): Step => {
    try {
      return brain(request);
    } catch (error) {
      return fail.server({ message: `The brain failed: ${error instanceof Error ? error.message : String(error)}` });
    }
  };

  const decide = (request: ModelRequest): { step: Step; by: 'script' | 'brain' } => {
    const scripted = player.next(request);
    if (scripted !== undefined) return { step: scripted, by: 'script' };
    if (isKnownModel(request.model)) return { step: think(request), by: 'brain' };
    return { step: fail.modelNotFound({ message: `model: ${request.model}` }), by: 'brain' };
  };

  return (incoming: Incoming): Delivery => {
    const { body } = incoming;
    const request = toModelRequest(body, incoming.headers['x-claude-code-session-id'] ?? null);
    const { step, by } = decide(request);
    const { bytes, ...logged } = incoming;
    made += 1;
    log.add({ ...logged, number: made, sessionId: request.sessionId, request, answeredBy: by }, bytes);
    const plan = withinLimit(toPlan(step), body.max_tokens);
    const message = messageFor(plan, body, made);
    return toDelivery({
      plan,
      message,
      stream: body.stream === true,
      requestId: incoming.requestId,
      tokensPerSecond,
    });
  };

  function messageFor(plan: Answer | Failure, body: MessagesBody, number: number): Message {
    const stop = plan.kind === 'answer' ? { stopReason: plan.stopReason, stopSequence: plan.stopSequence } : {};
    // A refused request is not billed and leaves nothing in the cache.
    const billed = plan.kind === 'answer' || plan.fault.type !== 'http';
    const usage = billed
      ? cache.account(body)
      : { input_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
    return createMessage({ body, content: contentOf(plan), ...stop, usage, number });
  }
};

export type MessagesRoute = ReturnType<typeof createMessagesRoute>;
