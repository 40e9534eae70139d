/**
 * A real Neo4j on a free loopback port, with a password and its data in a temporary folder. Maven fetches it into its own
 * cache; what is made of it (class path, compiled launcher) stays in the user's cache folder for the next run.
 */

import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../packages/server/src/kernel/testing/free-port.ts';
import { createService, onPath, type Service } from '../support/service.ts';

export interface Neo4jService extends Service {
  readonly user: string;
  readonly password: string;
}

const run = promisify(execFile);
const source = join(import.meta.dirname, 'Neo4jServer.java');
const pom = join(import.meta.dirname, 'pom.xml');
/** For a first download on a slow line; with a full cache it takes seconds. With the start: less than `fetch` waits. */
const fetchLimitMs = 180_000;

const tool = (name: string): string => {
  const path = onPath(name);
  if (path === undefined) throw new Error(`${name} is not installed`);
  return path;
};

const classPathIn = (folder: string): string | undefined => {
  const file = join(folder, 'class-path');
  if (!existsSync(file)) return undefined;
  const jars = readFileSync(file, 'utf8').trim();
  return jars.split(delimiter).every((jar) => existsSync(jar)) ? [folder, jars].join(delimiter) : undefined;
};

/** Made beside its place and then moved there, so that a run that was cut short leaves nothing half done. */
const prepare = async (tools: { javac: string; mvn: string }): Promise<string> => {
  const version = createHash('sha256')
    .update(readFileSync(pom))
    .update(readFileSync(source))
    .digest('hex')
    .slice(0, 16);
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'hearth-tests');
  const folder = join(cache, `neo4j-${version}`);
  const known = classPathIn(folder);
  if (known !== undefined) return known;
  mkdirSync(cache, { recursive: true });
  const fresh = mkdtempSync(join(cache, 'new-'));
  try {
    const file = join(fresh, 'class-path');
    const goal = ['dependency:build-classpath', `-Dmdep.outputFile=${file}`, '-Dmdep.includeScope=runtime'];
    await run(tools.mvn, ['-q', '-B', '-f', pom, ...goal], { timeout: fetchLimitMs });
    await run(tools.javac, ['-cp', readFileSync(file, 'utf8').trim(), '-d', fresh, source], { timeout: fetchLimitMs });
    rmSync(folder, { recursive: true, force: true });
    renameSync(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  const made = classPathIn(folder);
  if (made === undefined) throw new Error('Maven did not bring all of Neo4j');
  return made;
};

const jvm = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

export const startNeo4j = async (): Promise<Neo4jService> => {
  const java = tool('java');
  const classPath = await prepare({ javac: tool('javac'), mvn: tool('mvn') });
  const folder = mkdtempSync(join(tmpdir(), 'hearth-neo4j-'));
  const [port, password] = [await freePort(), randomUUID()];
  const ready = join(folder, 'ready');
  const service = createService(`bolt://127.0.0.1:${port}`, {
    command: java,
    args: [...jvm, '-cp', classPath, 'Neo4jServer', folder, String(port), password],
    folder,
    ready: () => existsSync(ready),
    startLimitMs: 90_000,
  });
  try {
    await service.start();
  } catch (error) {
    await service.dispose();
    throw error;
  }
  return {
    url: service.url,
    user: 'neo4j',
    password,
    start: service.start,
    stop: async () => {
      await service.stop();
      rmSync(ready, { force: true });
    },
    dispose: service.dispose,
  };
};
