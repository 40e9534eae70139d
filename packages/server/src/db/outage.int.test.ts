import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { type Service, startPostgres } from '../../../../tests/services.ts';
import { type Db, migrateDatabase, openDatabase } from './index.ts';
import { createMigrations } from './migrations/index.ts';

const services = inject('services');

if (!services?.postgres) {
  describe.skip('PostgreSQL going away', () => it(services?.reasons.postgres ?? 'no services', () => undefined));
} else {
  describe('PostgreSQL going away', () => {
    let server: Service;
    let db: Db;
    beforeAll(async () => {
      server = await startPostgres();
      await migrateDatabase({ kind: 'postgres', url: server.url });
      db = await openDatabase({ kind: 'postgres', url: server.url });
    });
    afterAll(async () => {
      await db.close();
      await server.dispose();
    });

    const count = async (): Promise<number> => (await db.kysely.selectFrom('owners').select('id').execute()).length;
    const insert = (id: string) => db.kysely.insertInto('owners').values({ id, name: 'O', created_at: '' }).execute();
    const unavailable = { code: 'SERVICE_UNAVAILABLE', retryAfter: 5 };

    it('answers SERVICE_UNAVAILABLE while it is away and goes on when it is back, within the same process', async () => {
      await insert('before');
      const inside = db.kysely.transaction().execute(async (trx) => {
        await trx.insertInto('owners').values({ id: 'half', name: 'O', created_at: '' }).execute();
        await server.stop();
        await trx.insertInto('owners').values({ id: 'done', name: 'O', created_at: '' }).execute();
      });
      await expect(inside).rejects.toMatchObject(unavailable);

      const begun = performance.now();
      for (const attempt of [db.ping(), count(), insert('lost')])
        await expect(attempt).rejects.toMatchObject(unavailable);
      await expect(migrateDatabase({ kind: 'postgres', url: server.url })).rejects.toMatchObject(unavailable);
      expect(performance.now() - begun).toBeLessThan(5_500);

      await server.start();
      await db.ping();
      expect(await count()).toBe(1);
      await insert('after');
      expect(await count()).toBe(2);
    });

    it('is migrated once when two replicas start at the same time, from nothing and later', async () => {
      await sql`create database replicas`.execute(db.kysely);
      const options = { kind: 'postgres' as const, url: server.url.replace(/postgres$/, 'replicas') };
      const both = async (migrations: Record<string, Migration>): Promise<string[]> =>
        (await Promise.all([1, 2].map(() => migrateDatabase(options, { migrations })))).flat();
      const ground = createMigrations('postgres');
      expect(await both(ground)).toEqual(Object.keys(ground));
      const up = vi.fn(async () => {
        await new Promise((resolve) => setImmediate(resolve));
      });
      expect(await both({ ...ground, '9999-later': { up } })).toEqual(['9999-later']);
      expect(up).toHaveBeenCalledTimes(1);
    });

    it('survives the loss of idle and of busy connections', async () => {
      await Promise.all(Array.from({ length: 5 }, () => db.ping()));
      const busy = expect(sql`select pg_sleep(20)`.execute(db.kysely)).rejects.toMatchObject(unavailable);
      await server.stop();
      await busy;
      await server.start();
      await expect(count()).resolves.toBe(2);
    });
  });
}
