/** `/query`, `/query/single` and `/stream`: a turn in a new session or in a named one. */
import {
  type QueryRequest,
  queryAcceptedSchema,
  queryParkedSchema,
  queryRequestSchema,
  queryResponseSchema,
  type TurnRequest,
} from '@hearth/contract';
import type { Context } from 'hono';
import { z } from 'zod';
import type { HttpApp } from '../../http/app.ts';
import type { HttpEnv } from '../../http/context.ts';
import { checkIdempotencyKey } from '../../http/idempotency.ts';
import { preferenceApplied, preferHeaderSchema, prefersAsync, respondAsync } from '../../http/prefer.ts';
import { defineRoute, json, jsonBody } from '../../http/route.ts';
import type { Caller } from '../../kernel/caller.ts';
import { newId } from '../../kernel/ids.ts';
import type { Sessions } from '../sessions/index.ts';
import type { Agent } from './service.ts';
import { type RunStreamDeps, streamRun } from './stream-routes.ts';
import type { BeginRequest, RunStarter } from './types.ts';

export interface TalkDeps extends RunStreamDeps {
  agent: Agent;
  sessions: Sessions;
}

const tags = ['talking'];
const body = jsonBody(queryRequestSchema);
const sse = { 'text/event-stream': { schema: z.string().describe('Events of the run, ending with `done`') } };
const parked = json(queryParkedSchema, 'The run waits for a person; its answer will be in the session');

const routes = {
  query: defineRoute(
    { access: 'key', limit: 'interactive' },
    {
      method: 'post',
      path: '/api/v1/query',
      tags,
      summary: 'Ask; one JSON answer, or events with "Accept: text/event-stream", or 202 with "Prefer: respond-async"',
      request: { headers: preferHeaderSchema, body },
      responses: {
        200: { description: 'The answer', content: { 'application/json': { schema: queryResponseSchema }, ...sse } },
        202: json(
          z.discriminatedUnion('status', [queryAcceptedSchema, queryParkedSchema]),
          'The message is stored and its run goes on; or the run waits for a person',
        ),
      },
    },
  ),
  single: defineRoute(
    { access: 'key', limit: 'interactive' },
    {
      method: 'post',
      path: '/api/v1/query/single',
      tags,
      summary: 'Ask; always one JSON answer',
      request: { body },
      responses: { 200: json(queryResponseSchema, 'The answer'), 202: parked },
    },
  ),
  stream: defineRoute(
    { access: 'key', limit: 'interactive' },
    {
      method: 'post',
      path: '/api/v1/stream',
      tags,
      summary: 'Ask; always events',
      request: { body },
      responses: { 200: { description: 'Server-sent events', content: sse } },
    },
  ),
};

export const starterOf = (caller: Caller, ip: string | null): RunStarter => ({
  ownerId: caller.ownerId,
  keyId: caller.keyId,
  permissions: caller.permissions,
  origin: caller.via === 'cookie' ? 'chat' : 'api',
  browser: caller.via === 'cookie',
  granted: [],
  offRecord: caller.offRecord,
  ip,
});

/** Idempotency-Key does for a run what `client_message_id` does. */
const withMessageId = <T extends TurnRequest>(c: Context<HttpEnv>, turn: T): T => {
  const key = c.req.header('idempotency-key');
  if (turn.client_message_id !== undefined || key === undefined) return turn;
  return { ...turn, client_message_id: checkIdempotencyKey(key) };
};

export const beginRequest = (
  c: Context<HttpEnv>,
  turn: TurnRequest,
  where: { sessionId: string | null; fork: boolean },
): BeginRequest => ({
  starter: starterOf(c.var.caller, c.var.ip),
  ...where,
  turn: withMessageId(c, turn),
  runId: newId(),
});

/** Answers as soon as the message is stored; its run goes on without this caller. */
export const accept = async (c: Context<HttpEnv>, agent: Agent, request: BeginRequest) => {
  const begun = await agent.begin(request);
  c.header(preferenceApplied, respondAsync);
  return c.json(
    {
      status: 'accepted' as const,
      session_id: begun.sessionId,
      run_id: begun.runId,
      message_id: begun.messageId,
      client_message_id: request.turn.client_message_id ?? null,
      seq: begun.afterSeq,
      joined: begun.joined,
    },
    202,
  );
};

export const createTalk = ({ agent, sessions }: Pick<TalkDeps, 'agent' | 'sessions'>) => {
  const requestOf = async (c: Context<HttpEnv>, query: QueryRequest): Promise<BeginRequest> => {
    const { session_id, fork_session, continue_conversation, ...turn } = query;
    const latest =
      session_id === undefined && continue_conversation ? await sessions.latest(c.var.caller.ownerId) : null;
    return beginRequest(c, turn, { sessionId: session_id ?? latest?.id ?? null, fork: fork_session ?? false });
  };

  const answerOnce = async (c: Context<HttpEnv>, request: BeginRequest) => {
    const begun = await agent.begin(request);
    const end = await agent.end(begun.runId);
    if (end.kind === 'over') return c.json(end.result, 200);
    const message = 'A step needs your decision. Decide it under /api/v1/approvals; the answer will be in the session.';
    return c.json(
      {
        status: 'waiting' as const,
        session_id: end.sessionId,
        run_id: end.runId,
        approval_id: end.approvalId,
        message,
      },
      202,
    );
  };
  return { requestOf, answerOnce };
};

export const registerTalkRoutes = (app: HttpApp, deps: TalkDeps): void => {
  const talk = createTalk(deps);
  const stream = async (c: Context<HttpEnv>, query: QueryRequest): Promise<Response> => {
    const request = await talk.requestOf(c, query);
    return streamRun(c, deps, {
      runId: request.runId,
      partial: query.include_partial_messages ?? false,
      begin: () => deps.agent.begin(request),
    });
  };
  app.openapi(routes.query, async (c) => {
    const query = c.req.valid('json');
    if (prefersAsync(c.req.valid('header').prefer)) return accept(c, deps.agent, await talk.requestOf(c, query));
    if (c.req.header('accept')?.includes('text/event-stream')) return stream(c, query);
    return talk.answerOnce(c, await talk.requestOf(c, query));
  });
  app.openapi(routes.single, async (c) => talk.answerOnce(c, await talk.requestOf(c, c.req.valid('json'))));
  app.openapi(routes.stream, (c) => stream(c, c.req.valid('json')));
};
