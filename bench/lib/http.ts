/**
 * Requests with as little of our own cost in them as possible: `node:http` with a kept connection, no parsing unless it
 * is asked for. Client and server share the machine, so what the client costs is in both contenders' numbers.
 */
import { Agent, request } from 'node:http';
import type { Started } from './scope.ts';
import { sleep } from './stats.ts';

export interface Answer {
  status: number;
  body: Buffer;
}

export interface Call {
  method?: 'GET' | 'POST' | 'PUT';
  headers?: Record<string, string>;
  body?: string | Buffer;
  agent?: Agent;
}

export const keptConnections = (count: number): Agent => new Agent({ keepAlive: true, maxSockets: count });

export const send = (url: string, call: Call = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const length = call.body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(call.body)) };
    const outgoing = request(url, {
      method: call.method ?? 'GET',
      headers: { ...length, ...call.headers },
      agent: call.agent ?? false,
      timeout: 30_000,
    });
    outgoing.on('error', reject);
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer from ${new URL(url).pathname} in 30 s`)));
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
    });
    outgoing.end(call.body);
  });

/** The answer, or an error that says what came instead. */
export const expectStatus = async (status: number, url: string, call: Call = {}): Promise<Answer> => {
  const answer = await send(url, call);
  if (answer.status === status) return answer;
  throw new Error(`${new URL(url).pathname} answered ${answer.status}: ${answer.body.toString().slice(0, 300)}`);
};

const isHealthy = ({ status, body }: Answer): boolean =>
  status === 200 && /"status":\s*"healthy"/.test(body.toString());

/** Milliseconds from the spawn of the process until `GET /health` says healthy. Asks every 5 ms. */
export const healthyAfter = async (started: Started, url: string): Promise<number> => {
  while (performance.now() - started.spawnedAt < 20_000) {
    if (started.exited()) throw new Error(`the process ended while starting. ${started.stderr()}`);
    const answer = await send(`${url}/health`).catch(() => null);
    if (answer && isHealthy(answer)) return performance.now() - started.spawnedAt;
    await sleep(5);
  }
  throw new Error(`not healthy within 20 s. ${started.stderr()}`);
};
