/** Talking in a session, and control of what it is doing. */
import {
  answeredSchema,
  answerSchema,
  checkpointListSchema,
  controlledSchema,
  controlSchema,
  idParamSchema,
  interruptedSchema,
  queryAcceptedSchema,
  rewindSchema,
  rewoundSchema,
  type TurnRequest,
  turnRequestSchema,
} from '@hearth/contract';
import type { Context } from 'hono';
import { z } from 'zod';
import type { HttpApp } from '../../http/app.ts';
import type { HttpEnv } from '../../http/context.ts';
import { preferHeaderSchema, prefersAsync } from '../../http/prefer.ts';
import { defineRoute, json, jsonBody } from '../../http/route.ts';
import type { Approvals } from '../approvals/index.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { Rewinds } from './rewinds.ts';
import { streamRun } from './stream-routes.ts';
import { accept, beginRequest, starterOf, type TalkDeps } from './talk-routes.ts';

export interface SessionRunDeps extends TalkDeps {
  approvals: Approvals;
  checkpoints: Checkpoints;
  rewinds: Rewinds;
}

const tags = ['sessions'];
const base = '/api/v1/sessions/{id}';
const params = idParamSchema;
const sse = {
  description: 'Server-sent events',
  content: { 'text/event-stream': { schema: z.string().describe('Events of the run, ending with `done`') } },
};

const routes = {
  resume: defineRoute(
    { access: 'key', limit: 'interactive' },
    {
      method: 'post',
      path: `${base}/resume`,
      tags,
      summary: 'Say something in this session; events, or 202 with "Prefer: respond-async"',
      request: { params, headers: preferHeaderSchema, body: jsonBody(turnRequestSchema) },
      responses: { 200: sse, 202: json(queryAcceptedSchema, 'The message is stored and its run goes on') },
    },
  ),
  fork: defineRoute(
    { access: 'key', limit: 'interactive' },
    {
      method: 'post',
      path: `${base}/fork`,
      tags,
      summary: 'Go on in a copy of this session, under a new id',
      request: { params, body: jsonBody(turnRequestSchema) },
      responses: { 200: sse },
    },
  ),
  interrupt: defineRoute(
    { access: 'key' },
    {
      method: 'post',
      path: `${base}/interrupt`,
      tags,
      summary: 'Stop the run; 409 when nothing runs',
      request: { params },
      responses: { 200: json(interruptedSchema, 'Stopped') },
    },
  ),
  answer: defineRoute(
    { access: 'key' },
    {
      method: 'post',
      path: `${base}/answer`,
      tags,
      summary: 'Answer the question the run waits for',
      request: { params, body: jsonBody(answerSchema) },
      responses: { 200: json(answeredSchema, 'Answered') },
    },
  ),
  control: defineRoute(
    { access: 'key' },
    {
      method: 'post',
      path: `${base}/control`,
      tags,
      summary: 'Change the permission mode, also of a run in progress',
      request: { params, body: jsonBody(controlSchema) },
      responses: { 200: json(controlledSchema, 'Changed') },
    },
  ),
  checkpoints: defineRoute(
    { access: 'key' },
    {
      method: 'get',
      path: `${base}/checkpoints`,
      tags,
      summary: 'States of files that can be restored',
      request: { params },
      responses: { 200: json(checkpointListSchema, 'Newest first') },
    },
  ),
  rewind: defineRoute(
    { access: { permission: 'shell' } },
    {
      method: 'post',
      path: `${base}/rewind`,
      tags,
      summary: 'Restore files as they were at a checkpoint, go back in the conversation, or both; nothing is lost',
      request: { params, body: jsonBody(rewindSchema) },
      responses: { 200: json(rewoundSchema, 'What was restored') },
    },
  ),
};

export const registerSessionRunRoutes = (app: HttpApp, deps: SessionRunDeps): void => {
  const { agent, approvals, checkpoints, rewinds, sessions } = deps;

  const talk = (c: Context<HttpEnv>, sessionId: string, turn: TurnRequest, fork: boolean): Promise<Response> => {
    const request = beginRequest(c, turn, { sessionId, fork });
    return streamRun(c, deps, {
      runId: request.runId,
      partial: turn.include_partial_messages ?? false,
      begin: () => agent.begin(request),
    });
  };

  app.openapi(routes.resume, (c) => {
    const { id: sessionId } = c.req.valid('param');
    const turn = c.req.valid('json');
    if (!prefersAsync(c.req.valid('header').prefer)) return talk(c, sessionId, turn, false);
    return accept(c, agent, beginRequest(c, turn, { sessionId, fork: false }));
  });
  app.openapi(routes.fork, (c) => talk(c, c.req.valid('param').id, c.req.valid('json'), true));
  app.openapi(routes.interrupt, async (c) => {
    const { id } = c.req.valid('param');
    await agent.interrupt(c.var.caller.ownerId, id);
    return c.json({ status: 'interrupted' as const, session_id: id }, 200);
  });
  app.openapi(routes.answer, async (c) => {
    const { id } = c.req.valid('param');
    const { answer, tool_use_id } = c.req.valid('json');
    await sessions.row(c.var.caller.ownerId, id);
    await approvals.answer(c.var.caller, id, answer, tool_use_id);
    return c.json({ status: 'answered' as const, session_id: id }, 200);
  });
  app.openapi(routes.control, async (c) => {
    const { id } = c.req.valid('param');
    const { permission_mode, confirm_api_key: confirmKey } = c.req.valid('json');
    await agent.setMode(starterOf(c.var.caller, c.var.ip), id, { mode: permission_mode, confirmKey });
    return c.json({ status: 'accepted' as const, session_id: id, permission_mode }, 200);
  });
  app.openapi(routes.checkpoints, async (c) => {
    const { id } = c.req.valid('param');
    await sessions.row(c.var.caller.ownerId, id);
    return c.json({ checkpoints: await checkpoints.list(c.var.caller.ownerId, id) }, 200);
  });
  app.openapi(routes.rewind, async (c) => {
    const { id } = c.req.valid('param');
    return c.json(await rewinds.rewind(c.var.caller.ownerId, id, c.req.valid('json')), 200);
  });
};
