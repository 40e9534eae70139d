/**
 * How an answer or a failure goes over the wire: status, headers, the pieces with the pause before each, and whether
 * the connection then ends properly. Pure; nothing is sent here.
 * Invariant: a fault never makes a stream longer than the right answer would have been.
 */
import { errorBody } from './errors.ts';
import type { Message } from './message.ts';
import type { Answer, Failure, Fault } from './script.ts';
import { encodeEvent, type StreamEvent, toErrorEvent, toStreamEvents } from './stream-events.ts';

export interface Piece {
  data: string | Buffer;
  pauseMs: number;
}

export interface Delivery {
  status: number;
  headers: Record<string, string>;
  delayMs: number;
  pieces: Piece[];
  /** `silence` sends nothing at all and waits for the client to go. */
  ending: 'end' | 'destroy' | 'silence';
}

export interface DeliveryInput {
  plan: Answer | Failure;
  message: Message;
  stream: boolean;
  requestId: string;
  tokensPerSecond: number;
}

type Body = Pick<Delivery, 'pieces' | 'ending'>;

const json = { 'content-type': 'application/json' };
const eventStream = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' };

const whole = (data: string): Piece[] => [{ data, pauseMs: 0 }];
const half = (data: string): Piece[] => whole(data.slice(0, data.length / 2));

const paced = (events: StreamEvent[], tokensPerSecond: number): Piece[] =>
  events.map((event) => ({
    data: encodeEvent(event),
    pauseMs: tokensPerSecond > 0 ? (event.tokens / tokensPerSecond) * 1000 : 0,
  }));

const trickle = (pieces: Piece[], { bytesPerPiece, pauseMs }: Extract<Fault, { type: 'slow' }>): Piece[] => {
  const bytes = Buffer.concat(pieces.map(({ data }) => Buffer.from(data)));
  const size = Math.max(1, bytesPerPiece);
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_piece, index) => ({
    data: bytes.subarray(index * size, (index + 1) * size),
    pauseMs,
  }));
};

const faultyStream = (fault: Fault, pieces: Piece[]): Body => {
  switch (fault.type) {
    case 'error_event': {
      const error = encodeEvent(toErrorEvent(fault.errorType, fault.message));
      return { pieces: [...pieces.slice(0, fault.afterEvents), ...whole(error)], ending: 'end' };
    }
    case 'cut':
      return { pieces: pieces.slice(0, fault.afterEvents), ending: 'destroy' };
    case 'malformed': {
      const broken = 'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"del\n\n';
      return { pieces: [...pieces.slice(0, fault.afterEvents), ...whole(broken)], ending: 'end' };
    }
    case 'slow':
      return { pieces: trickle(pieces, fault), ending: 'end' };
    default:
      return { pieces, ending: 'end' };
  }
};

/** Without a stream there is no middle: a cut or malformed answer is half of the JSON. */
const faultyJson = (fault: Fault, body: string): Body => {
  switch (fault.type) {
    case 'cut':
      return { pieces: half(body), ending: 'destroy' };
    case 'malformed':
      return { pieces: half(body), ending: 'end' };
    case 'slow':
      return { pieces: trickle(whole(body), fault), ending: 'end' };
    default:
      return { pieces: whole(body), ending: 'end' };
  }
};

/** The API's advice to clients: try server trouble again, leave bad requests be. About limits the client decides. */
const adviceFor = ({ status, shouldRetry }: Extract<Fault, { type: 'http' }>): Record<string, string> => {
  if (shouldRetry === undefined && status === 429) return {};
  return { 'x-should-retry': String(shouldRetry ?? status >= 500) };
};

const refusal = (fault: Extract<Fault, { type: 'http' }>, requestId: string): Omit<Delivery, 'delayMs'> => ({
  status: fault.status,
  headers: {
    ...json,
    ...adviceFor(fault),
    ...(fault.retryAfterSeconds === undefined ? {} : { 'retry-after': String(fault.retryAfterSeconds) }),
  },
  pieces: whole(JSON.stringify(errorBody({ type: fault.errorType, message: fault.message }, requestId))),
  ending: 'end',
});

const contentDelivery = (input: DeliveryInput): Omit<Delivery, 'delayMs'> => {
  const { plan, message } = input;
  const fault: Fault | null = plan.kind === 'failure' ? plan.fault : null;
  if (!input.stream) {
    const body = JSON.stringify(message);
    return {
      status: 200,
      headers: json,
      ...(fault ? faultyJson(fault, body) : { pieces: whole(body), ending: 'end' }),
    };
  }
  const pieces = paced(toStreamEvents(message), plan.tokensPerSecond ?? input.tokensPerSecond);
  const body: Body = fault ? faultyStream(fault, pieces) : { pieces, ending: 'end' };
  return { status: 200, headers: eventStream, ...body };
};

export const toDelivery = (input: DeliveryInput): Delivery => {
  const { plan, requestId } = input;
  const delayMs = plan.delayMs ?? 0;
  if (plan.kind === 'failure') {
    const { fault } = plan;
    if (fault.type === 'silent') return { status: 200, headers: {}, delayMs, pieces: [], ending: 'silence' };
    if (fault.type === 'http') return { ...refusal(fault, requestId), delayMs };
    if (fault.type === 'error_event' && !input.stream) {
      return { ...refusal({ ...fault, type: 'http', status: 529 }, requestId), delayMs };
    }
  }
  return { ...contentDelivery(input), delayMs };
};
