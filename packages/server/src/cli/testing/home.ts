/** A Hearth of its own for one test: a temporary HEARTH_HOME, a free port, and what a command printed. */

import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AgentProvider, createScriptedProvider } from '@hearth/runtime';
import { onTestFinished } from 'vitest';
import { createMemoryLimiter } from '../../adapters/limiter/memory.ts';
import { type Config, loadConfig } from '../../config.ts';
import { type Db, migrateDatabase, openDatabase } from '../../db/index.ts';
import { systemClock } from '../../kernel/clock.ts';
import { silentLog } from '../../kernel/log.ts';
import { freePort } from '../../kernel/testing/free-port.ts';
import { createAuth } from '../../modules/auth/index.ts';
import { type RunningServer, startServer } from '../../server.ts';
import type { Io } from '../io.ts';

type Env = Record<string, string>;

export const makeFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'hearth-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

export const makeHome = async (env: Env = {}, folder = makeFolder()): Promise<{ config: Config; folder: string }> => {
  const own = { HEARTH_HOME: join(folder, 'home'), HEARTH_PORT: String(await freePort()), HEARTH_DEMO: 'always' };
  const config = loadConfig({ env: { PATH: process.env.PATH ?? '', ...own, ...env }, dotenvDir: null, home: folder });
  return { config, folder };
};

export const captureIo = (): Io & { out: Io['out']; printed: string[]; remarks: string[] } => {
  const printed: string[] = [];
  const remarks: string[] = [];
  return { printed, remarks, out: (line) => void printed.push(line), err: (line) => void remarks.push(line) };
};

/** What the first start leaves: a migrated database, an owner and a key, whose text this resolves to. */
export const firstStart = async (database: Config['database']): Promise<string> => {
  await migrateDatabase(database);
  return withDb(database, async (db) => {
    const clock = systemClock;
    const auth = createAuth({ db, clock, limiter: createMemoryLimiter({ clock }), log: silentLog });
    return (await auth.ensureFirstKey()).key ?? '';
  });
};

export const withDb = async <T>(database: Config['database'], work: (db: Db) => Promise<T>): Promise<T> => {
  const db = await openDatabase(database);
  try {
    return await work(db);
  } finally {
    await db.close();
  }
};

/** A real server whose model says the same thing every time. */
export const serve = async (
  config: Config,
  provider: AgentProvider = createScriptedProvider(() => [{ say: 'Four' }]),
): Promise<RunningServer> => {
  const server = await startServer(config, { log: silentLog, provider });
  onTestFinished(() => server.stop());
  return server;
};

/** Every file below a folder with its size and time of change: equal pictures mean that nothing was touched. */
export const picture = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const info = statSync(join(folder, name));
      return info.isDirectory() ? `${name}/` : `${name} ${info.size} ${info.mtimeMs}`;
    });
