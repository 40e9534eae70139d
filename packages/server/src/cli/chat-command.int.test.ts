import { createServer } from 'node:http';
import { PassThrough } from 'node:stream';
import { createScriptedProvider } from '@hearth/runtime';
import { expect, it, onTestFinished } from 'vitest';
import type { Config } from '../config.ts';
import { freePort } from '../kernel/testing/free-port.ts';
import { runChatCommand } from './chat-command.ts';
import { firstStart, makeHome, serve, withDb } from './testing/home.ts';

const streams = () => {
  const texts = { out: '', err: '' };
  const output = new PassThrough();
  const errorOutput = new PassThrough();
  output.on('data', (piece) => {
    texts.out += String(piece);
  });
  errorOutput.on('data', (piece) => {
    texts.err += String(piece);
  });
  return { texts, input: new PassThrough(), output, errorOutput };
};

const terminalKeys = (config: Config) =>
  withDb(config.database, (db) =>
    db.kysely.selectFrom('api_keys').select(['name', 'revoked_at']).where('name', '=', 'terminal').execute(),
  );

it('on the machine of the server it needs no key: one is made, and ended with the chat', async () => {
  const { config } = await makeHome();
  await serve(config);
  const { texts, ...ends } = streams();
  expect(await runChatCommand({ question: 'How many?' }, { config, apiKey: null, ...ends })).toBe(0);
  expect(texts.out).toBe('Four\n');
  expect(await terminalKeys(config)).toEqual([{ name: 'terminal', revoked_at: expect.any(String) }]);
  expect(await runChatCommand({ question: 'Again?' }, { config, apiKey: null, ...streams() })).toBe(0);
  expect(await terminalKeys(config)).toHaveLength(1);
});

it('the key is ended also when the answer fails', async () => {
  const { config } = await makeHome();
  await serve(
    config,
    createScriptedProvider(() => [{ fail: 'MODEL_OVERLOADED' }]),
  );
  expect(await runChatCommand({ question: 'x' }, { config, apiKey: null, ...streams() })).toBe(1);
  expect(await terminalKeys(config)).toEqual([{ name: 'terminal', revoked_at: expect.any(String) }]);
});

it('a given key is used as it is', async () => {
  const { config } = await makeHome();
  const server = await serve(config);
  const { texts, ...ends } = streams();
  const apiKey = server.app.firstKey;
  expect(await runChatCommand({ question: 'x', url: server.url }, { config, apiKey, ...ends })).toBe(0);
  expect(texts.out).toBe('Four\n');
  expect(await terminalKeys(config)).toEqual([]);
});

it('without a server it says how to start one', async () => {
  const { config } = await makeHome();
  await expect(runChatCommand({ question: 'x' }, { config, apiKey: null, ...streams() })).rejects.toMatchObject({
    message: `No Hearth answers at http://127.0.0.1:${config.server.port}.`,
    fix: 'Start it in another terminal: npx hearth start',
  });
});

it('no key is made for a server that is not the one of this data folder', async () => {
  const { config } = await makeHome();
  await firstStart(config.database);
  const { config: other } = await makeHome();
  const server = await serve(other);
  const asking = { question: 'x', url: server.url };
  await expect(runChatCommand(asking, { config, apiKey: null, ...streams() })).rejects.toThrow('wants an API key');
  const taken = { ...config, server: other.server };
  await expect(runChatCommand({ question: 'x' }, { config: taken, apiKey: null, ...streams() })).rejects.toThrow(
    'wants an API key',
  );
  expect(await terminalKeys(config)).toEqual([]);
});

it('something that is not Hearth gets no key', async () => {
  const { config } = await makeHome();
  const port = await freePort();
  const asked: unknown[] = [];
  const other = createServer((request, response) => {
    asked.push(request.headers['x-api-key']);
    response.end('hello');
  });
  await new Promise<void>((resolve) => void other.listen(port, '127.0.0.1', resolve));
  onTestFinished(() => void other.close());
  const options = { question: 'x', url: `http://127.0.0.1:${port}` };
  await expect(runChatCommand(options, { config, apiKey: 'ak_secret', ...streams() })).rejects.toThrow(
    'Something else than Hearth answers',
  );
  expect(asked).toEqual([undefined]);
});

it.each(['nonsense', 'ftp://x'])('%s is no address', async (url) => {
  const { config } = await makeHome();
  await expect(runChatCommand({ url }, { config, apiKey: null, ...streams() })).rejects.toThrow(
    'is not the address of a server',
  );
});

it('a terminal without a key can paste one, unseen', async () => {
  const { config } = await makeHome();
  const server = await serve(config);
  const { config: elsewhere } = await makeHome();
  const { texts, input, output } = streams();
  const tty = { input: Object.assign(input, { isTTY: true }), output: Object.assign(output, { isTTY: true }) };
  const chat = runChatCommand({ url: server.url, color: false }, { config: elsewhere, apiKey: null, ...tty });
  const until = async (part: string): Promise<void> => {
    while (!texts.out.includes(part)) await new Promise((resolve) => setImmediate(resolve));
  };
  await until('Paste an API key');
  input.write(`${server.app.firstKey}\r`);
  await until('> ');
  expect(texts.out).not.toContain(server.app.firstKey);
  input.write('\u0004');
  expect(await chat).toBe(0);
});
