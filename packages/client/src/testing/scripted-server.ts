/**
 * A real loopback HTTP server that plays a script: each request is handed to the handler with its body already read.
 * What was asked is kept in `requests`, so a test can check the resuming side of the bargain.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface ScriptedRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: string;
}
export type Handler = (request: ScriptedRequest, response: ServerResponse) => void | Promise<void>;

export interface ScriptedServer {
  url: string;
  requests: ScriptedRequest[];
  setHandler(handler: Handler): void;
  close(): Promise<void>;
}

const readBody = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
};

export const startScriptedServer = async (first: Handler): Promise<ScriptedServer> => {
  const requests: ScriptedRequest[] = [];
  let handler = first;
  const serve = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(message.url ?? '/', 'http://loopback');
    const { method = 'GET', headers } = message;
    const body = await readBody(message);
    const request = { method, path: url.pathname, query: url.searchParams, headers, body };
    requests.push(request);
    await handler(request, response);
  };
  // A client that goes away in the middle is part of many scripts.
  const server = createServer((message, response) => void serve(message, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    setHandler: (next) => {
      handler = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

export const sseHeaders = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' };

/** Sends these bytes and then breaks the connection, or ends it properly. */
export const sendStream = (response: ServerResponse, bytes: Uint8Array, end: 'break' | 'close'): void => {
  response.writeHead(200, sseHeaders);
  response.flushHeaders();
  if (end === 'close') return void response.end(bytes);
  response.write(bytes, () => response.socket?.destroySoon());
};
