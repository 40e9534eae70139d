/**
 * What the fault tests share: temporary folders and processes that go with the test, servers that talk to the stand-in,
 * requests whose refusals are checked for a sentence, and what a person would find in a session afterwards.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@hearth/client';
import { type StandIn, startStandIn } from '@hearth/stand-in';
import { afterEach } from 'vitest';
import { testKey } from '../harness.ts';
import { type ServerProcess, spawnServer } from '../processes.ts';
import { type Follower, follow } from '../support/events.ts';
import { errorOf } from '../support/requests.ts';
import { until } from '../support/until.ts';

const cleanups: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Done after the test, the last one first. */
export const later = (cleanup: () => Promise<unknown> | unknown): void => void cleanups.push(cleanup);

export const tempDir = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'hearth-fault-'));
  later(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  return dir;
};

export const startModel = async (tokensPerSecond = 0): Promise<StandIn> => {
  const standIn = await startStandIn({ tokensPerSecond });
  later(() => standIn.close());
  return standIn;
};

export const environment = (
  home: string,
  standIn: { url: string },
  more: Record<string, string> = {},
): Record<string, string> => ({
  HOME: home,
  HEARTH_HOME: home,
  HEARTH_ADMIN_KEY: testKey,
  HEARTH_LOG_LEVEL: 'error',
  ANTHROPIC_BASE_URL: standIn.url,
  ANTHROPIC_API_KEY: 'sk-test-key',
  ...more,
});

export const serve = async (env: Record<string, string>, port?: number): Promise<ServerProcess> => {
  const server = await spawnServer(env, port === undefined ? {} : { port });
  later(() => server.kill());
  return server;
};

/** A start that is expected to give up: what it printed, and its exit code. */
export const failedStart = async (env: Record<string, string>, port?: number) => {
  const server = await spawnServer(env, { expectExit: true, ...(port === undefined ? {} : { port }) });
  return { code: await server.stop(), output: server.output() };
};

export const clientOf = ({ url }: { url: string }) => createClient({ baseUrl: url, apiKey: testKey });

export const call = (server: { url: string }, path: string, body?: object, init: RequestInit = {}): Promise<Response> =>
  fetch(`${server.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
    ...init,
    headers: { 'X-API-Key': testKey, 'Content-Type': 'application/json', ...init.headers },
  });

export interface Timed {
  status: number;
  /** Of the refusal; empty when it was none. */
  code: string;
  message: string;
  retryAfter: number | null;
  ms: number;
}

/** A request with its duration. A refusal must have the one error shape, a sentence, and leak nothing. */
export const timed = async (server: { url: string }, path: string, body?: object): Promise<Timed> => {
  const begun = performance.now();
  const response = await call(server, path, body);
  const text = await response.text();
  const error = response.ok ? { code: '', message: '' } : errorOf({ text });
  const retryAfter = response.headers.get('retry-after');
  return {
    status: response.status,
    code: error.code,
    message: error.message,
    retryAfter: retryAfter === null ? null : Number(retryAfter),
    ms: performance.now() - begun,
  };
};

export const stream = (server: { url: string }, prompt: string, fields: object = {}): Promise<Follower> =>
  follow((signal) => call(server, '/api/v1/stream', { prompt, include_partial_messages: true, ...fields }, { signal }));

/** The session of a stream, as soon as an event names it. */
export const sessionOf = (follower: Follower): Promise<string> =>
  until('the session of the stream', () => {
    for (const { data } of follower.events) {
      const id = typeof data === 'object' && data !== null && 'session_id' in data ? data.session_id : undefined;
      if (typeof id === 'string') return id;
    }
    return null;
  });

/** The messages of a session, each as `type/status: text`. */
export const textsOf = async (server: { url: string }, sessionId: string): Promise<string[]> => {
  const { messages } = await clientOf(server).sessions.messages(sessionId);
  return messages.map(({ type, status, content }) => {
    const words = content.map((block) => (block.type === 'text' ? block.text : `[${block.type}]`)).join('');
    return `${type}/${status}: ${words}`;
  });
};

export const activityOf = async (server: { url: string }, sessionId: string): Promise<string> =>
  (await clientOf(server).sessions.get(sessionId)).activity;

export const becomesIdle = (server: { url: string }, sessionId: string, limitMs = 15_000): Promise<unknown> =>
  until('the session is idle', async () => (await activityOf(server, sessionId)) === 'idle', limitMs);

/** Every file and folder below `dir`, as paths. */
export const everythingIn = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true }).map((entry) => join(entry.parentPath, entry.name));

export const longText = 'The garden pi went quiet, and nobody noticed until the tomatoes did. '.repeat(40);
