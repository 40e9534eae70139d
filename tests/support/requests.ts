/**
 * Requests as tests need them: exactly the path, headers and bytes that were asked for (`fetch` tidies them up first),
 * and every error answer checked for the one shape and for things that must not leak.
 */
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { type ErrorBody, errorBodySchema } from '@hearth/contract';

export interface Call {
  method: string;
  /** As it goes over the wire, query included. */
  path: string;
  headers?: Record<string, string | string[]>;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is, instead of `body`. */
  raw?: string | Uint8Array;
}

export interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
}

export const jsonOf = (answer: Pick<Answer, 'text'>): unknown => (answer.text === '' ? null : JSON.parse(answer.text));

/** Stacks, source files, SQL, and folders have no place in an answer. */
const leaks =
  /\n\s+at |node_modules|\.[mc]?[tj]s:\d+|\b(select|insert into|update|delete from)\b.*\b(from|values|set|where)\b|SQLITE|kysely|\/tmp\/|\/home\//i;

/** The error of an answer. Throws when it has another shape, or tells what must stay inside. */
export const errorOf = (answer: Pick<Answer, 'text'>): ErrorBody['error'] => {
  if (leaks.test(answer.text)) throw new Error(`an error answer leaks: ${answer.text.slice(0, 300)}`);
  const parsed = errorBodySchema.safeParse(jsonOf(answer));
  if (!parsed.success) throw new Error(`not the error shape: ${answer.text.slice(0, 300)}`);
  return parsed.data.error;
};

const payload = (call: Call): string | Uint8Array | undefined =>
  call.raw ?? (call.body === undefined ? undefined : JSON.stringify(call.body));

/** Node sends no length with a GET unless it is told to. */
const headersOf = (call: Call): NonNullable<Call['headers']> => {
  const bytes = payload(call);
  return {
    ...(call.body === undefined ? {} : { 'Content-Type': 'application/json' }),
    ...(bytes === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(bytes)) }),
    ...call.headers,
  };
};

const open = (url: string, call: Call): ClientRequest => {
  const { hostname, port } = new URL(url);
  return request({ hostname, port, method: call.method, path: call.path, headers: headersOf(call), agent: false });
};

/** Sends the request; an answer that never ends (a stream) is cut once `enough` says so. */
export const send = (url: string, call: Call, enough?: (text: string) => boolean): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const outgoing = open(url, call);
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      let text = '';
      const done = (): void => resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (!enough?.(text)) return;
        done();
        outgoing.destroy();
      });
      response.on('end', done);
      response.on('error', reject);
    });
    outgoing.end(payload(call));
  });

/** Bytes straight onto the connection; resolves with what came back until it was closed or `enough` was there. */
export const sendBytes = (
  url: string,
  bytes: string | Uint8Array,
  enough = (_text: string) => false,
): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    let text = '';
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(bytes));
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer in 10 s')));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (enough(text)) socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' ? resolve(text) : reject(error)));
    socket.on('close', () => resolve(text));
  });

/** An upgrade as a stranger would try it: the status of the refusal, or 101. */
export const tryUpgrade = (url: string, path: string, headers: Record<string, string> = {}): Promise<number> =>
  new Promise((resolve, reject) => {
    const outgoing = open(url, {
      method: 'GET',
      path,
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
        ...headers,
      },
    });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      resolve(response.statusCode ?? 0);
      outgoing.destroy();
    });
    outgoing.on('upgrade', (_response, socket) => {
      resolve(101);
      socket.destroy();
    });
    outgoing.end();
  });
