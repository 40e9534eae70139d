/** Against a real server on loopback, which is reached only because the operator named it. */
import { createServer, type RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { createHttpWebhookSender } from './http.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

const serve = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
};
const ask = (target: string, allowed = [target]) =>
  createHttpWebhookSender({ allowedTargets: allowed }).send({
    url: `http://${target}/hook`,
    headers: { 'X-Mine': 'yes' },
    timeoutMs: 300,
    body: { a: 1 },
  });

describe('a webhook', () => {
  it('gets the JSON and the headers, and its JSON comes back', async () => {
    const target = await serve(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      response.end(JSON.stringify({ got: JSON.parse(text), mine: request.headers['x-mine'] }));
    });
    expect(await ask(target)).toEqual({ got: { a: 1 }, mine: 'yes' });
  });

  it('in the private network is not reached unless the operator named it', async () => {
    let asked = 0;
    const target = await serve((_request, response) => {
      asked += 1;
      response.end('{}');
    });
    await expect(ask(target, [])).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    await expect(ask(`localhost:${target.split(':')[1]}`, [])).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(asked).toBe(0);
  });

  it.each<[string, RequestListener]>([
    ['redirects', (_request, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()],
    ['answers with an error', (_request, response) => response.writeHead(500).end('{}')],
    ['answers with something else', (_request, response) => response.end('<html>')],
    ['answers without an end', (_request, response) => void response.write(`{"a":"${'x'.repeat(100_000)}`)],
    ['says nothing', () => {}],
    ['hangs up', (request) => request.socket.destroy()],
  ])('that %s is a failure, in time', async (_name, listener) => {
    await expect(ask(await serve(listener))).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });

  it('is checked by its address before anything is sent', () => {
    const sender = createHttpWebhookSender({ allowedTargets: ['nas:8080'] });
    expect(sender.problemWith('http://nas:8080/x')).toBeNull();
    expect(sender.problemWith('http://nas:8081/x')).not.toBeNull();
    expect(sender.problemWith('ftp://nas:8080/x')).not.toBeNull();
    expect(sender.problemWith('https://example.com/x')).toBeNull();
  });
});
