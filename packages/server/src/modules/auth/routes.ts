/** `/api/v1/api-keys` and the login of the web app. */
import {
  apiKeyListSchema,
  createApiKeySchema,
  createdApiKeySchema,
  identitySchema,
  idParamSchema,
  loginCodeSchema,
  loginSchema,
  rotatedApiKeySchema,
} from '@hearth/contract';
import type { Context } from 'hono';
import type { HttpApp } from '../../http/app.ts';
import type { HttpEnv } from '../../http/context.ts';
import { defineRoute, json, jsonBody } from '../../http/route.ts';
import type { Audit } from '../audit/index.ts';
import { toIdentity } from './caller.ts';
import type { Auth } from './service.ts';

const keyTags = ['api keys'];
const authTags = ['login'];
const admin = { access: { permission: 'admin' } } as const;

const routes = {
  list: defineRoute(
    { access: 'key' },
    {
      method: 'get',
      path: '/api/v1/api-keys',
      tags: keyTags,
      summary: 'API keys; without "admin" only the own one',
      responses: { 200: json(apiKeyListSchema, 'Keys, never their text') },
    },
  ),
  create: defineRoute(
    { ...admin, idempotency: 'once' },
    {
      method: 'post',
      path: '/api/v1/api-keys',
      tags: keyTags,
      summary: 'Create a key; its text is in this answer only',
      request: { body: jsonBody(createApiKeySchema) },
      responses: { 201: json(createdApiKeySchema, 'The new key') },
    },
  ),
  rotate: defineRoute(
    { access: 'key' },
    {
      method: 'post',
      path: '/api/v1/api-keys/{id}/rotate',
      tags: keyTags,
      summary: 'A new text for the same key; the old one is dead at once',
      request: { params: idParamSchema },
      responses: { 200: json(rotatedApiKeySchema, 'The new text') },
    },
  ),
  revoke: defineRoute(
    { access: 'key' },
    {
      method: 'delete',
      path: '/api/v1/api-keys/{id}',
      tags: keyTags,
      summary: 'Revoke a key',
      request: { params: idParamSchema },
      responses: { 204: { description: 'Revoked' } },
    },
  ),
  login: defineRoute(
    { access: 'public', limitedByAddress: true },
    {
      method: 'post',
      path: '/api/v1/auth/login',
      tags: authTags,
      summary: 'Exchange a key or a one-time code for the cookie of the web app',
      request: { body: jsonBody(loginSchema) },
      responses: { 200: json(identitySchema, 'Signed in') },
    },
  ),
  createCode: defineRoute(
    { access: 'key', idempotency: 'once' },
    {
      method: 'post',
      path: '/api/v1/auth/codes',
      tags: authTags,
      summary: 'A code that signs in one more browser, once, with the power of this key',
      responses: { 201: json(loginCodeSchema, 'The code; it is in this answer only') },
    },
  ),
  logout: defineRoute(
    { access: 'key' },
    {
      method: 'post',
      path: '/api/v1/auth/logout',
      tags: authTags,
      summary: 'End the web session',
      responses: { 204: { description: 'Signed out' } },
    },
  ),
  me: defineRoute(
    { access: 'key' },
    {
      method: 'get',
      path: '/api/v1/auth/me',
      tags: authTags,
      summary: 'Who is calling',
      responses: { 200: json(identitySchema, 'The caller') },
    },
  ),
};

const isSecure = (c: Context<HttpEnv>): boolean => new URL(c.req.url).protocol === 'https:';

export const registerAuthRoutes = (app: HttpApp, { auth, audit }: { auth: Auth; audit: Audit }): void => {
  const record = (c: Context<HttpEnv>, action: string, target: string): Promise<void> =>
    audit.record({
      ownerId: c.var.caller.ownerId,
      keyId: c.var.caller.keyId,
      ip: c.var.ip,
      action,
      outcome: 'ok',
      target,
    });

  app.openapi(routes.list, async (c) => {
    const keys = await auth.listKeys(c.var.caller);
    return c.json({ api_keys: keys, total: keys.length }, 200);
  });
  app.openapi(routes.create, async (c) => {
    const created = await auth.createKey(c.var.caller, c.req.valid('json'));
    await record(c, 'key.created', created.id);
    return c.json(created, 201);
  });
  app.openapi(routes.rotate, async (c) => {
    const { id } = c.req.valid('param');
    const rotated = await auth.rotateKey(c.var.caller, id);
    await record(c, 'key.rotated', id);
    return c.json(rotated, 200);
  });
  app.openapi(routes.revoke, async (c) => {
    const { id } = c.req.valid('param');
    await auth.revokeKey(c.var.caller, id);
    await record(c, 'key.revoked', id);
    return c.body(null, 204);
  });
  app.openapi(routes.login, async (c) => {
    const { api_key: apiKey = '', code } = c.req.valid('json');
    const proof = code === undefined ? { apiKey } : { code };
    const { caller, setCookie } = await auth.login({ ...proof, ip: c.var.ip, secure: isSecure(c) });
    c.header('Set-Cookie', setCookie);
    const entry = { ownerId: caller.ownerId, keyId: caller.keyId, ip: c.var.ip, outcome: 'ok' as const };
    if (code !== undefined) await audit.record({ ...entry, action: 'code.used' });
    await audit.record({ ...entry, action: 'login' });
    return c.json(toIdentity(caller), 200);
  });
  app.openapi(routes.createCode, async (c) => {
    const { ownerId, keyId } = c.var.caller;
    await audit.record({ ownerId, keyId, ip: c.var.ip, action: 'code.created', outcome: 'ok' });
    return c.json(await auth.createCode(c.var.caller), 201);
  });
  app.openapi(routes.logout, async (c) => {
    const { setCookie } = await auth.logout({ caller: c.var.caller, secure: isSecure(c) });
    c.header('Set-Cookie', setCookie);
    return c.body(null, 204);
  });
  app.openapi(routes.me, (c) => c.json(toIdentity(c.var.caller), 200));
};
