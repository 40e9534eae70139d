/** `/api/v1/account`: see, connect and disconnect the Claude account. */
import { accountSchema, connectAccountSchema } from '@hearth/contract';
import type { HttpApp } from '../../http/app.ts';
import { defineRoute, json, jsonBody } from '../../http/route.ts';
import type { Audit } from '../audit/index.ts';
import type { Accounts } from './service.ts';

const path = '/api/v1/account';
const tags = ['account'];

const routes = {
  get: defineRoute(
    { access: 'key' },
    {
      method: 'get',
      path,
      tags,
      summary: 'Which Claude account answers',
      responses: { 200: json(accountSchema, 'Without secrets') },
    },
  ),
  connect: defineRoute(
    { access: { permission: 'admin' }, limit: 'session_create' },
    {
      method: 'put',
      path,
      tags,
      summary: 'Connect an account; the key or token is tried out first',
      request: { body: jsonBody(connectAccountSchema) },
      responses: { 200: json(accountSchema, 'Connected') },
    },
  ),
  disconnect: defineRoute(
    { access: { permission: 'admin' } },
    {
      method: 'delete',
      path,
      tags,
      summary: 'Forget the connected account',
      responses: { 200: json(accountSchema, 'What answers now') },
    },
  ),
};

export const registerAccountRoutes = (
  app: HttpApp,
  { accounts, audit }: { accounts: Accounts; audit: Audit },
): void => {
  const record = (caller: { ownerId: string; keyId: string }, ip: string, action: string): Promise<void> =>
    audit.record({ ownerId: caller.ownerId, keyId: caller.keyId, ip, action, outcome: 'ok' });
  app.openapi(routes.get, (c) => c.json(accounts.account(), 200));
  app.openapi(routes.connect, async (c) => {
    const account = await accounts.connect(c.req.valid('json').credential);
    await record(c.var.caller, c.var.ip, 'account.connected');
    return c.json(account, 200);
  });
  app.openapi(routes.disconnect, async (c) => {
    const account = await accounts.disconnect();
    await record(c.var.caller, c.var.ip, 'account.disconnected');
    return c.json(account, 200);
  });
};
