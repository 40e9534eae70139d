/**
 * Starting and stopping as it goes wrong in a home: the port is taken, a second start, a typo in the configuration, a
 * damaged file, a stop in the middle of work. A start that gives up says why in one sentence and changes nothing.
 */

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createdApiKeySchema } from '@hearth/contract';
import { answer, text, toolUse } from '@hearth/stand-in';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../packages/server/src/kernel/testing/free-port.ts';
import { type ServerProcess, spawnServer } from '../processes.ts';
import { until } from '../support/until.ts';
import {
  becomesIdle,
  call,
  clientOf,
  environment,
  everythingIn,
  failedStart,
  later,
  longText,
  serve,
  sessionOf,
  startModel,
  stream,
  tempDir,
  textsOf,
} from './fixtures.ts';

/** A stack is for the log; a person gets a sentence. */
const expectSentence = (output: string): void => {
  expect(output).not.toMatch(/\n\s+at /);
  expect(output.trim().split('\n').length).toBeLessThanOrEqual(3);
};

/** A home that has no account and no key yet. */
const newHome = (home: string): Record<string, string> => ({
  HOME: home,
  HEARTH_HOME: home,
  HEARTH_LOG_LEVEL: 'info',
  HEARTH_DEMO_TOKENS_PER_SECOND: '0',
});

describe('a start that cannot work gives up with one sentence', () => {
  it('names the port and HEARTH_PORT when another program has the port, and leaves that program alone', async () => {
    const port = await freePort();
    const other = createServer((_request, response) => response.end('I was first'));
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    later(() => other.close());
    const { code, output } = await failedStart(newHome(tempDir()), port);
    expect(code).toBe(1);
    expect(output).toContain(`Port ${port} is taken`);
    expect(output).toContain('HEARTH_PORT');
    expectSentence(output);
    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('I was first');
  });

  it.each([
    ['HEARTH_PORT', 'seventy'],
    ['DATABASE_URL', 'mysql://localhost/hearth'],
    ['HEARTH_ADMIN_KEY', 'short'],
    ['REDIS_URL', 'localhost:6379'],
  ])('names the variable %s when its value cannot be used, so that the typo is found', async (name, value) => {
    const { code, output } = await failedStart({ ...newHome(tempDir()), [name]: value });
    expect(code).toBe(1);
    expect(output).toContain(`${name}:`);
    expectSentence(output);
  });

  it.each([
    ['a file that is no database', (path: string) => writeFileSync(path, 'not a database '.repeat(500))],
    [
      'a real one whose first page was overwritten',
      (path: string) => writeFileSync(path, readFileSync(path).fill(0x5a, 0, 100)),
    ],
  ])('refuses %s instead of starting empty, and does not touch the file', async (_what, damage) => {
    const home = tempDir();
    const path = join(home, 'data', 'hearth.db');
    const server = await serve(newHome(home));
    expect(await server.stop()).toBe(0);
    damage(path);
    const before = readFileSync(path);
    const { code, output } = await failedStart(newHome(home));
    expect(code).toBe(1);
    expect(output).toContain('is damaged. Restore it from a backup; it was not changed.');
    expectSentence(output);
    expect(readFileSync(path).equals(before)).toBe(true);
  });
});

describe('a second start on the same data folder', () => {
  it('names the process that holds it, and the first one goes on working, its conversations included', async () => {
    const home = tempDir();
    const env = environment(home, await startModel());
    const first = await serve(env);
    const client = clientOf(first);
    const { session_id } = await client.query({ prompt: 'My code word is marmalade.' });
    // A lock is there for a moment only.
    const agentFiles = everythingIn(join(home, 'data', 'claude')).filter((path) => !path.endsWith('.lock'));
    expect(agentFiles.length).toBeGreaterThan(0);
    const { code, output } = await failedStart(env);
    expect(code).toBe(1);
    expect(output).toContain(`process ${first.pid}`);
    expectSentence(output);
    const left = everythingIn(join(home, 'data', 'claude'));
    expect(agentFiles.filter((path) => !left.includes(path))).toEqual([]);
    const next = await client.query({ prompt: 'What is my code word?', session_id });
    expect(next).toMatchObject({ content: expect.stringContaining('marmalade') });
  });
});

