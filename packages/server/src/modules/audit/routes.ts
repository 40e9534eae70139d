/** `/api/v1/audit`. */
import { auditListSchema, auditQuerySchema } from '@hearth/contract';
import type { HttpApp } from '../../http/app.ts';
import { defineRoute, json } from '../../http/route.ts';
import type { Audit } from './service.ts';

const listRoute = defineRoute(
  { access: 'key' },
  {
    method: 'get',
    path: '/api/v1/audit',
    tags: ['audit'],
    summary: 'What happened in this account, newest first',
    request: { query: auditQuerySchema },
    responses: { 200: json(auditListSchema, 'Entries') },
  },
);

export const registerAuditRoutes = (app: HttpApp, { audit }: { audit: Audit }): void => {
  app.openapi(listRoute, async (c) => {
    const query = c.req.valid('query');
    const { entries, total } = await audit.list(c.var.caller.ownerId, query);
    return c.json({ entries, total, page: query.page, page_size: query.page_size }, 200);
  });
};
