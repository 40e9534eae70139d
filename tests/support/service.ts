/** A server that tests start and stop: where it is, and how it goes with this process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Service {
  readonly url: string;
  start(): Promise<void>;
  /** Stops at once, as a crash does. Data stays for the next `start`. */
  stop(): Promise<void>;
  /** Stops and removes the data. */
  dispose(): Promise<void>;
}

export const executable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // not there, which is what was asked
  }
};
export const onPath = (name: string): string | undefined =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(executable);

/** How a service is started. */
export type Recipe = {
  command: string;
  args: string[];
  folder: string;
  user?: { uid: number; gid: number };
  ready: () => Promise<boolean> | boolean;
  startLimitMs?: number;
};

const exited = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once('exit', () => resolve()));

/** Ends with this process, also when that ends early; ended by its own id, never by name. */
export const createService = (url: string, recipe: Recipe): Service => {
  let child: ChildProcess | undefined;
  const killNow = (): void => {
    child?.kill('SIGKILL');
  };
  const stop = async (): Promise<void> => {
    process.off('exit', killNow);
    if (!child) return;
    // PostgreSQL leaves its children to finish on SIGKILL; SIGQUIT ends all of them at once.
    child.kill(recipe.user ? 'SIGQUIT' : 'SIGKILL');
    await exited(child);
    child = undefined;
  };
  return {
    url,
    start: async () => {
      const started = spawn(recipe.command, recipe.args, { stdio: 'ignore', cwd: recipe.folder, ...recipe.user });
      child = started;
      process.once('exit', killNow);
      const endMs = performance.now() + (recipe.startLimitMs ?? 20_000);
      while (!(await recipe.ready())) {
        if (started.exitCode !== null || performance.now() > endMs) {
          throw new Error(`${recipe.command} did not start`);
        }
        await sleep(50);
      }
    },
    stop,
    dispose: async () => {
      await stop();
      rmSync(recipe.folder, { recursive: true, force: true });
    },
  };
};
