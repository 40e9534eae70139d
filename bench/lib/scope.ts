/**
 * Everything a bench run starts: processes and temp folders. `close` ends each by its id and removes the folders,
 * whatever happened before; children a process leaves behind are ended too, also by id.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { descendantsOf, isAlive, type ProcessId } from './proc.ts';
import { sleep } from './stats.ts';

export interface Started {
  pid: number;
  /** When it was spawned, on the clock of `performance.now()`. */
  spawnedAt: number;
  exited: () => boolean;
  /** The last words on stderr, for error messages. */
  stderr: () => string;
  /** Resolves with the first line of stdout that matches. */
  line: (pattern: RegExp, limitMs: number) => Promise<string>;
  end: () => Promise<void>;
}

interface StartOptions {
  flags?: readonly string[];
  args?: readonly string[];
  env?: Record<string, string>;
  cwd: string;
}

export interface Scope {
  /** Runs a file with this very Node; `flags` are Node's own. */
  start(file: string, options: StartOptions): Started;
  folder(name: string): string;
  close(): Promise<void>;
}

const kill = (id: ProcessId, signal: 'SIGTERM' | 'SIGKILL'): void => {
  try {
    if (isAlive(id)) process.kill(id.pid, signal);
  } catch {
    // It ended in this very moment.
  }
};

/** Ends processes by id: politely, then not. */
const endAll = async (ids: readonly ProcessId[]): Promise<void> => {
  for (const id of ids) kill(id, 'SIGTERM');
  for (let waited = 0; waited < 2_000 && ids.some(isAlive); waited += 50) await sleep(50);
  for (const id of ids) kill(id, 'SIGKILL');
};

const endChild = async (child: ChildProcess, pid: number): Promise<void> => {
  const below = descendantsOf(pid);
  if (child.exitCode === null && child.signalCode === null) {
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGTERM');
    const stubborn = setTimeout(() => child.kill('SIGKILL'), 12_000);
    await gone;
    clearTimeout(stubborn);
  }
  await endAll(below);
};

const watch = (child: ChildProcess, name: string): Started => {
  const { pid } = child;
  if (pid === undefined) throw new Error(`${name} could not be started`);
  const spawnedAt = performance.now();
  let stderr = '';
  let stdout = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-2_000);
  });
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout = (stdout + chunk.toString()).slice(-20_000);
  });
  const exited = (): boolean => child.exitCode !== null || child.signalCode !== null;
  let ending: Promise<void> | null = null;
  return {
    pid,
    spawnedAt,
    exited,
    stderr: () => stderr.trim(),
    async line(pattern, limitMs) {
      for (let waited = 0; waited < limitMs && !exited(); waited += 20) {
        const found = stdout.split('\n').find((line) => pattern.test(line));
        if (found !== undefined) return found;
        await sleep(20);
      }
      throw new Error(`${name} did not say that it is ready. ${stderr.trim()}`);
    },
    end: () => {
      ending ??= endChild(child, pid);
      return ending;
    },
  };
};

export const createScope = (): Scope => {
  const started: Started[] = [];
  const folders: string[] = [];
  return {
    start(file, { flags = [], args = [], env = {}, cwd }) {
      const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...flags, file, ...args], {
        cwd,
        env: { ...(process.env.PATH ? { PATH: process.env.PATH } : {}), ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const process_ = watch(child, file.split('/').slice(-3).join('/'));
      started.push(process_);
      return process_;
    },
    folder(name) {
      const path = mkdtempSync(join(tmpdir(), `hearth-bench-${name}-`));
      folders.push(path);
      return path;
    },
    async close() {
      await Promise.all(started.map((one) => one.end()));
      // Agent processes that the raw SDK started inside this process.
      await endAll(descendantsOf(process.pid));
      for (const path of folders) rmSync(path, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};
