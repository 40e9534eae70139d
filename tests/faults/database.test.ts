/**
 * The database goes away under a running server: PostgreSQL is stopped, the disk under SQLite is full. Requests are
 * refused with a sentence and the time to come back, nothing hangs, and everything works again without a restart.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { answer, text } from '@hearth/stand-in';
import { describe, expect, inject, it } from 'vitest';
import { testKey } from '../harness.ts';
import type { ServerProcess } from '../processes.ts';
import { type Service, startPostgres } from '../services.ts';
import { until } from '../support/until.ts';
import {
  becomesIdle,
  call,
  clientOf,
  environment,
  later,
  longText,
  serve,
  sessionOf,
  startModel,
  stream,
  tempDir,
  textsOf,
  timed,
} from './fixtures.ts';

const { postgres, reasons } = inject('services');

const ownPostgres = async (): Promise<Service> => {
  const service = await startPostgres();
  later(() => service.dispose());
  return service;
};

const startOn = async (database: Service) => {
  const standIn = await startModel();
  const server = await serve(environment(tempDir(), standIn, { DATABASE_URL: database.url }));
  return { standIn, server };
};

const goneFor = (server: ServerProcess): Promise<unknown> =>
  until('the server notices', async () => (await timed(server, '/api/v1/sessions')).status === 503, 10_000);

const backFor = (server: ServerProcess): Promise<unknown> =>
  until('the server is well again', async () => (await timed(server, '/api/v1/sessions')).status === 200, 10_000);

describe.skipIf(postgres === null)(
  `PostgreSQL is stopped while the server runs${reasons.postgres ? ` (skipped: ${reasons.postgres})` : ''}`,
  () => {
    it('answers 503 with a sentence and Retry-After within 6 s, lets nobody in, names it in health, and recovers', async () => {
      const database = await ownPostgres();
      const { server } = await startOn(database);
      const client = clientOf(server);
      const { session_id } = await client.query({ prompt: 'Hello' });
      const before = await textsOf(server, session_id);
      await database.stop();
      await goneFor(server);

      const session = `/api/v1/sessions/${session_id}`;
      const refusals = await Promise.all([
        timed(server, '/api/v1/sessions'),
        timed(server, session),
        timed(server, `${session}/messages`),
        timed(server, '/api/v1/approvals'),
        timed(server, '/api/v1/api-keys'),
        timed(server, '/api/v1/sessions', { title: 'new' }),
        timed(server, '/api/v1/stream', { prompt: 'hi', session_id }),
        timed(server, '/api/v1/query', { prompt: 'hi' }),
        timed(server, '/api/v1/api-keys', { name: 'tablet', permissions: {} }),
      ]);
      for (const refusal of refusals) {
        expect(refusal).toMatchObject({ status: 503, code: 'SERVICE_UNAVAILABLE' });
        expect(refusal.message).toMatch(/^[A-Z].*not available/);
        expect(refusal.retryAfter).toBeGreaterThan(0);
        expect(refusal.ms).toBeLessThan(6_000);
      }
      for (const key of [testKey, 'hth_unknown-key-0123456789-abcdef'])
        expect((await call(server, '/api/v1/sessions', undefined, { headers: { 'X-API-Key': key } })).ok).toBe(false);
      const sick = await until(
        'the health',
        async () => {
          const health = await client.health();
          return health.status === 'unhealthy' && health;
        },
        10_000,
      );
      expect(sick).toMatchObject({ services: { postgres: { status: 'down' } }, degraded_features: ['everything'] });
      expect((await call(server, '/readyz')).status).toBe(503);

      await database.start();
      await backFor(server);
      expect(await textsOf(server, session_id)).toEqual(before);
      expect(await client.query({ prompt: 'And now?', session_id })).toMatchObject({ is_error: false });
      await until('the health', async () => (await client.health()).status === 'healthy', 10_000);
    });

    it('says that an answer waits to be stored, and ends it once and whole when the database is back', async () => {
      const database = await ownPostgres();
      const { server, standIn } = await startOn(database);
      standIn.script([answer([text(longText.slice(0, 1_400))], { tokensPerSecond: 60 })]);
      const talking = await stream(server, 'Tell me.');
      // Long enough that a part of it is on the disk.
      await until('some text', () => talking.events.filter(({ type }) => type === 'partial').length > 20, 20_000);
      const session = await sessionOf(talking);
      await database.stop();
      await goneFor(server);
      const waits = await talking.next('status', ({ status }) => status === 'retrying', 40_000);
      expect(JSON.stringify(waits)).toContain('The database is away');
      expect(talking.events.filter(({ type }) => type === 'done')).toHaveLength(0);

      await database.start();
      await backFor(server);
      await talking.next('done', undefined, 30_000);
      expect(talking.events.filter(({ type }) => type === 'done')).toHaveLength(1);
      expect((await textsOf(server, session))[0]).toBe('user/complete: Tell me.');
      await becomesIdle(server, session, 30_000);
      expect((await textsOf(server, session)).at(-1)).toBe(`assistant/complete: ${longText.slice(0, 1_400)}`);
      const next = await timed(server, '/api/v1/query', { prompt: 'And now?', session_id: session });
      expect(next).toMatchObject({ status: 200 });
    }, 120_000);
  },
);

const canMount = (): boolean => {
  if (process.getuid?.() !== 0) return false;
  const dir = tempDir();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', dir], { stdio: 'ignore' });
    execFileSync('umount', [dir], { stdio: 'ignore' });
    return true;
  } catch {
    return false; // not in this container
  }
};
const mountable = canMount();

describe.skipIf(!mountable)(
  `the disk under SQLite is full${mountable ? '' : ' (skipped: mounting a small disk is not permitted here)'}`,
  () => {
    const smallDisk = (): string => {
      const home = join(tempDir(), 'small');
      mkdirSync(home);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m,mode=700', 'tmpfs', home]);
      later(() => execFileSync('umount', ['-l', home]));
      return home;
    };

    /** Until nothing more goes onto it; the server may write at the same time. */
    const fill = (home: string): string => {
      const path = join(home, 'ballast');
      const block = Buffer.alloc(4_096);
      try {
        for (let written = 0; written < 8 * 1024 * 1024; written += block.length) appendFileSync(path, block);
      } catch {
        return path; // full
      }
      throw new Error('the small disk is larger than it should be');
    };

    it('refuses writes with 507 and a sentence, goes on reading, and writes again when there is room', async () => {
      const home = smallDisk();
      // Nobody talks in this test: the agent's own files alone would fill a disk this small.
      const server = await serve({ ...environment(home, { url: 'http://127.0.0.1:9' }), HOME: tempDir() });
      const client = clientOf(server);
      const { id } = await client.sessions.create({ title: 'kept' });
      const ballast = fill(home);
      const full = await until('a refusal', async () => {
        const made = await timed(server, '/api/v1/sessions', { title: 'x'.repeat(200) });
        return made.status !== 201 && made.status !== 200 && made;
      });
      expect(full).toMatchObject({ status: 507, code: 'INSUFFICIENT_STORAGE', message: expect.stringMatching(/disk/) });
      const sent = await timed(server, '/api/v1/stream', { prompt: 'hi', session_id: id });
      expect(sent).toMatchObject({ status: 507, message: expect.stringMatching(/disk/) });
      expect((await client.sessions.get(id)).title).toBe('kept');
      expect((await timed(server, '/api/v1/sessions')).status).toBe(200);
      expect((await client.sessions.messages(id)).messages).toEqual([]);

      rmSync(ballast);
      expect((await client.sessions.create({ title: 'after' })).title).toBe('after');
    });
  },
);
