/**
 * The client: typed calls and the resumable event stream of Hearth's API, for browsers and Node alike.
 * It stands on fetch and web streams only, and takes nothing but types from the contract.
 *
 *   const client = createClient({ baseUrl: 'http://127.0.0.1:54000', apiKey });
 *   for await (const event of client.stream({ prompt: 'Hello' })) console.log(event.type, event.seq);
 */
export { ApiError, isApiError } from './api-error.ts';
export { type Client, type ClientOptions, createClient } from './client.ts';
export { type Clock, systemClock } from './clock.ts';
export type * from './contract-types.ts';
export type { ConnectionState, EventsOptions, StreamItem } from './event-stream.ts';
export { newId } from './ids.ts';
export type { RunOptions } from './run-stream.ts';
