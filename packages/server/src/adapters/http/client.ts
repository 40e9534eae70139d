/**
 * One small line to a service the operator named, for adapters that speak JSON over HTTP. `node:http` rather than `fetch`,
 * which cannot bound connecting apart from answering; redirects are not followed, so a key goes nowhere else.
 */
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, Agent as SecureAgent } from 'node:https';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';

export interface HttpCall {
  method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Begins with "/"; put after the path of the service's address. */
  path: string;
  body?: unknown;
}

export interface HttpAnswer {
  status: number;
  text: string;
}

export interface HttpClient {
  /**
   * Any answer, whatever its status; what it means is for the adapter to say. SERVICE_UNAVAILABLE when there is none.
   */
  send(call: HttpCall, signal: AbortSignal): Promise<HttpAnswer>;
  close(): void;
}

export interface HttpClientDeps {
  url: string;
  /** Sent with every request. */
  headers?: Readonly<Record<string, string>>;
  connectMs: number;
  clock: Clock;
  /** What people read when it gives no answer. */
  away: string;
}

/** 1,000 long vectors as text are some 40 MB. */
const largestAnswer = 64_000_000;
const mostSockets = 16;

const readAll = async (answer: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of answer) {
    if (!Buffer.isBuffer(part)) continue;
    bytes += part.byteLength;
    if (bytes > largestAnswer) throw new Error('the answer is too long');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
};

export const createHttpClient = ({ url, headers, connectMs, clock, away }: HttpClientDeps): HttpClient => {
  const base = new URL(url);
  const isSecure = base.protocol === 'https:';
  const agent = new (isSecure ? SecureAgent : Agent)({ keepAlive: true, maxSockets: mostSockets });
  const prefix = base.pathname.replace(/\/+$/, '');

  const sendNow: HttpClient['send'] = ({ method, path, body }, signal) =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const about =
        text === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) };
      const options = { method, headers: { ...about, ...headers }, agent, signal };
      const request = (isSecure ? httpsRequest : httpRequest)(new URL(`${prefix}${path}`, base), options);
      request.on('socket', (socket) => {
        if (!socket.connecting) return;
        const cancel = clock.setTimer(connectMs, () => request.destroy(new Error('no connection in time')));
        for (const event of ['connect', 'close'] as const) socket.once(event, cancel);
      });
      request.on('error', reject);
      request.on('response', (answer) => {
        readAll(answer).then((read) => resolve({ status: answer.statusCode ?? 0, text: read }), reject);
      });
      request.end(text);
    });

  return {
    send: (call, signal) =>
      sendNow(call, signal).catch((cause: unknown) => {
        throw new AppError('SERVICE_UNAVAILABLE', away, { cause, retryAfter: 5 });
      }),
    close: () => agent.destroy(),
  };
};
