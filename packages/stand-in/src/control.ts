/**
 * Remote control for black-box use: set scripts, read the requests and how long their answers took, over HTTP. Only
 * mounted when asked for, because whoever reaches it decides what the model says.
 */
import { Hono } from 'hono';
import { z } from 'zod';
import { errorBody, invalidRequest } from './errors.ts';
import { stopReasons } from './protocol.ts';
import type { RequestLog } from './request-log.ts';
import type { ScriptPlayer } from './script-player.ts';

const block = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({ type: z.literal('thinking'), thinking: z.string() }),
  z.object({ type: z.literal('tool_use'), name: z.string().min(1), input: z.record(z.string(), z.unknown()) }),
]);

const options = {
  delayMs: z.number().min(0).optional(),
  tokensPerSecond: z.number().min(0).optional(),
  when: z.string().optional(),
  repeat: z.boolean().optional(),
};

const content = z.array(block).optional();
const afterEvents = z.number().int().min(0);

const fault = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('http'),
    status: z.number().int().min(400).max(599),
    errorType: z.string(),
    message: z.string(),
    retryAfterSeconds: z.number().optional(),
    shouldRetry: z.boolean().optional(),
  }),
  z.object({ type: z.literal('error_event'), afterEvents, errorType: z.string(), message: z.string(), content }),
  z.object({ type: z.literal('cut'), afterEvents, content }),
  z.object({ type: z.literal('malformed'), afterEvents, content }),
  z.object({ type: z.literal('slow'), bytesPerPiece: z.number().int().min(1), pauseMs: z.number().min(0), content }),
  z.object({ type: z.literal('silent') }),
]);

const step = z.union([
  z.string(),
  block,
  z.array(block),
  z.object({
    kind: z.literal('answer'),
    content: z.array(block),
    stopReason: z.enum(stopReasons).optional(),
    stopSequence: z.string().optional(),
    ...options,
  }),
  z.object({ kind: z.literal('failure'), fault, ...options }),
]);

const scriptRequest = z.object({ steps: z.array(step), sessionId: z.string().min(1).optional() });

export interface ControlDeps {
  player: ScriptPlayer;
  log: RequestLog;
  reset: () => void;
}

export const createControl = ({ player, log, reset }: ControlDeps): Hono => {
  const app = new Hono();
  app.post('/script', async (c) => {
    const parsed = scriptRequest.safeParse(await c.req.json().catch(() => undefined));
    if (!parsed.success) {
      const error = invalidRequest(z.prettifyError(parsed.error));
      return c.json(errorBody(error, c.res.headers.get('request-id') ?? ''), 400);
    }
    const { steps, sessionId } = parsed.data;
    if (sessionId === undefined) player.set(steps);
    else player.setFor(sessionId, steps);
    return c.json({ accepted: steps.length });
  });
  app.post('/reset', (c) => {
    reset();
    return c.json({ reset: true });
  });
  app.get('/requests', (c) =>
    c.json({
      count: log.count(),
      // Credentials stay out: this answer may end up in a report.
      requests: log.all().map(({ number, sessionId, body, answeredBy }) => ({ number, sessionId, answeredBy, body })),
    }),
  );
  app.get('/times', (c) => c.json({ times: log.times() }));
  return app;
};
