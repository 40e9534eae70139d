/**
 * The guard. It refuses by default: a request passes only when the route table names its route, and then only with the
 * power that route asks for. It runs before any body is read. Rules: D17 and cases 1-8, 39, 40, 48, 49 of the security
 * requirements.
 */

import { hasPermission, type Permission, permissionNames } from '@hearth/contract';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { Caller } from '../kernel/caller.ts';
import { AppError } from '../kernel/errors.ts';
import type { Limiter, RateBucket, RateDecision } from '../ports/limiter.ts';
import type { HttpEnv, RouteMarks } from './context.ts';

export interface Credentials {
  xApiKey: string | undefined;
  authorization: string | undefined;
  cookie: string | undefined;
  ip: string;
}

export interface GuardDeps {
  authenticate: (credentials: Credentials) => Promise<Caller>;
  limiter: Limiter;
  /** True when the peer of the connection itself is this machine. */
  isLoopback: (c: Context<HttpEnv>) => boolean;
  corsOrigins: readonly string[];
}

type Rules = RouteMarks & { access: 'public' | 'key' | 'ops' | Permission; limit: RateBucket | null };

const isPermission = (text: string): text is Permission => permissionNames.some((name) => name === text);

const toRules = (route: Record<string, unknown>): Rules => {
  const access = String(route['x-access']);
  if (access !== 'public' && access !== 'key' && access !== 'ops' && !isPermission(access))
    throw new Error(`route ${String(route.path)} has no access rule`);
  const limit = route['x-rate-limit'];
  const idempotency = route['x-idempotency'];
  return {
    access,
    limit: typeof limit === 'string' ? (limit as RateBucket) : null,
    idempotency: idempotency === 'replay' || idempotency === 'once' ? idempotency : null,
  };
};

/** Reads the rules of every registered route. Throws when one has none, so that the server does not start. */
export const readRouteTable = (app: OpenAPIHono<HttpEnv>): Map<string, Rules> => {
  const table = new Map<string, Rules>();
  for (const definition of app.openAPIRegistry.definitions) {
    if (definition.type !== 'route') continue;
    const { route } = definition;
    const path = route.path.replaceAll(/\{([^}]+)\}/g, ':$1');
    table.set(`${route.method.toUpperCase()} ${path}`, toRules({ ...route }));
  }
  return table;
};

/** Requests that change something by cookie must come from our own page (CSRF). */
const checkOrigin = (c: Context<HttpEnv>, corsOrigins: readonly string[]): void => {
  if (c.req.method === 'GET' || c.req.method === 'HEAD') return;
  const origin = c.req.header('origin');
  const host = c.req.header('host');
  const own = host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
  if (own || (origin !== undefined && corsOrigins.includes(origin))) return;
  throw new AppError('FORBIDDEN', 'This request did not come from the app itself.');
};

const setRateHeaders = (c: Context<HttpEnv>, rate: RateDecision): void => {
  c.header('X-RateLimit-Limit', String(rate.limit));
  c.header('X-RateLimit-Remaining', String(rate.remaining));
  c.header('X-RateLimit-Reset', String(rate.resetAt));
};

export const permissionError = (permission: Permission): AppError =>
  new AppError('FORBIDDEN', `This key may not do that; it lacks the permission "${permission}".`, {
    details: { permission },
  });

export const createGuard = (table: () => Map<string, Rules>, deps: GuardDeps): MiddlewareHandler<HttpEnv> => {
  const rulesOf = (c: Context<HttpEnv>): Rules | null => {
    const method = c.req.method === 'HEAD' ? 'GET' : c.req.method;
    const route = matchedRoutes(c).findLast((candidate) => candidate.method === method);
    return route ? (table().get(`${method} ${route.path}`) ?? null) : null;
  };

  const identify = (c: Context<HttpEnv>): Promise<Caller> =>
    deps.authenticate({
      xApiKey: c.req.header('x-api-key'),
      authorization: c.req.header('authorization'),
      cookie: c.req.header('cookie'),
      ip: c.var.ip,
    });

  const limit = async (c: Context<HttpEnv>, bucket: RateBucket, caller: Caller): Promise<void> => {
    const rate = await deps.limiter.consume(bucket, caller.keyId);
    setRateHeaders(c, rate);
    if (rate.allowed) return;
    throw new AppError('RATE_LIMIT_EXCEEDED', `Too many requests. Try again in ${rate.retryAfter} s.`, {
      retryAfter: rate.retryAfter,
    });
  };

  return async (c, next) => {
    const rules = rulesOf(c);
    if (rules?.access === 'public') return next();
    if (rules?.access === 'ops' && deps.isLoopback(c)) return next();
    const caller = await identify(c);
    if (rules === null) throw new AppError('NOT_FOUND', 'There is nothing here.');
    if (caller.via === 'cookie') checkOrigin(c, deps.corsOrigins);
    c.set('caller', caller);
    c.set('marks', rules);
    const needed = rules.access === 'ops' ? 'admin' : rules.access;
    if (needed !== 'key' && !hasPermission(caller.permissions, needed)) throw permissionError(needed);
    if (rules.limit) await limit(c, rules.limit, caller);
    return next();
  };
};
