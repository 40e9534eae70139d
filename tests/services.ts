/**
 * Real PostgreSQL and Redis for integration tests, on free loopback ports with their data in temporary folders. As a
 * vitest global setup it starts one of each for the whole run; a test that needs to stop a server starts its own. Neo4j,
 * which takes long to start, is only offered.
 * Without the binaries the suites are skipped and say why; in CI (`CI=true`) that is a failure.
 */

import { execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { freePort } from '../packages/server/src/kernel/testing/free-port.ts';
import { offerNeo4j } from './neo4j/offer.ts';
import { createService, executable, onPath, type Service } from './support/service.ts';

export type { Service };

export type Services = {
  postgres: string | null;
  redis: string | null;
  /** Why a service is missing; for the title of skipped suites. */
  reasons: { postgres?: string; redis?: string };
  /** Where a test asks for the Neo4j of the run, see `neo4j/offer.ts`. */
  neo4jOffer: string;
};

declare module 'vitest' {
  export interface ProvidedContext {
    services: Services;
  }
}

/** The folder with `initdb` and `postgres`: Debian keeps them out of PATH, one folder per version. */
const findPostgres = (): string | undefined => {
  const root = '/usr/lib/postgresql';
  const versions = executable(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const debian = versions.map((version) => join(root, version, 'bin')).find((bin) => executable(join(bin, 'initdb')));
  return debian ?? onPath('initdb')?.replace(/\/initdb$/, '');
};
const findRedis = (): string | undefined => onPath('redis-server');

const answersRedis = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const end = (ok: boolean): void => {
      socket.destroy();
      resolve(ok);
    };
    socket.setTimeout(500, () => end(false));
    socket.on('error', () => end(false));
    socket.on('data', (data) => end(data.toString().startsWith('+PONG')));
    socket.write('PING\r\n');
  });

/** PostgreSQL refuses to run as root, so root runs it as `postgres`. */
const postgresUser = (): { uid: number; gid: number } | undefined => {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
};

export const startPostgres = async (): Promise<Service> => {
  const bin = findPostgres();
  if (bin === undefined) throw new Error('PostgreSQL is not installed');
  const user = postgresUser();
  const folder = mkdtempSync(join(tmpdir(), 'hearth-postgres-'));
  if (user) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  execFileSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'hearth', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'],
    { stdio: 'ignore', cwd: folder, ...user },
  );
  const port = await freePort();
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'fsync=off',
    'max_connections=200',
    'shared_buffers=32MB',
  ];
  const service = createService(`postgres://hearth@127.0.0.1:${port}/postgres`, {
    command: join(bin, 'postgres'),
    args: ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    folder,
    user: user ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
    ready: () => {
      try {
        execFileSync(join(bin, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
        return true;
      } catch {
        return false; // not yet
      }
    },
  });
  await service.start();
  return service;
};

export const startRedis = async (): Promise<Service> => {
  const command = findRedis();
  if (command === undefined) throw new Error('redis-server is not installed');
  const folder = mkdtempSync(join(tmpdir(), 'hearth-redis-'));
  const port = await freePort();
  const service = createService(`redis://127.0.0.1:${port}`, {
    command,
    args: ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder],
    folder,
    ready: () => answersRedis(port),
  });
  await service.start();
  return service;
};

/** Starts what is there; what is missing is a reason to skip, or in CI a failure. */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const services: Service[] = [];
  const neo4j = await offerNeo4j();
  const provided: Services = { postgres: null, redis: null, reasons: {}, neo4jOffer: neo4j.url };
  const starters = { postgres: startPostgres, redis: startRedis } as const;
  for (const name of ['postgres', 'redis'] as const) {
    try {
      const service = await starters[name]();
      services.push(service);
      provided[name] = service.url;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (process.env.CI === 'true') throw new Error(`Integration tests need ${name}: ${reason}`);
      provided.reasons[name] = reason;
      process.stderr.write(`Suites that need ${name} are skipped: ${reason}\n`);
    }
  }
  project.provide('services', provided);
  return async () => {
    await neo4j.close();
    for (const service of services) await service.dispose();
  };
};
