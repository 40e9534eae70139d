/**
 * Starts the whole server: data folders, instance lock, demo model when it is needed, application, HTTP and WebSocket.
 * Used by `hearth start`, by tests and by benches; it prints nothing.
 */
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { AgentProvider } from '@hearth/runtime';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { type App, type AppDeps, createApp } from './app.ts';
import type { Config } from './config.ts';
import type { HttpEnv } from './http/context.ts';
import { type Clock, systemClock } from './kernel/clock.ts';
import { AppError } from './kernel/errors.ts';
import { lockInstance } from './kernel/instance-lock.ts';
import { createLifecycle, type Lifecycle } from './kernel/lifecycle.ts';
import { createLog, type Log } from './kernel/log.ts';
import { attachSocket } from './modules/agent/index.ts';

export interface RunningServer {
  url: string;
  port: number;
  app: App;
  /** Ends everything in order; safe to call twice. */
  stop(): Promise<void>;
}

export interface ServerOptions {
  log?: Log;
  clock?: Clock;
  provider?: AgentProvider;
  /** Where the web app was exported to. */
  webDir?: string;
}

const loopback = /^(127\.|::1$|::ffff:127\.)/;

const createClientIp =
  (trusted: readonly string[]) =>
  (request: IncomingMessage): string => {
    const peer = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    const forwarded = request.headers['x-forwarded-for'];
    if (!trusted.includes(peer) || typeof forwarded !== 'string') return peer;
    return forwarded.split(',').at(-1)?.trim() || peer;
  };

const incomingOf = (c: Context<HttpEnv>): IncomingMessage | undefined => {
  const env: Partial<HttpBindings> = c.env ?? {};
  return env.incoming;
};

const prepareFolders = (config: Config): void => {
  for (const dir of [config.paths.dataDir, config.paths.configDir, config.paths.workspace]) {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  }
  chmodSync(config.paths.dataDir, 0o700);
};

/** Short-lived files of the agent; conversations that are being resumed pass through here. */
export const agentTempDir = (config: Config): string => join(config.paths.dataDir, 'claude', 'tmp');

/** Left over by agent processes of an earlier server; transcripts live in the database. Only for who holds the lock. */
const emptyAgentFolder = (config: Config): void => {
  const folder = join(config.paths.dataDir, 'claude');
  try {
    // After a crash such a process may still be writing its last file.
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  } catch {
    // Then it stays until the next start; that is no reason not to start.
  }
  mkdirSync(agentTempDir(config), { recursive: true, mode: 0o700 });
};

const listen = (server: Server, { port, host }: Config['server']): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const message =
        error.code === 'EADDRINUSE'
          ? `Port ${port} is taken by another program. Set HEARTH_PORT to a free one.`
          : `Cannot listen on ${host}:${port} (${error.code ?? 'unknown'}).`;
      reject(new AppError('CONFLICT', message, { cause: error }));
    });
    server.listen(port, host, () => {
      const address: AddressInfo | string | null = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });

/** Loaded and started by those who have no account yet. */
const createDemo = (config: Config, lifecycle: Lifecycle): AppDeps['demo'] => {
  let running: Promise<string> | null = null;
  let url = '';
  const begin = async (): Promise<string> => {
    const { startStandIn } = await import('@hearth/stand-in');
    const standIn = await startStandIn({ tokensPerSecond: config.claude.demoTokensPerSecond, maxRequests: 1 });
    lifecycle.onStop('demo model', () => standIn.close());
    return standIn.url;
  };
  return {
    url: () => url,
    async start() {
      running ??= begin();
      url = await running;
    },
  };
};

export const startServer = async (config: Config, options: ServerOptions = {}): Promise<RunningServer> => {
  const clock = options.clock ?? systemClock;
  const log = options.log ?? createLog({ level: config.log.level, secrets: config.secrets });
  const lifecycle = createLifecycle({ log, clock, limitMs: 15_000 });
  prepareFolders(config);
  const lock = lockInstance(config.paths.dataDir, {
    pid: process.pid,
    address: `${config.server.host}:${config.server.port}`,
  });
  lifecycle.onStop('instance lock', () => lock.release());
  try {
    emptyAgentFolder(config);
    const clientIp = createClientIp(config.server.trustedProxies);
    const app = await createApp({
      config,
      log,
      clock,
      lifecycle,
      demo: createDemo(config, lifecycle),
      provider: options.provider,
      webDir: options.webDir ?? join(import.meta.dirname, '../../web/out'),
      http: {
        isLoopback: (c) => {
          const incoming = incomingOf(c);
          const direct = incoming !== undefined && incoming.headers['x-forwarded-for'] === undefined;
          return direct && loopback.test(incoming.socket.remoteAddress ?? '');
        },
        clientIp: (c) => {
          const incoming = incomingOf(c);
          return incoming ? clientIp(incoming) : '';
        },
      },
    });
    const server = createServer(
      { headersTimeout: 20_000, requestTimeout: 120_000, keepAliveTimeout: 10_000 },
      getRequestListener(app.http.fetch),
    );
    server.maxConnections = 2_000;
    const socket = attachSocket(server, {
      agent: app.agent,
      approvals: app.approvals,
      sessions: app.sessions,
      events: app.events,
      limiter: app.limiter,
      clock,
      authenticate: (credentials) => app.auth.authenticate(credentials),
      onInvalidated: (key, callback) => app.auth.onInvalidated(key, callback),
      allowedHosts: [...config.server.allowedHosts, config.server.host],
      corsOrigins: config.server.corsOrigins,
      clientIp,
    });
    const port = await listen(server, config.server);
    lifecycle.onStop('http', () => {
      socket.close();
      server.close();
      server.closeIdleConnections();
      clock.setTimer(3_000, () => server.closeAllConnections());
    });
    return { url: `http://${config.server.host}:${port}`, port, app, stop: () => lifecycle.stop() };
  } catch (error) {
    await lifecycle.stop();
    throw error;
  }
};
