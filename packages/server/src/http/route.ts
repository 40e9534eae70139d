/**
 * The route table. A route says who may call it (`access`) and how often (`limit`); both end up in the OpenAPI document
 * as `x-access` and `x-rate-limit`, which the guard and the generated tests read. There is no way to register a route
 * without saying it.
 */

import { errorBodySchema, type Permission } from '@hearth/contract';
import { createRoute, type RouteConfig } from '@hono/zod-openapi';
import type { z } from 'zod';
import type { RateBucket } from '../ports/limiter.ts';

/** `ops`: an admin key, or a connection from this machine. */
export type Access = 'public' | 'key' | 'ops' | { permission: Permission };

export interface RouteRules {
  access: Access;
  limit?: RateBucket;
  /** Failed calls are counted per network address; wrong credentials in the body answer 401. */
  limitedByAddress?: true;
  /** What a repeat with the same Idempotency-Key gets: the first answer again, or (it held a secret) a conflict. */
  idempotency?: 'replay' | 'once';
}

const errorAnswer = (description: string) => ({
  description,
  content: { 'application/json': { schema: errorBodySchema } },
});

const commonErrors = (rules: RouteRules, config: Pick<RouteConfig, 'method' | 'path' | 'request'>) => ({
  400: errorAnswer('The request cannot be read'),
  ...(config.path.includes('{') || config.request?.body ? { 404: errorAnswer('What an id names is not there') } : {}),
  ...(config.method === 'get' ? {} : { 409: errorAnswer('It does not fit the state of things') }),
  ...(config.request?.body
    ? { 413: errorAnswer('The body is too large'), 415: errorAnswer('The body is not plain JSON') }
    : {}),
  422: errorAnswer('A field is wrong; `details.issues` names it'),
  500: errorAnswer('A fault of the server'),
  503: errorAnswer('Something the answer needs is not available; `Retry-After` says when to try again'),
  ...(rules.access === 'public'
    ? {}
    : { 401: errorAnswer('No valid key'), 403: errorAnswer('The key lacks a permission') }),
  ...(rules.limitedByAddress ? { 401: errorAnswer('The credentials are wrong') } : {}),
  ...(rules.limit || rules.limitedByAddress ? { 429: errorAnswer('Too many requests') } : {}),
});

const accessMark = (access: Access): string => (typeof access === 'string' ? access : access.permission);

/** As `createRoute`, with the rules of the guard. */
export const defineRoute = <const P extends string, const R extends Omit<RouteConfig, 'path'> & { path: P }>(
  rules: RouteRules,
  config: R,
) =>
  createRoute({
    ...config,
    ...(rules.access === 'public' ? { security: [] } : { security: [{ apiKey: [] }, { bearer: [] }, { cookie: [] }] }),
    'x-access': accessMark(rules.access),
    ...(rules.limit ? { 'x-rate-limit': rules.limit } : {}),
    ...(rules.idempotency ? { 'x-idempotency': rules.idempotency } : {}),
    responses: { ...commonErrors(rules, config), ...config.responses },
  } as R & { responses: R['responses'] });

/** A JSON answer of a route. */
export const json = <T extends z.ZodType>(schema: T, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});

/** A JSON body of a route; it is always required. */
export const jsonBody = <T extends z.ZodType>(schema: T) => ({
  required: true,
  content: { 'application/json': { schema } },
});
