/**
 * Starts the stand-in on a port and wires its parts. Listens on loopback unless told otherwise.
 * Invariants: nothing leaves the machine; `close` also ends answers that were told to stay silent.
 */
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { createApp } from './app.ts';
import { createHouseholdBrain } from './brain/index.ts';
import { type AcceptKey, acceptAnyKey } from './credentials.ts';
import { createMessagesRoute } from './messages-route.ts';
import { createPromptCache } from './prompt-cache.ts';
import { createRequestLog, type RequestLog } from './request-log.ts';
import type { Brain, Script } from './script.ts';
import { createScriptPlayer } from './script-player.ts';
import { type Sleep, systemSleep } from './send.ts';

export interface StandInOptions {
  /** 0, the default, takes any free port. */
  port?: number;
  /** Loopback by default; there is no reason to offer this to a network. */
  host?: string;
  /** Answers what no script answers; the household demo by default. */
  brain?: Brain;
  /** The pace of answers; 0, the default, is instantly. */
  tokensPerSecond?: number;
  /** Any credential that is not empty by default. */
  acceptKey?: AcceptKey;
  /** How pauses are made; for tests. */
  sleep?: Sleep;
  /** How many requests the log keeps; 200 by default. */
  maxRequests?: number;
  /** Opens `/stand-in/script`, `/stand-in/reset`, `/stand-in/requests` and `/stand-in/times`. Off by default. */
  control?: boolean;
  /** Larger bodies get a 413; 32 MB by default, as the API has it. */
  maxBodyBytes?: number;
}

export interface StandIn {
  /** For `ANTHROPIC_BASE_URL`. */
  url: string;
  port: number;
  /** The last requests to `/v1/messages`. */
  requests: RequestLog;
  /** Decides the coming answers of all sessions that have no script of their own. Replaces an earlier script. */
  script(script: Script): void;
  /** Decides the coming answers of one session, by the `x-claude-code-session-id` its client sends. */
  scriptFor(sessionId: string, script: Script): void;
  /** Forgets scripts, logged requests and the prompt cache. */
  reset(): void;
  /** Ends open answers and stops listening. */
  close(): Promise<void>;
}

const listen = (server: ReturnType<typeof createServer>, port: number, host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });

/** Starts a server that speaks the Messages API and answers from scripts or the demo brain. */
export const startStandIn = async (options: StandInOptions = {}): Promise<StandIn> => {
  const host = options.host ?? '127.0.0.1';
  const player = createScriptPlayer();
  const cache = createPromptCache();
  const log = createRequestLog(options.maxRequests ?? 200);
  const reset = (): void => {
    player.clear();
    log.clear();
    cache.clear();
  };
  const brain = options.brain ?? createHouseholdBrain({ now: () => new Date() });
  const app = createApp({
    answerMessages: createMessagesRoute({ player, brain, cache, log, tokensPerSecond: options.tokensPerSecond ?? 0 }),
    acceptKey: options.acceptKey ?? acceptAnyKey,
    sleep: options.sleep ?? systemSleep,
    log,
    control: options.control ? { player, log, reset } : null,
    maxBodyBytes: options.maxBodyBytes ?? 32 * 1024 * 1024,
  });
  const server = createServer(getRequestListener(app.fetch));
  const port = await listen(server, options.port ?? 0, host);
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    requests: log,
    script: player.set,
    scriptFor: player.setFor,
    reset,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
