/**
 * A service on loopback that speaks JSON, with switches for everything that goes wrong between two machines. What it
 * answers when all is well is given by the double that uses it.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** `flap` fails every second request; `garbage` is JSON of another shape, `noise` no JSON at all. */
export type FakeMode = 'well' | 'hang' | 'reset' | 'error' | 'flap' | 'garbage' | 'noise';

export interface FakeAnswer {
  status: number;
  body: unknown;
}

export interface FakeRequest {
  method: string;
  path: string;
  body: unknown;
}

export interface FakeService {
  readonly url: string;
  mode: FakeMode;
  /** Answers wait so long; the clock of the machine, as with a real network. */
  delayMs: number;
  /** Every request since the last time this was set. */
  calls: number;
  /** Refuses connections until `start`. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

export interface FakeServiceOptions {
  /** The header every request must carry. */
  key?: { header: string; value: string };
  answer: (request: FakeRequest) => FakeAnswer;
  /** How this service says that something is wrong. */
  failed: (status: number, message: string) => FakeAnswer;
}

const readBody = async (request: IncomingMessage): Promise<unknown> => {
  const parts: Buffer[] = [];
  for await (const part of request) if (Buffer.isBuffer(part)) parts.push(part);
  const text = Buffer.concat(parts).toString('utf8');
  return text === '' ? undefined : JSON.parse(text);
};

const send = (response: ServerResponse, { status, body }: FakeAnswer): void => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
};

const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });

export const startFakeService = async ({ key, answer, failed }: FakeServiceOptions): Promise<FakeService> => {
  const state: Pick<FakeService, 'mode' | 'delayMs' | 'calls'> = { mode: 'well', delayMs: 0, calls: 0 };

  const spoilt = (): FakeAnswer | undefined => {
    const { mode, calls } = state;
    if (mode === 'error' || (mode === 'flap' && calls % 2 === 1)) return failed(500, 'disk full');
    if (mode === 'garbage') return { status: 200, body: { hello: 'I am something else' } };
    if (mode === 'noise') return { status: 200, body: '<html>Welcome!</html>' };
    return undefined;
  };
  const answerTo = async (request: IncomingMessage): Promise<FakeAnswer> => {
    if (key && request.headers[key.header] !== key.value) return failed(401, 'no key, or a wrong one');
    const body = await readBody(request);
    const { pathname } = new URL(request.url ?? '/', 'http://fake');
    try {
      return answer({ method: request.method ?? '', path: decodeURIComponent(pathname), body });
    } catch (error) {
      return failed(400, `the body does not fit: ${String(error)}`);
    }
  };
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    state.calls += 1;
    if (state.mode === 'hang') return;
    if (state.mode === 'reset') {
      request.socket.destroy();
      return;
    }
    const reply = spoilt() ?? (await answerTo(request));
    if (state.delayMs === 0) send(response, reply);
    else setTimeout(() => send(response, reply), state.delayMs).unref();
  };
  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  const port = await listen(server, 0);

  return Object.assign(state, {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
    start: async () => {
      await listen(server, port);
    },
  });
};
