/**
 * The HTTP face of the stand-in, as a Hono app: routes, limits, credentials, and errors in the shape of the API.
 * Invariant: every answer carries a `request-id`; every error has the API's body.
 */

import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { z } from 'zod';
import { type ControlDeps, createControl } from './control.ts';
import { type AcceptKey, credentialOf, refuseKey } from './credentials.ts';
import { type ApiError, errorBody, invalidRequest, notFound, tooLarge } from './errors.ts';
import type { MessagesRoute } from './messages-route.ts';
import { findModel, modelPage } from './models.ts';
import { countRequestSchema, messagesRequestSchema } from './protocol.ts';
import type { WritableRequestLog } from './request-log.ts';
import { type Sleep, send } from './send.ts';
import { inputTokensOf } from './tokens.ts';

interface Env {
  Bindings: HttpBindings;
  Variables: { requestId: string };
}

export interface AppDeps {
  answerMessages: MessagesRoute;
  acceptKey: AcceptKey;
  sleep: Sleep;
  log: Pick<WritableRequestLog, 'took'>;
  /** Null when remote control is off. */
  control: ControlDeps | null;
  maxBodyBytes: number;
}

const refuse = (c: Context<Env>, error: ApiError): Response =>
  c.json(errorBody(error, c.get('requestId')), error.status as ContentfulStatusCode, {
    'request-id': c.get('requestId'),
    'x-should-retry': String(error.status >= 500),
  });

/** The parsed body with its size, or what is wrong with it. */
const readBody = async <T>(c: Context<Env>, schema: z.ZodType<T>): Promise<{ body: T; bytes: number } | ApiError> => {
  const raw = await c.req.text();
  let value: unknown;
  try {
    value = JSON.parse(raw);
  } catch {
    return invalidRequest('The request body is not valid JSON.');
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { body: parsed.data, bytes: raw.length };
  const [issue] = parsed.error.issues;
  return invalidRequest(`${issue?.path.join('.') ?? 'body'}: ${issue?.message ?? 'not valid'}`);
};

const mountMessages = (app: Hono<Env>, { answerMessages, sleep, log }: AppDeps): void => {
  app.post('/v1/messages', async (c) => {
    const arrivedAt = performance.now();
    const read = await readBody(c, messagesRequestSchema);
    if ('status' in read) return refuse(c, read);
    const requestId = c.get('requestId');
    const key = credentialOf(c.req.raw.headers) ?? '';
    const delivery = answerMessages({ ...read, headers: c.req.header(), key, requestId });
    const headers = { ...delivery.headers, 'request-id': requestId };
    const onFirstPiece = (): void => log.took(performance.now() - arrivedAt);
    await send({ ...delivery, headers }, { outgoing: c.env.outgoing, sleep, onFirstPiece });
    return RESPONSE_ALREADY_SENT;
  });
  app.post('/v1/messages/count_tokens', async (c) => {
    const read = await readBody(c, countRequestSchema);
    if ('status' in read) return refuse(c, read);
    return c.json({ input_tokens: inputTokensOf(read.body) });
  });
};

const mountModels = (app: Hono<Env>): void => {
  app.get('/v1/models', (c) => c.json(modelPage()));
  app.get('/v1/models/:id', (c) => {
    const id = c.req.param('id');
    const model = findModel(id);
    return model ? c.json(model) : refuse(c, { status: 404, type: 'not_found_error', message: `model: ${id}` });
  });
};

export const createApp = (deps: AppDeps): Hono<Env> => {
  const app = new Hono<Env>();
  let served = 0;
  app.use(async (c, next) => {
    served += 1;
    c.set('requestId', `req_01StandIn${String(served).padStart(8, '0')}`);
    c.header('request-id', c.get('requestId'));
    await next();
  });
  app.use(bodyLimit({ maxSize: deps.maxBodyBytes, onError: (c) => refuse(c, tooLarge) }));
  app.get('/', (c) => c.text('Hearth stand-in: an offline Messages API for demos and tests.\n'));
  if (deps.control) app.route('/stand-in', createControl(deps.control));
  app.use('/v1/*', async (c, next) => {
    const refused = refuseKey(credentialOf(c.req.raw.headers), deps.acceptKey);
    if (refused) return refuse(c, refused);
    await next();
  });
  mountMessages(app, deps);
  mountModels(app);
  app.notFound((c) => refuse(c, notFound(c.req.path)));
  app.onError((error, c) => refuse(c, { status: 500, type: 'api_error', message: error.message }));
  return app;
};
