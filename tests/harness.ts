/**
 * Starts the real server in this process for tests: temp folders, a free port, SQLite unless told otherwise. The model is
 * either a scripted provider (quick, no process) or the real `claude` binary against a scriptable stand-in.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@hearth/client';
import { createScriptedProvider, type Script, type ScriptedProvider } from '@hearth/runtime';
import { type StandIn, startStandIn } from '@hearth/stand-in';
import { loadConfig } from '../packages/server/src/config.ts';
import { silentLog } from '../packages/server/src/kernel/log.ts';
import { type RunningServer, startServer } from '../packages/server/src/server.ts';

export const testKey = 'test-admin-key-0123456789-abcdef';

export interface Harness {
  server: RunningServer;
  url: string;
  home: string;
  client: ReturnType<typeof createClient>;
  /** A request with the admin key; `path` begins with a slash. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  json(path: string, body?: unknown, method?: string): Promise<{ status: number; body: unknown; headers: Headers }>;
  close(): Promise<void>;
}

export interface HarnessOptions {
  env?: Record<string, string>;
  script?: Script;
  /** Use the real binary; `standIn` is then where it gets its answers. */
  standIn?: StandIn;
  home?: string;
  /** An exported web app instead of the one in the checkout. */
  webDir?: string;
}

export const startHarness = async (
  options: HarnessOptions = {},
): Promise<Harness & { provider: ScriptedProvider | null }> => {
  const home = options.home ?? mkdtempSync(join(tmpdir(), 'hearth-test-'));
  const provider = options.standIn
    ? null
    : createScriptedProvider(options.script ?? (({ text }) => [{ say: `You said: ${text}` }]));
  const claude = options.standIn ? { ANTHROPIC_BASE_URL: options.standIn.url, ANTHROPIC_API_KEY: 'sk-test-key' } : {};
  const config = loadConfig({
    dotenvDir: null,
    home,
    env: {
      PATH: process.env.PATH,
      HOME: home,
      HEARTH_HOME: home,
      HEARTH_PORT: '0',
      HEARTH_ADMIN_KEY: testKey,
      HEARTH_LOG_LEVEL: 'silent',
      HEARTH_SPARE_WORKER: 'off',
      // Learning asks the model too, in between the answers that a test has written for it.
      HEARTH_MEMORY: 'off',
      ...claude,
      ...options.env,
    },
  });
  const { webDir } = options;
  const server = await startServer(config, {
    log: silentLog,
    ...(provider ? { provider } : {}),
    ...(webDir === undefined ? {} : { webDir }),
  });
  const call = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${server.url}${path}`, { ...init, headers: { 'X-API-Key': testKey, ...init.headers } });
  return {
    server,
    provider,
    home,
    url: server.url,
    client: createClient({ baseUrl: server.url, apiKey: testKey }),
    fetch: call,
    async json(path, body, method) {
      const response = await call(path, {
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) };
    },
    async close() {
      await server.stop();
      if (options.home === undefined) rmSync(home, { recursive: true, force: true, maxRetries: 3 });
    },
  };
};

export const startModel = (): Promise<StandIn> => startStandIn({ tokensPerSecond: 0 });
