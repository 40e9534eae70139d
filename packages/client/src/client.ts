/**
 * The client object: one property per noun of the API. It holds no state but its options, so one can be made per key.
 * In a browser on the server's own origin use `baseUrl: ''`; the cookie then goes along by itself.
 */
import type { Health, QueryRequest, QueryResponse, TurnRequest } from '@hearth/contract';
import { createAccount, createApiKeys, createApprovals, createAuth, createToolRules } from './access.ts';
import { type Clock, systemClock } from './clock.ts';
import type { QueryAccepted, QueryParked } from './contract-types.ts';
import { createRetry, type EventsOptions, followEvents } from './event-stream.ts';
import { createMemories } from './memories.ts';
import { createPersona } from './persona.ts';
import { mayStartAgain, type RunOptions, startAttempts, streamRun } from './run-stream.ts';
import { accepted, idempotent } from './send.ts';
import { type CallOptions, createSessions, sessionPath } from './sessions.ts';
import { createTransport } from './transport.ts';

export interface ClientOptions {
  /** Scheme, host and port, for example `http://127.0.0.1:54000`. */
  baseUrl: string;
  apiKey?: string;
  fetch?: typeof fetch;
  clock?: Clock;
}

export const createClient = (options: ClientOptions) => {
  const { baseUrl, apiKey, clock = systemClock } = options;
  // Browsers refuse to call a fetch that has been detached from its window.
  const transport = createTransport({
    baseUrl,
    apiKey,
    clock,
    fetch: options.fetch ?? globalThis.fetch.bind(globalThis),
  });
  const deps = { transport, clock };

  /** Sends a message again after network trouble: its id keeps it from running twice. */
  const query = async (request: QueryRequest, call: CallOptions = {}): Promise<QueryResponse | QueryParked> => {
    const body = idempotent(request);
    const retry = createRetry(deps, { signal: call.signal, maxAttempts: startAttempts });
    for (;;) {
      try {
        return await transport.json('POST', '/api/v1/query', { ...call, body, timeoutMs: 0 });
      } catch (error) {
        if (call.signal?.aborted || !mayStartAgain(error)) throw error;
        await retry.pause(error);
        call.signal?.throwIfAborted();
      }
    }
  };

  return {
    baseUrl,
    health: (call: CallOptions = {}) => transport.json<Health>('GET', '/api/v1/health', call),
    sessions: createSessions(transport),
    approvals: createApprovals(transport),
    apiKeys: createApiKeys(transport),
    toolRules: createToolRules(transport),
    auth: createAuth(transport),
    account: createAccount(transport),
    memories: createMemories(transport),
    persona: createPersona(transport),
    /** One JSON answer. A run that waits for a person answers with `status: 'waiting'` instead. */
    query,
    /**
     * Hands a message over and returns once it is stored; what comes of it is told by `events` after the number `seq`.
     * One try: who sends again, with the same `client_message_id`, gets the same answer and no second run.
     */
    send: (request: QueryRequest, call: CallOptions = {}) =>
      transport.json<QueryAccepted>('POST', '/api/v1/query', { ...call, ...accepted(request) }),
    /** Starts a run and yields its events, exactly once each, up to and including `done`. */
    stream: (request: QueryRequest, run?: RunOptions) =>
      streamRun(deps, { path: '/api/v1/stream', body: idempotent(request) }, run),
    resume: (sessionId: string, request: TurnRequest, run?: RunOptions) =>
      streamRun(deps, { path: sessionPath(sessionId, 'resume'), body: idempotent(request) }, run),
    fork: (sessionId: string, request: TurnRequest, run?: RunOptions) =>
      streamRun(deps, { path: sessionPath(sessionId, 'fork'), body: idempotent(request) }, run),
    /** Every event of this owner, for as long as the signal lets it. */
    events: (events?: EventsOptions) => followEvents(deps, events),
  };
};

export type Client = ReturnType<typeof createClient>;
