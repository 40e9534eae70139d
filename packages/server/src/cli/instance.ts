/**
 * Is a server using this data folder? Asked without taking the lock: whoever looks must not keep a server from starting.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Config } from '../config.ts';

export interface Instance {
  running: boolean;
  /** What the holder wrote about itself, for example `process 12 at 127.0.0.1:54000`. */
  about: string;
  port: number | null;
}

const busy = 5;

const isHeld = (lockFile: string): boolean => {
  if (!existsSync(lockFile)) return false;
  const lock = new DatabaseSync(lockFile, { readOnly: true, timeout: 0 });
  try {
    lock.prepare('SELECT count(*) FROM sqlite_master').get();
    return false;
  } catch (error) {
    if ((Object(error) as { errcode?: unknown }).errcode === busy) return true;
    throw error;
  } finally {
    lock.close();
  }
};

export const findInstance = (dataDir: string): Instance => {
  if (!isHeld(join(dataDir, 'hearth.lock'))) return { running: false, about: '', port: null };
  const pidFile = join(dataDir, 'hearth.pid');
  const about = existsSync(pidFile) ? readFileSync(pidFile, 'utf8').trim() : 'another process';
  const port = /:(\d+)$/.exec(about)?.[1];
  return { running: true, about, port: port === undefined ? null : Number(port) };
};

const anyAddress = new Set(['0.0.0.0', '::', '[::]', '*']);

/** Where a program on this machine reaches the configured server. */
export const localUrl = ({ host, port }: Config['server']): string => {
  if (anyAddress.has(host)) return `http://127.0.0.1:${port}`;
  return `http://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`;
};
