/** Server processes for tests that kill them: the real entry point, a temp home, a free port, ended by id. */

import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../packages/server/src/kernel/testing/free-port.ts';

const root = join(import.meta.dirname, '..');

export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  output(): string;
  /** As a power cut: nothing is told, nothing is flushed. */
  kill(): Promise<void>;
  /** SIGTERM, and the exit code. */
  stop(): Promise<number | null>;
}

const ended = (child: ChildProcess): Promise<number | null> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve(child.exitCode)
    : new Promise((resolve) => child.once('exit', (code) => resolve(code)));

/** Starts a server and waits until it is healthy; with `expectExit` until it gave up. */
export const spawnServer = async (
  env: Record<string, string>,
  options: { port?: number; expectExit?: boolean } = {},
): Promise<ServerProcess> => {
  const port = options.port ?? (await freePort());
  const child = spawn(process.execPath, ['--max-semi-space-size=2', join(root, 'packages/server/bin/start.mjs')], {
    cwd: root,
    env: { PATH: process.env.PATH, HEARTH_PORT: String(port), HEARTH_SPARE_WORKER: 'off', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
  });
  const url = `http://127.0.0.1:${port}`;
  const self: ServerProcess = {
    url,
    pid: child.pid ?? 0,
    output: () => output,
    async kill() {
      child.kill('SIGKILL');
      await ended(child);
    },
    stop() {
      child.kill('SIGTERM');
      return ended(child);
    },
  };
  if (options.expectExit) {
    await ended(child);
    return self;
  }
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`the server gave up:\n${output}`);
    const health = await fetch(`${url}/health`).catch(() => null);
    if (health?.ok) return self;
    await pause(50);
  }
  await self.kill();
  throw new Error(`the server did not become healthy:\n${output}`);
};

/** Polls until `probe` gives something, at most `ms` long. */
export const until = async <T>(probe: () => Promise<T | undefined | null | false>, ms = 15_000): Promise<T> => {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    const value = await probe();
    if (value !== undefined && value !== null && value !== false) return value;
    await pause(25);
  }
  throw new Error('it did not happen in time');
};
