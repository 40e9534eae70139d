/** Messages that may be sent again, and messages that are only handed over. */
import { newId } from './ids.ts';

/** The same request with an id that makes sending it again harmless. */
export const idempotent = <Request extends { client_message_id?: string }>(request: Request) => ({
  ...request,
  client_message_id: request.client_message_id ?? newId(),
});

/** A request whose answer is that it was stored (RFC 7240). */
export const accepted = (request: { client_message_id?: string }) => ({
  body: idempotent(request),
  headers: { prefer: 'respond-async' },
});
