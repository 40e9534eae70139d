/**
 * One server per data folder. The lock is an exclusive SQLite transaction on its own small file: the operating system
 * drops it the moment the process is gone, however it went, so there is never a stale lock to remove by hand.
 */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from './errors.ts';

export interface InstanceLock {
  release(): void;
}

const holder = (pidFile: string): string => {
  try {
    return readFileSync(pidFile, 'utf8').trim();
  } catch {
    return 'another process';
  }
};

/** Throws CONFLICT that names the process which holds the folder. */
export const lockInstance = (dataDir: string, about: { pid: number; address: string }): InstanceLock => {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const pidFile = join(dataDir, 'hearth.pid');
  const lockFile = join(dataDir, 'hearth.lock');
  const lock = new DatabaseSync(lockFile, { timeout: 0 });
  chmodSync(lockFile, 0o600);
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    throw new AppError('CONFLICT', `Hearth already runs with this data folder: ${holder(pidFile)}.`, { cause });
  }
  writeFileSync(pidFile, `process ${about.pid} at ${about.address}\n`, { mode: 0o600 });
  return { release: () => lock.close() };
};
