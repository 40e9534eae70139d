/** A TCP line to a server that a test can spoil: refuse, hang, cut what is open, slow down. */
import { connect, createServer, type Socket } from 'node:net';

export interface TcpLine {
  port: number;
  /** Connections that are open now. */
  readonly open: number;
  /** New connections are refused, open ones cut. */
  refuse(): Promise<void>;
  /** Everything is accepted and nothing is passed on or answered, on open connections too, for as long as these live. */
  hang(): void;
  /** Every answer waits so long. */
  slow(ms: number): void;
  /** Takes connections again, and passes everything on at once. What hung goes on hanging. */
  mend(): Promise<void>;
  cut(): void;
  close(): Promise<void>;
}

export const openTcpLine = async (targetPort: number): Promise<TcpLine> => {
  const sockets = new Set<Socket>();
  const pairs = new Set<{ near: Socket; far: Socket }>();
  let [hanging, delayMs, port] = [false, 0, 0];

  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  };
  const swallow = ({ near, far }: { near: Socket; far: Socket }): void => {
    near.unpipe(far).resume();
    far.removeAllListeners('data').destroy();
  };
  const accept = (near: Socket): void => {
    keep(near);
    if (hanging) {
      near.resume();
      return;
    }
    const pair = { near, far: connect(targetPort, '127.0.0.1') };
    keep(pair.far);
    pairs.add(pair);
    near.pipe(pair.far);
    pair.far.on('data', (data) => {
      if (delayMs === 0) near.write(data);
      else setTimeout(() => near.writable && near.write(data), delayMs);
    });
    pair.far.on('end', () => near.end());
    near.on('close', () => {
      pairs.delete(pair);
      pair.far.destroy();
    });
  };

  const create = () => createServer({ allowHalfOpen: false }, accept);
  let server = create();
  const listen = (): Promise<void> => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      cut();
    });

  await listen();
  const address = server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    port,
    get open() {
      return sockets.size - pairs.size;
    },
    refuse: stop,
    hang: () => {
      hanging = true;
      for (const pair of pairs) swallow(pair);
      pairs.clear();
    },
    slow: (ms) => {
      delayMs = ms;
    },
    mend: async () => {
      [hanging, delayMs] = [false, 0];
      if (server.listening) return;
      server = create();
      await listen();
    },
    cut,
    close: stop,
  };
};
