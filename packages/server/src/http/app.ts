/**
 * The HTTP frame around the modules' routes: correlation ids, security headers, host and size checks, the guard, and
 * one error shape. Modules add their routes with `app.openapi(defineRoute(...), handler)`.
 */
import { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { AppError } from '../kernel/errors.ts';
import { newId } from '../kernel/ids.ts';
import type { Log } from '../kernel/log.ts';
import type { HttpEnv } from './context.ts';
import { createErrorHandler, errorResponse } from './errors.ts';
import { createGuard, type GuardDeps, readRouteTable } from './guard.ts';
import { createHostCheck } from './host-check.ts';
import { checkJsonShape } from './json-shape.ts';
import type { StaticWeb } from './static-web.ts';

export type HttpApp = OpenAPIHono<HttpEnv>;

export interface HttpAppDeps extends GuardDeps {
  log: Log;
  allowedHosts: readonly string[];
  /** Handles Idempotency-Key for the routes that ask for it. */
  idempotency: MiddlewareHandler<HttpEnv>;
  clientIp: (c: Parameters<GuardDeps['isLoopback']>[0]) => string;
  onRequest?: (info: { method: string; route: string; status: number; ms: number }) => void;
  /** Answers what belongs to the web app. */
  web: StaticWeb;
  /** Registers the modules' routes. */
  routes: (app: HttpApp) => void;
}

const correlationShape = /^[A-Za-z0-9._-]{1,128}$/;
const largestBody = 64 * 1024 * 1024;

/** Talking may carry pictures; everything else is a form. */
const bodyLimitOf = (path: string): number => (/\/(query|stream|resume|fork)/.test(path) ? largestBody : 1024 * 1024);

const tooLarge = (): never => {
  throw new AppError('PAYLOAD_TOO_LARGE', 'The request is too large.');
};

/** Only JSON, only uncompressed: anything else is refused before it is read. */
const checkContentType = (headers: Headers, hasBody: boolean): void => {
  if (!hasBody) return;
  const type = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json' || headers.has('content-encoding'))
    throw new AppError('UNSUPPORTED_MEDIA_TYPE', 'Send JSON with the header "Content-Type: application/json".');
};

const hasBody = (headers: Headers): boolean =>
  headers.has('transfer-encoding') || Number(headers.get('content-length') ?? '0') > 0;

const securityHeaders: Record<string, string> = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'X-Frame-Options': 'DENY',
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
};

const mostIssues = 20;
const cut = (text: string): string => (text.length <= 300 ? text : `${text.slice(0, 299)}…`);

export const createHttpApp = (deps: HttpAppDeps): HttpApp => {
  const app: HttpApp = new OpenAPIHono<HttpEnv>({
    defaultHook: (result, c) => {
      if (result.success) return undefined;
      const issues = result.error.issues
        .slice(0, mostIssues)
        .map((issue) => ({ path: cut(issue.path.join('.')), message: cut(issue.message) }));
      const first = issues[0];
      const message = first
        ? `${first.path === '' ? 'The request' : first.path}: ${first.message}`
        : 'A field is wrong.';
      return errorResponse(c, new AppError('VALIDATION_ERROR', message, { details: { issues } }));
    },
  });
  const isOurHost = createHostCheck(deps.allowedHosts);
  let table: ReturnType<typeof readRouteTable> | null = null;
  const routeTable = () => {
    table ??= readRouteTable(app);
    return table;
  };

  app.onError(createErrorHandler(deps.log));
  app.use(async (c, next) => {
    const started = performance.now();
    const given = c.req.header('x-correlation-id') ?? '';
    c.set('correlationId', correlationShape.test(given) ? given : newId());
    c.set('ip', deps.clientIp(c));
    if (!isOurHost(c.req.header('host'))) {
      const error = new AppError('MISDIRECTED_REQUEST', 'This server does not answer to that host name.');
      return errorResponse(c, error);
    }
    await next();
    c.header('X-Correlation-ID', c.var.correlationId);
    for (const [name, value] of Object.entries(securityHeaders)) if (!c.res.headers.has(name)) c.header(name, value);
    deps.onRequest?.({
      method: c.req.method,
      route: c.req.routePath,
      status: c.res.status,
      ms: performance.now() - started,
    });
    return undefined;
  });
  if (deps.corsOrigins.length > 0) app.use(cors({ origin: [...deps.corsOrigins], credentials: true, maxAge: 600 }));
  // Public, and before the guard: these are files of the app, the same for everybody.
  app.use(async (c, next) => (await deps.web(c)) ?? next());
  app.use(createGuard(routeTable, deps));
  app.use(async (c, next) => {
    checkContentType(c.req.raw.headers, hasBody(c.req.raw.headers));
    return bodyLimit({ maxSize: bodyLimitOf(c.req.path), onError: tooLarge })(c, next);
  });
  app.use(async (c, next) => {
    if (hasBody(c.req.raw.headers)) checkJsonShape(await c.req.text());
    await next();
  });
  app.use(deps.idempotency);
  deps.routes(app);
  routeTable();
  return app;
};
