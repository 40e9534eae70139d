/**
 * A line between browser and server that a test can spoil: refuse, hang, cut what is open, lose the answer to a request
 * that has arrived, delay. Everything else passes through unchanged.
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export type LineMode =
  | 'up'
  /** Connections are closed at once. */
  | 'refuse'
  /** Requests are taken and never answered. */
  | 'hang';

export interface Line {
  url: string;
  mode(mode: LineMode): void;
  /** Ends every open connection, streams too. */
  cut(): void;
  /** The next matching request reaches the server, but its answer is lost. */
  loseAnswerTo(method: string, path: RegExp): void;
  /** Holds back answers of matching paths (or lets them pass again with 0). */
  delay(ms: number, path?: RegExp): void;
  /** The next matching request does not reach the server until the returned function is called. */
  holdBack(method: string, path: RegExp): () => void;
  /** Cuts the connection of a matching stream once this many events of a kind have passed through. */
  cutStreamAfter(marker: string, count: number): void;
  /** The server has moved. */
  leadTo(serverUrl: string): void;
  /** What was asked, as "METHOD /path". */
  asked: string[];
  close(): Promise<void>;
}

interface Rules {
  mode: LineMode;
  delayMs: number;
  delayed: RegExp;
  lose: { method: string; path: RegExp } | null;
  hold: { method: string; path: RegExp; released: Promise<void> } | null;
  cutAfter: { marker: string; left: number } | null;
}

const pass = (rules: Rules, target: URL, incoming: IncomingMessage, outgoing: ServerResponse): void => {
  const { method = 'GET', url = '/', headers } = incoming;
  const lost = rules.lose?.method === method && rules.lose.path.test(url);
  if (lost) rules.lose = null;
  const upstream = request({ host: target.hostname, port: target.port, method, path: url, headers }, (answer) => {
    if (lost) {
      answer.resume();
      answer.on('end', () => incoming.socket.destroy());
      return;
    }
    const forward = (): void => {
      // A browser sends a request again by itself when a connection it has used before is cut; a new one it does not.
      outgoing.writeHead(answer.statusCode ?? 502, { ...answer.headers, connection: 'close' });
      outgoing.flushHeaders();
      answer.on('data', (chunk: Buffer) => {
        outgoing.write(chunk);
        const rule = rules.cutAfter;
        if (!rule || !url.startsWith('/api/v1/events')) return;
        rule.left -= chunk.toString('utf8').split(rule.marker).length - 1;
        if (rule.left > 0) return;
        rules.cutAfter = null;
        incoming.socket.destroy();
      });
      answer.on('end', () => outgoing.end());
      answer.on('error', () => incoming.socket.destroy());
    };
    if (rules.delayMs > 0 && rules.delayed.test(url)) setTimeout(forward, rules.delayMs);
    else forward();
  });
  upstream.on('error', () => incoming.socket.destroy());
  outgoing.on('close', () => upstream.destroy());
  incoming.pipe(upstream);
};

const releasedOf = (rules: Rules, { method, url = '/' }: IncomingMessage): Promise<void> | null => {
  const { hold } = rules;
  if (hold === null || hold.method !== method || !hold.path.test(url)) return null;
  rules.hold = null;
  return hold.released;
};

export const startLine = async (serverUrl: string): Promise<Line> => {
  let target = new URL(serverUrl);
  const rules: Rules = { mode: 'up', delayMs: 0, delayed: /./, lose: null, hold: null, cutAfter: null };
  const sockets = new Set<Socket>();
  const asked: string[] = [];
  const server = createServer((incoming, outgoing) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    if (rules.mode === 'refuse') incoming.socket.destroy();
    if (rules.mode !== 'up') return;
    const released = releasedOf(rules, incoming);
    if (released) void released.then(() => pass(rules, target, incoming, outgoing));
    else pass(rules, target, incoming, outgoing);
  });
  server.on('connection', (socket) => {
    if (rules.mode === 'refuse') return void socket.destroy();
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${port}`,
    mode: (mode) => {
      rules.mode = mode;
    },
    cut,
    loseAnswerTo: (method, path) => {
      rules.lose = { method, path };
    },
    delay: (ms, path = /./) => {
      rules.delayMs = ms;
      rules.delayed = path;
    },
    holdBack: (method, path) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      rules.hold = { method, path, released: promise };
      return resolve;
    },
    cutStreamAfter: (marker, count) => {
      rules.cutAfter = { marker, left: count };
    },
    leadTo: (moved) => {
      target = new URL(moved);
    },
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
};
