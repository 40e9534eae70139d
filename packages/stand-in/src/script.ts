/**
 * What a script may say, and short builders for it. A step is plain data (apart from matchers), so the same shapes can
 * be sent over HTTP to `/stand-in/script`.
 * Invariant: a step describes one answer; the player, not the step, remembers what was used up.
 */
import type { ModelRequest } from './model-request.ts';
import type { Block, StopReason } from './protocol.ts';

/** Text: contained in the last human text or a tool result, whatever the case. */
export type Matcher = string | RegExp | ((request: ModelRequest) => boolean);

export interface StepOptions {
  /** Wait before the first byte. */
  delayMs?: number;
  /** Overrides the server's pace for this answer; 0 is instantly. */
  tokensPerSecond?: number;
  /** The step is passed over (and kept) until a request matches. */
  when?: Matcher;
  /** Never used up. */
  repeat?: boolean;
}

export interface Answer extends StepOptions {
  kind: 'answer';
  content: Block[];
  stopReason?: StopReason;
  stopSequence?: string;
}

/** What goes wrong. `content` is the answer that would have come; counts are of whole server-sent events. */
export type Fault =
  | {
      type: 'http';
      status: number;
      errorType: string;
      message: string;
      retryAfterSeconds?: number;
      shouldRetry?: boolean;
    }
  | { type: 'error_event'; afterEvents: number; errorType: string; message: string; content?: Block[] }
  | { type: 'cut'; afterEvents: number; content?: Block[] }
  | { type: 'malformed'; afterEvents: number; content?: Block[] }
  | { type: 'slow'; bytesPerPiece: number; pauseMs: number; content?: Block[] }
  | { type: 'silent' };

export interface Failure extends StepOptions {
  kind: 'failure';
  fault: Fault;
}

export type Step = string | Block | Block[] | Answer | Failure;
export type StepFunction = (request: ModelRequest) => Step | undefined;
/** A list is used up in order; a function decides anew each time. `undefined` leaves the request to the brain. */
export type Script = Step[] | StepFunction;

/** Decides what is answered when no script does. */
export type Brain = (request: ModelRequest) => Step;

export const text = (value: string): Block => ({ type: 'text', text: value });
export const thinking = (value: string): Block => ({ type: 'thinking', thinking: value });
export const toolUse = (name: string, input: Record<string, unknown> = {}): Block => ({
  type: 'tool_use',
  name,
  input,
});

/** A full answer: several blocks, another stop reason, its own pace or condition. */
export const answer = (content: string | Block | Block[], options: Omit<Answer, 'kind' | 'content'> = {}): Answer => ({
  kind: 'answer',
  content: toBlocks(content),
  ...options,
});

const toBlocks = (content: string | Block | Block[]): Block[] => {
  if (typeof content === 'string') return [text(content)];
  return Array.isArray(content) ? content : [content];
};

/** Every step as an answer or a failure. */
export const toPlan = (step: Step): Answer | Failure => {
  if (typeof step === 'string' || Array.isArray(step) || !('kind' in step)) return answer(step);
  return step;
};
