/**
 * `WS /api/v1/query/ws`: prompts up, events down, for API clients. The key comes in the upgrade request or as the first
 * frame, never in the URL. One socket may hold several sessions; a frame that cannot be read gets an error, not a close.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { confirmKeySchema, type NumberedEvent, permissionModeSchema, queryRequestSchema } from '@hearth/contract';
import { type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { asAppError } from '../../http/errors.ts';
import type { Credentials } from '../../http/guard.ts';
import { createHostCheck } from '../../http/host-check.ts';
import type { Caller } from '../../kernel/caller.ts';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import type { Limiter } from '../../ports/limiter.ts';
import type { Approvals } from '../approvals/index.ts';
import type { EventLog } from '../events/index.ts';
import type { Sessions } from '../sessions/index.ts';
import type { Agent } from './service.ts';
import { starterOf } from './talk-routes.ts';

export interface SocketDeps {
  agent: Agent;
  approvals: Approvals;
  sessions: Pick<Sessions, 'latest'>;
  events: EventLog;
  limiter: Limiter;
  clock: Clock;
  authenticate: (credentials: Credentials) => Promise<Caller>;
  onInvalidated: (key: { keyId: string; keyHash: string }, callback: () => void) => () => void;
  allowedHosts: readonly string[];
  corsOrigins: readonly string[];
  clientIp: (request: IncomingMessage) => string;
}

const path = '/api/v1/query/ws';
const maxFrame = 32 * 1024 * 1024;
/** Before the sign-in a frame holds a key and nothing else. */
const maxUnknownFrame = 4_096;
const maxBuffered = 8 * 1024 * 1024;
const maxPerKey = 20;
const authWithinMs = 10_000;

const inSession = { session_id: z.uuid() };
const frameShape = z.discriminatedUnion('type', [
  z.object({ type: z.literal('auth'), api_key: z.string().max(512) }),
  z.looseObject({ type: z.literal('prompt') }),
  z.object({ type: z.literal('interrupt'), ...inSession }),
  z.object({ type: z.literal('answer'), answer: z.string().min(1).max(20_000), ...inSession }),
  z.object({
    type: z.literal('control'),
    permission_mode: permissionModeSchema,
    confirm_api_key: confirmKeySchema,
    ...inSession,
  }),
]);
type Frame = z.infer<typeof frameShape>;

const parseFrame = (text: string): Frame => {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    throw new AppError('BAD_REQUEST', 'The frame is not JSON.');
  }
  const parsed = frameShape.safeParse(raw);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new AppError('VALIDATION_ERROR', `${issue?.path.join('.') || 'type'}: ${issue?.message ?? 'is wrong'}`);
};

const refuse = (socket: Duplex, status: string): void => {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
};

