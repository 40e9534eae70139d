/**
 * One server-sent message -> one event. Events of a kind this client does not know are marked as such, so that an older
 * client still counts their numbers and lives on with a newer server.
 */
import type { EventType, NumberedEvent } from '@hearth/contract';
import type { EventSourceMessage } from 'eventsource-parser';
import { ApiError, networkError } from './api-error.ts';
import type { StreamStart, TooOld } from './contract-types.ts';

/** The table must name every kind of the contract: a new one there is a type error here. */
const knownTypes: Record<EventType, true> = {
  init: true,
  message: true,
  partial: true,
  question: true,
  approval: true,
  approval_settled: true,
  todo: true,
  status: true,
  result: true,
  error: true,
  done: true,
  session: true,
  memory: true,
  health: true,
};
const isKnown = (name: string): name is EventType => Object.hasOwn(knownTypes, name);

export type Decoded =
  | { kind: 'event'; event: NumberedEvent }
  | { kind: 'too_old'; tooOld: TooOld }
  | { kind: 'start'; start: StreamStart }
  /** The server ends this connection and says why; the trouble is not part of the log. */
  | { kind: 'closing'; error: ApiError }
  | { kind: 'unknown'; seq?: number };

const parse = (text: string) => {
  try {
    return JSON.parse(text);
  } catch (error) {
    // A broken payload in a whole message can only be damage on the way: reconnecting fetches it again.
    throw networkError('An event could not be read', error);
  }
};

const seqOf = (id: string | undefined): number | undefined => {
  const seq = Number(id);
  return id !== undefined && id !== '' && Number.isSafeInteger(seq) ? seq : undefined;
};

const closingError = (data: { code: string; message: string; details?: Record<string, unknown> }): ApiError =>
  new ApiError({ status: data.code === 'KEY_REVOKED' ? 401 : 503, ...data });

export const decodeEvent = (message: EventSourceMessage): Decoded => {
  const name = message.event ?? 'message';
  if (name === 'too_old') return { kind: 'too_old', tooOld: parse(message.data) };
  if (name === 'start') return { kind: 'start', start: parse(message.data) };
  const seq = seqOf(message.id);
  if (name === 'error' && seq === undefined) return { kind: 'closing', error: closingError(parse(message.data)) };
  if (!isKnown(name) || seq === undefined) return { kind: 'unknown', seq };
  return { kind: 'event', event: { type: name, seq, data: parse(message.data) } };
};