describe('SIGTERM in the middle of work', () => {
  const begin = async (server: ServerProcess) => {
    const waiting = await stream(server, 'Do it.');
    await waiting.next('approval', undefined, 20_000);
    const talking = await stream(server, 'Tell me.');
    await talking.next('partial', undefined, 20_000);
    const ids = { waiting: await sessionOf(waiting), talking: await sessionOf(talking) };
    await until('some text', () => talking.events.filter(({ type }) => type === 'partial').length > 20);
    return ids;
  };

  it('exits with 0 in time, keeps the text so far as interrupted, and the open question is answered after the start', async () => {
    const home = tempDir();
    const standIn = await startModel();
    const log = join(home, 'data', 'workspace', 'ran.txt');
    standIn.script(({ prompt }) => {
      if (prompt === 'Do it.') return toolUse('Bash', { command: `echo ran >> ${log}`, description: 'Write a line' });
      return prompt === 'Tell me.' ? answer([text(longText)], { tokensPerSecond: 40 }) : undefined;
    });
    const env = environment(home, standIn);
    const first = await serve(env);
    const session = await begin(first);
    const begun = performance.now();
    expect(await first.stop()).toBe(0);
    expect(performance.now() - begun).toBeLessThan(15_000);

    const second = await serve(env);
    const texts = await textsOf(second, session.talking);
    expect(texts).toEqual(['user/complete: Tell me.', expect.stringMatching(/^assistant/)]);
    expect(texts[1]).toMatch(/^assistant\/interrupted: The garden pi went quiet/);
    const client = clientOf(second);
    const { approvals } = await client.approvals.list({ status: 'pending' });
    expect(approvals.map((one) => one.session_id)).toEqual([session.waiting]);
    await client.approvals.decide(approvals[0]?.id ?? '', { decision: 'allow' });
    await becomesIdle(second, session.waiting);
    expect((await textsOf(second, session.waiting)).at(-1)).toMatch(/^assistant\/complete: /);
    expect(readFileSync(log, 'utf8')).toBe('ran\n');
  });
});

/** Empty for what is no file, or not there any more: the agent binary makes and removes some of its own meanwhile. */
const contentOf = (path: string): Buffer => {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
};

describe('keys and files', () => {
  const shown = (server: ServerProcess): Promise<string> =>
    until('the words of the start', () => server.output().includes('npx hearth chat') && server.output(), 10_000);

  it('shows the first key exactly once, on the first start only, because it opens everything', async () => {
    const home = tempDir();
    const first = await spawnServer(newHome(home));
    later(() => first.kill());
    const key = /Your key: (\S+)/.exec(await shown(first))?.[1] ?? '';
    expect(key.length).toBeGreaterThan(24);
    expect(first.output().split(key)).toHaveLength(2);
    expect((await call(first, '/api/v1/sessions', undefined, { headers: { 'X-API-Key': key } })).status).toBe(200);
    expect(await first.stop()).toBe(0);
    expect(first.output().split(key)).toHaveLength(2);

    const second = await spawnServer(newHome(home));
    later(() => second.kill());
    const words = await shown(second);
    expect(words).not.toContain('Your key');
    expect(words).not.toContain(key);
    expect((await call(second, '/api/v1/sessions', undefined, { headers: { 'X-API-Key': key } })).status).toBe(200);
  });

  it('keeps the data folder for its owner alone, and no file in it holds a key that was issued', async () => {
    const home = tempDir();
    const server = await serve(environment(home, await startModel()));
    const made = await call(server, '/api/v1/api-keys', { name: 'tablet', permissions: {} });
    const { key } = createdApiKeySchema.parse(await made.json());
    const headers = { 'X-API-Key': key };
    const chat = await call(server, '/api/v1/query', { prompt: 'Hello' }, { headers });
    expect(chat.status).toBe(200);
    const inspect = (): void => {
      const data = join(home, 'data');
      const modes = [data, ...everythingIn(data)].map((path) => {
        const found = statSync(path, { throwIfNoEntry: false });
        if (!found) return [];
        const wanted = found.isDirectory() ? 0o700 : 0o600;
        return (found.mode & 0o777 & ~wanted) === 0 ? [] : [`${path} ${(found.mode & 0o777).toString(8)}`];
      });
      // The folder itself shuts others out; what the agent binary makes inside `claude/` has its own modes.
      expect(modes.flat().filter((line) => !line.startsWith(join(data, 'claude/')))).toEqual([]);
      const holding = everythingIn(home).filter((path) => contentOf(path).includes(key));
      expect(holding).toEqual([]);
    };
    expect(statSync(join(home, 'data')).mode & 0o777).toBe(0o700);
    inspect();
    expect(await server.stop()).toBe(0);
    inspect();
  });
});