export const attachSocket = (server: Server, deps: SocketDeps): { close: () => void } => {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxFrame });
  const isOurHost = createHostCheck(deps.allowedHosts);
  const perKey = new Map<string, number>();

  const originIsFine = (request: IncomingMessage): boolean => {
    const { origin, host } = request.headers;
    if (origin === undefined) return true;
    return origin === `http://${host}` || origin === `https://${host}` || deps.corsOrigins.includes(origin);
  };

  const serve = (ws: WebSocket, ip: string, known: Caller | null): void => {
    let caller: Caller | null = null;
    const cleanups: (() => void)[] = [];
    let closed = false;
    /** What is set up after the socket closed is taken down at once. */
    const onClose = (...steps: (() => void)[]): void => {
      if (closed) for (const step of steps) step();
      else cleanups.push(...steps);
    };
    /** Runs this socket follows, and whether it wants every word. */
    const runs = new Map<string, boolean>();
    const send = (data: object): void => {
      if (ws.bufferedAmount > maxBuffered) ws.close(1013, 'reads too slowly');
      else ws.send(JSON.stringify(data));
    };

    const onEvent = (event: NumberedEvent): void => {
      const runId = 'run_id' in event.data ? event.data.run_id : undefined;
      const partial = runId === undefined ? undefined : runs.get(runId);
      if (runId === undefined || partial === undefined) return;
      if (event.type === 'partial' && !partial) return;
      send({ type: 'sse_event', event: event.type, id: event.seq, data: event.data });
      if (event.type === 'done') runs.delete(runId);
    };

    const admit = async (next: Caller): Promise<void> => {
      const open = perKey.get(next.keyId) ?? 0;
      if (open >= maxPerKey)
        throw new AppError('RATE_LIMIT_EXCEEDED', 'Too many open sockets for this key.', { retryAfter: 10 });
      perKey.set(next.keyId, open + 1);
      onClose(() => perKey.set(next.keyId, Math.max(0, (perKey.get(next.keyId) ?? 1) - 1)));
      caller = next;
      const reading = await deps.events.read(next.ownerId, null, onEvent);
      onClose(
        reading.stop,
        deps.onInvalidated(next, () => ws.close(4401, 'the key is no longer valid')),
      );
    };

    const prompt = async (who: Caller, frame: Frame): Promise<void> => {
      const { type: _type, ...rest } = frame;
      const parsed = queryRequestSchema.safeParse(rest);
      if (!parsed.success) {
        const issue = parsed.error.issues[0];
        throw new AppError('VALIDATION_ERROR', `${issue?.path.join('.')}: ${issue?.message}`);
      }
      const rate = await deps.limiter.consume('interactive', who.keyId);
      if (!rate.allowed)
        throw new AppError('RATE_LIMIT_EXCEEDED', 'Too many requests.', { retryAfter: rate.retryAfter });
      const { session_id, fork_session, continue_conversation, ...turn } = parsed.data;
      const runId = newId();
      const partial = turn.include_partial_messages ?? false;
      runs.set(runId, partial);
      const starter = starterOf(who, ip);
      const latest = session_id === undefined && continue_conversation ? await deps.sessions.latest(who.ownerId) : null;
      const begun = await deps.agent.begin({
        starter,
        sessionId: session_id ?? latest?.id ?? null,
        fork: fork_session ?? false,
        turn,
        runId,
      });
      if (begun.runId !== runId) runs.delete(runId);
      runs.set(begun.runId, partial);
      send({ type: 'ack', message: begun.how, session_id: begun.sessionId, run_id: begun.runId });
    };

    const handle = async (frame: Frame): Promise<void> => {
      if (frame.type === 'auth') {
        if (caller !== null) throw new AppError('CONFLICT', 'This socket is already signed in.');
        await admit(
          await deps.authenticate({ xApiKey: frame.api_key, authorization: undefined, cookie: undefined, ip }),
        );
        send({ type: 'ack', message: 'signed in' });
        return;
      }
      if (caller === null) throw new AppError('AUTHENTICATION_ERROR', 'Send {"type":"auth","api_key":"…"} first.');
      if (frame.type === 'prompt') return prompt(caller, frame);
      if (frame.type === 'interrupt') await deps.agent.interrupt(caller.ownerId, frame.session_id);
      if (frame.type === 'answer') await deps.approvals.answer(caller, frame.session_id, frame.answer);
      if (frame.type === 'control')
        await deps.agent.setMode(starterOf(caller, ip), frame.session_id, {
          mode: frame.permission_mode,
          confirmKey: frame.confirm_api_key,
        });
      send({ type: 'ack', message: frame.type });
    };

    let queue: Promise<void> = Promise.resolve();
    ws.on('message', (data, isBinary) => {
      queue = queue.then(async () => {
        try {
          if (isBinary) throw new AppError('BAD_REQUEST', 'Send text frames.');
          if (caller === null && Buffer.byteLength(String(data)) > maxUnknownFrame)
            throw new AppError('AUTHENTICATION_ERROR', 'Sign in with a small frame first.');
          await handle(parseFrame(String(data)));
        } catch (thrown) {
          const error = asAppError(thrown);
          send({ type: 'error', code: error.code, message: error.message });
          if (error.code === 'AUTHENTICATION_ERROR') ws.close(4401, 'no valid key');
        }
      });
    });
    ws.on('error', () => ws.terminate());
    ws.on('close', () => {
      closed = true;
      for (const cleanup of cleanups.splice(0)) cleanup();
    });
    onClose(
      deps.clock.setTimer(authWithinMs, () => {
        if (caller === null) ws.close(4401, 'not signed in');
      }),
    );
    if (known) queue = queue.then(() => admit(known)).catch(() => ws.close(4429, 'too many sockets'));
  };

  const upgrade = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const url = request.url ?? '';
    if (url.split('?')[0] !== path) return refuse(socket, '404 Not Found');
    if (url.includes('?')) return refuse(socket, '400 Bad Request');
    if (!isOurHost(request.headers.host)) return refuse(socket, '421 Misdirected Request');
    if (!originIsFine(request)) return refuse(socket, '403 Forbidden');
    const ip = deps.clientIp(request);
    const { authorization, cookie } = request.headers;
    const xApiKey = request.headers['x-api-key'];
    let known: Caller | null = null;
    if (xApiKey !== undefined || authorization !== undefined || cookie !== undefined) {
      try {
        known = await deps.authenticate({ xApiKey: Array.isArray(xApiKey) ? '' : xApiKey, authorization, cookie, ip });
      } catch {
        return refuse(socket, '401 Unauthorized');
      }
    }
    sockets.handleUpgrade(request, socket, head, (ws) => serve(ws, ip, known));
  };

  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    void upgrade(request, socket, head);
  });
  return {
    close() {
      for (const client of sockets.clients) client.close(1001, 'the server stops');
      sockets.close();
    },
  };
};
