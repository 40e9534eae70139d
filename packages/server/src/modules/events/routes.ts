/** `GET /api/v1/events`: the one stream a client keeps open. */
import { eventQuerySchema, eventSchemas } from '@hearth/contract';
import { z } from 'zod';
import type { HttpApp } from '../../http/app.ts';
import { defineRoute } from '../../http/route.ts';
import { openSse, type SseStream } from '../../http/sse.ts';
import type { Clock } from '../../kernel/clock.ts';
import { createEventCutter } from '../blocks/index.ts';
import { type EventLog, sessionOf } from './service.ts';

export interface EventRouteDeps {
  events: EventLog;
  clock: Clock;
  /** Calls back when the key is revoked or expires, so that an open stream does not outlive it. */
  onInvalidated: (key: { keyId: string; keyHash: string }, callback: () => void) => () => void;
}

const eventKinds = `Server-sent events; the kinds are ${Object.keys(eventSchemas).join(', ')}`;

const route = defineRoute(
  { access: 'key' },
  {
    method: 'get',
    path: '/api/v1/events',
    tags: ['events'],
    summary:
      'Every event of this owner, resumable with `after` or the header Last-Event-ID; without them `start` says from where',
    request: { query: eventQuerySchema },
    responses: { 200: { description: eventKinds, content: { 'text/event-stream': { schema: z.string() } } } },
  },
);

/** The last word to a reader whose key was revoked or expired. */
export const keyRevoked = {
  event: 'error',
  data: { code: 'KEY_REVOKED', message: 'The key of this connection is no longer valid.' },
};

const lastEventId = (header: string | undefined): number | null =>
  header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : null;

export const registerEventRoutes = (app: HttpApp, { events, clock, onInvalidated }: EventRouteDeps): void => {
  const cut = createEventCutter();
  app.openapi(route, async (c) => {
    const { after, session_id: only, max_block_bytes: maxBytes } = c.req.valid('query');
    const caller = c.var.caller;
    let stop = (): void => {};
    const stream: SseStream = openSse(c, { onClose: () => stop(), setTimer: clock.setTimer });
    let from = after ?? lastEventId(c.req.header('last-event-id'));
    if (from === null) {
      from = await events.lastSeq(caller.ownerId);
      stream.send({ event: 'start', data: { seq: from }, id: from });
    }
    const reading = await events.read(caller.ownerId, from, (event) => {
      if (only !== undefined && sessionOf(event) !== only) return;
      const { type, data, seq } = maxBytes === undefined ? event : cut(event, maxBytes);
      stream.send({ event: type, data, id: seq });
    });
    if (reading.state !== 'live') {
      stream.send({ event: 'too_old', data: reading.state.tooOld });
      stream.close();
      return stream.response;
    }
    const forget = onInvalidated(caller, () => {
      stream.send(keyRevoked);
      stream.close();
    });
    stop = () => {
      reading.stop();
      forget();
    };
    return stream.response;
  });
};
