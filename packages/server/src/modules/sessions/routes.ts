/** `/api/v1/sessions`: lists, creation and upkeep. Talking in a session is in `agent`. */
import {
  type BranchFrom,
  type CreateSession,
  createSessionSchema,
  idParamSchema,
  promoteSessionSchema,
  type Session,
  sessionListQuerySchema,
  sessionListSchema,
  sessionSchema,
  updateSessionSchema,
  updateTagsSchema,
} from '@hearth/contract';
import type { HttpApp } from '../../http/app.ts';
import { defineRoute, json, jsonBody } from '../../http/route.ts';
import { newId } from '../../kernel/ids.ts';
import type { NoQuestions } from '../policy/index.ts';
import { registerMessageRoutes } from './message-routes.ts';
import type { Sessions } from './service.ts';

const tags = ['sessions'];
const base = '/api/v1/sessions';
const params = idParamSchema;

const routes = {
  list: defineRoute(
    { access: 'key' },
    {
      method: 'get',
      path: base,
      tags,
      summary: 'Sessions, pinned and newest first',
      request: { query: sessionListQuerySchema },
      responses: { 200: json(sessionListSchema, 'A page of sessions') },
    },
  ),
  create: defineRoute(
    { access: 'key', limit: 'session_create', idempotency: 'replay' },
    {
      method: 'post',
      path: base,
      tags,
      summary: 'Create a session, empty or with a part of a conversation',
      request: { body: jsonBody(createSessionSchema) },
      responses: { 201: json(sessionSchema, 'The new session') },
    },
  ),
  get: defineRoute(
    { access: 'key' },
    {
      method: 'get',
      path: `${base}/{id}`,
      tags,
      summary: 'One session',
      request: { params },
      responses: { 200: json(sessionSchema, 'The session') },
    },
  ),
  update: defineRoute(
    { access: 'key' },
    {
      method: 'patch',
      path: `${base}/{id}`,
      tags,
      summary: 'Change title, tags, archived, pinned, model or folder',
      request: { params, body: jsonBody(updateSessionSchema) },
      responses: { 200: json(sessionSchema, 'The session') },
    },
  ),
  tags: defineRoute(
    { access: 'key' },
    {
      method: 'patch',
      path: `${base}/{id}/tags`,
      tags,
      summary: 'Replace the tags',
      request: { params, body: jsonBody(updateTagsSchema) },
      responses: { 200: json(sessionSchema, 'The session') },
    },
  ),
  promote: defineRoute(
    { access: 'key' },
    {
      method: 'post',
      path: `${base}/{id}/promote`,
      tags,
      summary: 'Make a brainstorm a code session of a project',
      request: { params, body: jsonBody(promoteSessionSchema) },
      responses: { 200: json(sessionSchema, 'The session') },
    },
  ),
  remove: defineRoute(
    { access: 'key' },
    {
      method: 'delete',
      path: `${base}/{id}`,
      tags,
      summary: 'Delete a session with everything in it',
      request: { params },
      responses: { 204: { description: 'Deleted' } },
    },
  ),
};

/** Makes a session out of a part of another one; the agent module knows how. */
export interface Branching {
  branch(ownerId: string, from: BranchFrom, input: Pick<CreateSession, 'title' | 'tags'>): Promise<Session>;
}

export interface SessionRouteDeps {
  sessions: Sessions;
  branching: Branching;
  noQuestions: NoQuestions;
}

export const registerSessionRoutes = (app: HttpApp, deps: SessionRouteDeps): void => {
  const { sessions, branching, noQuestions } = deps;
  app.openapi(routes.list, async (c) => {
    const query = c.req.valid('query');
    const { sessions: page, total } = await sessions.list(c.var.caller.ownerId, query);
    return c.json({ sessions: page, total, page: query.page, page_size: query.page_size }, 200);
  });
  app.openapi(routes.create, async (c) => {
    const { confirm_api_key: confirmKey, from, ...input } = c.req.valid('json');
    const { caller, ip } = c.var;
    if (from) return c.json(await branching.branch(caller.ownerId, from, input), 201);
    const sessionId = newId();
    await noQuestions.check({
      who: { ...caller, ip },
      browser: caller.via === 'cookie',
      sessionId,
      from: null,
      to: input.permission_mode ?? 'default',
      confirmKey,
    });
    return c.json(await sessions.create(caller.ownerId, input, sessionId), 201);
  });
  app.openapi(routes.get, async (c) => c.json(await sessions.get(c.var.caller.ownerId, c.req.valid('param').id), 200));
  app.openapi(routes.update, async (c) =>
    c.json(await sessions.update(c.var.caller.ownerId, c.req.valid('param').id, c.req.valid('json')), 200),
  );
  app.openapi(routes.tags, async (c) =>
    c.json(await sessions.update(c.var.caller.ownerId, c.req.valid('param').id, c.req.valid('json')), 200),
  );
  app.openapi(routes.promote, async (c) => {
    const { project_id } = c.req.valid('json');
    return c.json(await sessions.promote(c.var.caller.ownerId, c.req.valid('param').id, project_id), 200);
  });
  app.openapi(routes.remove, async (c) => {
    await sessions.remove(c.var.caller.ownerId, c.req.valid('param').id);
    return c.body(null, 204);
  });
  registerMessageRoutes(app, { sessions });
};
