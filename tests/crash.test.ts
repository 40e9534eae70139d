/**
 * Kill -9 at the worst moments, with the real server process and the real `claude` binary. After it: every acknowledged
 * message is there, no run is stuck, an approval can still be answered, and the conversation goes on.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@hearth/client';
import { answer, type StandIn, text, toolUse } from '@hearth/stand-in';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { startModel, testKey } from './harness.ts';
import { type ServerProcess, spawnServer, until } from './processes.ts';

const cleanups: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const tempDir = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'hearth-crash-'));
  cleanups.push(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  return dir;
};

const model = async (): Promise<StandIn> => {
  const standIn = await startModel();
  cleanups.push(() => standIn.close());
  return standIn;
};

const environment = (home: string, standIn: StandIn, more: Record<string, string> = {}): Record<string, string> => ({
  HOME: home,
  HEARTH_HOME: home,
  HEARTH_ADMIN_KEY: testKey,
  HEARTH_LOG_LEVEL: 'error',
  ANTHROPIC_BASE_URL: standIn.url,
  ANTHROPIC_API_KEY: 'sk-test-key',
  ...more,
});

const serve = async (env: Record<string, string>): Promise<ServerProcess> => {
  const server = await spawnServer(env);
  cleanups.push(() => server.kill());
  return server;
};

const clientOf = (server: ServerProcess) => createClient({ baseUrl: server.url, apiKey: testKey });

/** Sends a prompt and resolves when the given event was seen; the stream is then left alone. */
const sendUntil = async (server: ServerProcess, prompt: string, event: string, sessionId?: string): Promise<string> => {
  const abort = new AbortController();
  const response = await fetch(`${server.url}/api/v1/stream`, {
    method: 'POST',
    headers: { 'X-API-Key': testKey, 'Content-Type': 'application/json' },
    body: JSON.stringify({ prompt, include_partial_messages: true, ...(sessionId ? { session_id: sessionId } : {}) }),
    signal: abort.signal,
  });
  const decoder = new TextDecoder();
  let received = '';
  for await (const chunk of response.body ?? []) {
    received += decoder.decode(chunk, { stream: true });
    if (received.includes(event)) break;
  }
  abort.abort();
  return /"session_id":"([0-9a-f-]{36})"/.exec(received)?.[1] ?? '';
};

const textsOf = async (server: ServerProcess, sessionId: string): Promise<string[]> => {
  const { messages } = await clientOf(server).sessions.messages(sessionId);
  return messages.map(({ type, status, content }) => {
    const words = content.map((block) => (block.type === 'text' ? block.text : `[${block.type}]`)).join('');
    return `${type}/${status}: ${words}`;
  });
};

const longText = 'The garden pi went quiet, and nobody noticed until the tomatoes did. '.repeat(40);
const slowly = () => answer([text(longText)], { tokensPerSecond: 60 });

/** Kills `first` in the middle of an answer and looks at everything through `second()`. */
const killMidAnswer = async (standIn: StandIn, first: ServerProcess, second: () => Promise<ServerProcess>) => {
  standIn.script([slowly()]);
  const sessionId = await sendUntil(first, 'My code word is marmalade.', '"text_delta"');
  await until(async () => (await clientOf(first).sessions.get(sessionId)).activity === 'running');
  // Let a draft reach the disk, so that the cut text is worth looking at.
  await new Promise((resolve) => setTimeout(resolve, 900));
  await first.kill();
  const server = await second();
  const texts = await until(async () => {
    const all = await textsOf(server, sessionId);
    return all.length >= 2 && all;
  }, 25_000);
  expect(texts[0]).toBe('user/complete: My code word is marmalade.');
  expect(texts[1]).toMatch(/^assistant\/interrupted: The garden pi went quiet/);
  await until(async () => (await clientOf(server).sessions.get(sessionId)).activity === 'idle');
  standIn.reset();
  const next = await clientOf(server).query({ prompt: 'What is my code word?', session_id: sessionId });
  expect(next).toMatchObject({ content: expect.stringContaining('marmalade') });
};

describe('kill -9 in the middle of an answer', () => {
  it('keeps the history, marks the run interrupted, and the next message continues the conversation', async () => {
    const standIn = await model();
    const env = environment(tempDir(), standIn);
    await killMidAnswer(standIn, await serve(env), () => serve(env));
  });

  const { postgres, redis, reasons } = inject('services');
  it.skipIf(postgres === null || redis === null)(
    `lets a second process on the same PostgreSQL and Redis continue${reasons.postgres ? ` (skipped: ${reasons.postgres})` : ''}`,
    async () => {
      const standIn = await model();
      const shared = { DATABASE_URL: postgres ?? '', REDIS_URL: redis ?? '' };
      const first = await serve(environment(tempDir(), standIn, shared));
      const second = await serve(environment(tempDir(), standIn, shared));
      await killMidAnswer(standIn, first, async () => second);
    },
  );
});

describe('kill -9 while a step waits for a person', () => {
  it('keeps the approval; the decision after the restart runs the step exactly once', async () => {
    const standIn = await model();
    const home = tempDir();
    const env = environment(home, standIn);
    const log = join(home, 'data', 'workspace', 'ran.txt');
    standIn.script([toolUse('Bash', { command: `echo ran >> ${log}`, description: 'Write a line' })]);
    const first = await serve(env);
    const sessionId = await sendUntil(first, 'Do it.', 'event: approval');
    await first.kill();

    const server = await serve(env);
    const client = clientOf(server);
    const { approvals } = await client.approvals.list({ status: 'pending' });
    expect(approvals).toHaveLength(1);
    expect((await client.sessions.get(sessionId)).activity).toBe('waiting');
    await client.approvals.decide(approvals[0]?.id ?? '', { decision: 'allow' });
    await until(async () => (await client.sessions.get(sessionId)).activity === 'idle');
    expect((await textsOf(server, sessionId)).at(-1)).toMatch(/^assistant\/complete: `Bash` .* worked/);
    expect(readFileSync(log, 'utf8')).toBe('ran\n');
  });
});

describe('a worker that is killed', () => {
  it('ends its run with one error, and the next message works', async () => {
    const standIn = await model();
    const server = await serve(environment(tempDir(), standIn));
    standIn.script([slowly()]);
    const sessionId = await sendUntil(server, 'Tell me.', '"text_delta"');
    const workers = execFileSync('pgrep', ['-x', '-P', String(server.pid), 'claude'], { encoding: 'utf8' })
      .trim()
      .split('\n');
    for (const pid of workers) process.kill(Number(pid), 'SIGKILL');
    await until(async () => (await clientOf(server).sessions.get(sessionId)).activity === 'idle');
    const after: string[] = [];
    for await (const item of clientOf(server).events({ after: 0, sessionId, signal: AbortSignal.timeout(3_000) })) {
      if (item.kind === 'event') after.push(item.event.type);
      if (item.kind === 'event' && item.event.type === 'done') break;
    }
    expect(after.filter((type) => type === 'error')).toHaveLength(1);
    standIn.reset();
    const next = await clientOf(server).query({ prompt: 'hello again', session_id: sessionId });
    expect(next).toMatchObject({ is_error: false });
  });
});
