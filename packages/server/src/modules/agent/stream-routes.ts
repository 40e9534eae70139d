/**
 * One run as server-sent events: what `/stream`, `/query` with an event stream, `/resume` and `/fork` answer. The
 * stream is a view of the owner's log; when the reader leaves, the run goes on.
 */
import type { NumberedEvent } from '@hearth/contract';
import type { Context } from 'hono';
import type { HttpEnv } from '../../http/context.ts';
import { openSse } from '../../http/sse.ts';
import type { Clock } from '../../kernel/clock.ts';
import { type EventLog, keyRevoked } from '../events/index.ts';
import type { Begun, RunEnd } from './types.ts';

export interface RunStreamDeps {
  events: EventLog;
  clock: Clock;
  onInvalidated: (key: { keyId: string; keyHash: string }, callback: () => void) => () => void;
  runEnd: (runId: string) => Promise<RunEnd>;
}

const runIdOf = (event: NumberedEvent): string | undefined => ('run_id' in event.data ? event.data.run_id : undefined);

export interface StreamRequest {
  runId: string;
  partial: boolean;
  begin: () => Promise<Begun>;
}

export const streamRun = async (
  c: Context<HttpEnv>,
  deps: RunStreamDeps,
  request: StreamRequest,
): Promise<Response> => {
  const caller = c.var.caller;
  // Listening begins before the run does, so that its first event is not missed; errors of `begin` are plain answers.
  const early: NumberedEvent[] = [];
  let sink = (event: NumberedEvent): void => void early.push(event);
  const reading = await deps.events.read(caller.ownerId, null, (event) => sink(event));
  let begun: Begun;
  try {
    begun = await request.begin();
  } catch (error) {
    reading.stop();
    throw error;
  }
  let stop = (): void => reading.stop();
  const stream = openSse(c, { onClose: () => stop(), setTimer: deps.clock.setTimer });
  let lastSeq = 0;
  let finished = false;
  const pass = (event: NumberedEvent): void => {
    if (runIdOf(event) !== begun.runId || event.seq <= lastSeq) return;
    lastSeq = event.seq;
    if (event.type !== 'partial' || request.partial)
      stream.send({ event: event.type, data: event.data, id: event.seq });
    if (event.type !== 'done') return;
    finished = true;
    stream.close();
  };
  const forget = deps.onInvalidated(caller, () => {
    stream.send(keyRevoked);
    stream.close();
  });
  /** For a run whose events are gone: what its row says, without numbers, so that no reader waits for ever. */
  const tellEndOf = async (runId: string): Promise<void> => {
    const end = await deps.runEnd(runId);
    await deps.events.flush();
    if (finished || end.kind !== 'over') return;
    const { session_id, run_id } = end.result;
    if (end.error) stream.send({ event: 'error', data: { session_id, run_id, ...end.error } });
    stream.send({ event: 'result', data: { ...end.result, is_complete: end.result.stop_reason === 'completed' } });
    const reason = end.error ? 'error' : end.result.stop_reason === 'interrupted' ? 'interrupted' : 'completed';
    stream.send({ event: 'done', data: { session_id, run_id, reason } });
    stream.close();
  };
  const live = reading;
  stop = () => {
    live.stop();
    forget();
  };
  if (begun.how === 'started') {
    sink = pass;
    for (const event of early) pass(event);
    return stream.response;
  }
  // A repeat or a steering message: replay the run from its beginning, then follow.
  live.stop();
  const first = await deps.events.firstSeqOf(begun.runId);
  const replay = await deps.events.read(caller.ownerId, first === null ? null : first - 1, pass);
  stop = () => {
    replay.stop();
    forget();
  };
  if (!finished) void tellEndOf(begun.runId);
  return stream.response;
};
