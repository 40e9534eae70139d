/** `/api/v1/approvals` and `/api/v1/tool-rules`. */
import {
  approvalListQuerySchema,
  approvalListSchema,
  approvalSchema,
  decisionSchema,
  idParamSchema,
  toolRuleListSchema,
} from '@hearth/contract';
import type { HttpApp } from '../../http/app.ts';
import { defineRoute, json, jsonBody } from '../../http/route.ts';
import type { Approvals } from './service.ts';

const tags = ['approvals'];

const routes = {
  list: defineRoute(
    { access: 'key' },
    {
      method: 'get',
      path: '/api/v1/approvals',
      tags,
      summary: 'What waits for a decision, and what was decided',
      request: { query: approvalListQuerySchema },
      responses: { 200: json(approvalListSchema, 'The newest 200') },
    },
  ),
  get: defineRoute(
    { access: 'key' },
    {
      method: 'get',
      path: '/api/v1/approvals/{id}',
      tags,
      summary: 'One approval',
      request: { params: idParamSchema },
      responses: { 200: json(approvalSchema, 'The approval') },
    },
  ),
  decide: defineRoute(
    { access: 'key' },
    {
      method: 'post',
      path: '/api/v1/approvals/{id}',
      tags,
      summary: 'Decide; the first decision wins, a repeat of the same is fine, another is a conflict',
      request: { params: idParamSchema, body: jsonBody(decisionSchema) },
      responses: { 200: json(approvalSchema, 'The decided approval') },
    },
  ),
  rules: defineRoute(
    { access: 'key' },
    {
      method: 'get',
      path: '/api/v1/tool-rules',
      tags,
      summary: 'What "always allow" has allowed',
      responses: { 200: json(toolRuleListSchema, 'Rules') },
    },
  ),
  revoke: defineRoute(
    { access: 'key' },
    {
      method: 'delete',
      path: '/api/v1/tool-rules/{id}',
      tags,
      summary: 'Ask again from now on',
      request: { params: idParamSchema },
      responses: { 204: { description: 'Revoked' } },
    },
  ),
};

export const registerApprovalRoutes = (app: HttpApp, { approvals }: { approvals: Approvals }): void => {
  app.openapi(routes.list, async (c) => {
    const list = await approvals.list(c.var.caller.ownerId, c.req.valid('query').status);
    return c.json({ approvals: list, total: list.length }, 200);
  });
  app.openapi(routes.get, async (c) => c.json(await approvals.get(c.var.caller.ownerId, c.req.valid('param').id), 200));
  app.openapi(routes.decide, async (c) =>
    c.json(await approvals.decide(c.var.caller, c.req.valid('param').id, c.req.valid('json')), 200),
  );
  app.openapi(routes.rules, async (c) => {
    const rules = await approvals.rules(c.var.caller.ownerId);
    return c.json({ rules, total: rules.length }, 200);
  });
  app.openapi(routes.revoke, async (c) => {
    await approvals.revokeRule(c.var.caller, c.req.valid('param').id);
    return c.body(null, 204);
  });
};
