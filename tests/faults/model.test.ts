/**
 * The model fails, with the real `claude` binary: nobody listens, it hangs, it crawls, it comes and goes, it refuses the
 * key. Each run ends once, with one sentence a person understands, and the next message works.
 */

import { createServer } from 'node:http';
import { fail, type StandIn, text } from '@hearth/stand-in';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../packages/server/src/kernel/testing/free-port.ts';
import type { ServerProcess } from '../processes.ts';
import { faultsOfRun, text as fieldText, type SeenEvent } from '../support/events.ts';
import { until } from '../support/until.ts';
import {
  call,
  clientOf,
  environment,
  later,
  longText,
  serve,
  sessionOf,
  startModel,
  stream,
  tempDir,
  textsOf,
  timed,
} from './fixtures.ts';

const start = async (standIn: Pick<StandIn, 'url'>, more: Record<string, string> = {}): Promise<ServerProcess> =>
  serve(environment(tempDir(), standIn, more));

const errorsIn = (events: readonly SeenEvent[]): SeenEvent[] => events.filter(({ type }) => type === 'error');

const isSentence = (message: string): void => {
  expect(message).toMatch(/^[A-Z][^\n]{10,}\.$/);
  expect(message).not.toMatch(/ECONN|https?:|127\.0\.0\.1|\{|node_modules|api_error/);
};

/** Sends a message and expects it to fail once, in words; the words are the answer. */
const failsOnce = async (server: ServerProcess, prompt: string, fields: object = {}) => {
  const run = await stream(server, prompt, fields);
  expect(run.status).toBe(200);
  const events = await run.end(45_000);
  expect(faultsOfRun(events)).toEqual([]);
  const errors = errorsIn(events);
  expect(errors).toHaveLength(1);
  const message = fieldText(errors[0]?.data, 'message');
  isSentence(message);
  expect(events.at(-1)).toMatchObject({ type: 'done', data: { reason: 'error' } });
  return { code: fieldText(errors[0]?.data, 'code'), message, session: await sessionOf(run) };
};

const worksIn = async (server: ServerProcess, session_id: string): Promise<void> => {
  const next = await clientOf(server).query({ prompt: 'Are you there?', session_id });
  expect(next).toMatchObject({ is_error: false });
};

describe('one failure of the model ends one run, and the next message works', () => {
  it('says that Claude cannot be reached when nobody listens, and goes on when somebody does', async () => {
    const standIn = await startModel();
    const port = await freePort();
    const server = await start({ url: `http://127.0.0.1:${port}` });
    const { code, session } = await failsOnce(server, 'Hello?');
    expect(code).toBe('MODEL_UNAVAILABLE');
    expect((await textsOf(server, session))[0]).toBe('user/complete: Hello?');
    const relay = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(Buffer.from(chunk));
      const headers = { 'content-type': 'application/json', 'x-api-key': 'sk-test-key' };
      const method = request.method ?? 'GET';
      const body = method === 'POST' ? { body: Buffer.concat(chunks) } : {};
      const answered = await fetch(`${standIn.url}${request.url ?? '/'}`, { method, headers, ...body });
      response.writeHead(answered.status, { 'content-type': answered.headers.get('content-type') ?? '' });
      response.end(Buffer.from(await answered.arrayBuffer()));
    });
    await new Promise<void>((resolve) => relay.listen(port, '127.0.0.1', resolve));
    later(() => relay.close());
    later(() => relay.closeAllConnections());
    await worksIn(server, session);
  });

  it('lets a person stop an answer that never begins, and answers the next message', async () => {
    const standIn = await startModel();
    standIn.script([fail.silent()]);
    const server = await start(standIn);
    const run = await stream(server, 'Hang, please.');
    await until('the request', () => standIn.requests.count() > 0, 20_000);
    const session = await sessionOf(run);
    expect((await call(server, `/api/v1/sessions/${session}/interrupt`, {})).status).toBe(200);
    const events = await run.end(20_000);
    expect(errorsIn(events)).toEqual([]);
    expect(events.at(-1)).toMatchObject({ type: 'done', data: { reason: 'interrupted' } });
    await worksIn(server, session);
  });

  it('waits for a model that crawls instead of giving up, because slow is not broken', async () => {
    const standIn = await startModel();
    const said = longText.slice(0, 140);
    standIn.script([fail.slow({ content: [text(said)], bytesPerPiece: 64, pauseMs: 60 })]);
    const server = await start(standIn);
    const run = await stream(server, 'Slowly, please.');
    const events = await run.end(40_000);
    expect(faultsOfRun(events)).toEqual([]);
    expect(errorsIn(events)).toEqual([]);
    expect(await textsOf(server, await sessionOf(run))).toContain(`assistant/complete: ${said}`);
  });

  it('ends each run of a flapping model by itself, and never ends a good one with the error of a bad one', async () => {
    const standIn = await startModel();
    const server = await start(standIn);
    const { id: session_id } = await clientOf(server).sessions.create({ title: 'flapping' });
    for (const failure of [
      fail.server({ shouldRetry: false }),
      fail.badRequest(),
      fail.overloaded({ shouldRetry: false }),
    ]) {
      standIn.script([{ ...failure, repeat: true }]);
      await failsOnce(server, 'Now?', { session_id });
      standIn.reset();
      await worksIn(server, session_id);
    }
  });

  it('says "connect the account again" when the credential is refused, because only that helps', async () => {
    const standIn = await startModel();
    standIn.script([fail.authentication({ repeat: true })]);
    const server = await start(standIn);
    const { code, message, session } = await failsOnce(server, 'Hello?');
    expect(code).toBe('MODEL_AUTHENTICATION');
    expect(message).toMatch(/connect the account again/i);
    standIn.reset();
    await worksIn(server, session);
  });
});

describe('five failures of the model in a row', () => {
  it('stop the asking: 503 with Retry-After and no call, health lists chat, and everything else goes on', async () => {
    const standIn = await startModel();
    standIn.script([fail.overloaded({ repeat: true, shouldRetry: false })]);
    const server = await start(standIn);
    const { id: session_id } = await clientOf(server).sessions.create({ title: 'overloaded' });
    for (let no = 1; no <= 5; no += 1) await failsOnce(server, `Try ${no}`, { session_id });

    const calls = standIn.requests.count();
    for (const path of ['/api/v1/query', '/api/v1/stream', '/api/v1/query/single']) {
      const refused = await timed(server, path, { prompt: 'One more', session_id });
      expect(refused).toMatchObject({ status: 503, code: 'SERVICE_UNAVAILABLE' });
      isSentence(refused.message);
      expect(refused.retryAfter).toBeGreaterThan(0);
      expect(refused.retryAfter).toBeLessThanOrEqual(60);
    }
    const health = await until('the health', async () => {
      const found = await clientOf(server).health();
      return found.status === 'degraded' && found;
    });
    expect(health.degraded_features).toContain('chat');
    expect((await textsOf(server, session_id)).filter((line) => line.includes('One more'))).toEqual([]);
    expect((await timed(server, '/api/v1/sessions', { title: 'still fine' })).status).toBeLessThan(300);
    expect(standIn.requests.count()).toBe(calls);
  }, 120_000);
});
