import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { emptyPostgres } from '../testing/empty-postgres.ts';
import { captureIo, firstStart, makeHome, withDb } from '../testing/home.ts';
import { runBackup } from './index.ts';
import { runRestore } from './restore.ts';

const services = inject('services');
const admin = services?.postgres;

const plain = { withSecrets: false, withWorkspace: false };

if (!admin) {
  describe.skip('backups of PostgreSQL', () => it(services?.reasons.postgres ?? 'no services', () => undefined));
} else {
  describe('backups of PostgreSQL', () => {
    const emptyHome = async () => makeHome({ DATABASE_URL: await emptyPostgres(admin) });
    const owners = (database: Awaited<ReturnType<typeof emptyHome>>['config']['database']) =>
      withDb(database, (db) => db.kysely.selectFrom('owners').select('id').execute());

    it('come back in an empty database, and only there', async () => {
      const { config } = await emptyHome();
      await firstStart(config.database);
      const io = captureIo();
      const file = await runBackup({ config, io }, plain);
      await expect(runRestore({ config, io }, file)).rejects.toThrow(
        'is not empty, and a restore never writes over one',
      );
      const { config: other } = await emptyHome();
      await runRestore({ config: other, io }, file);
      expect(await owners(other.database)).toEqual(await owners(config.database));
      await withDb(other.database, async (db) => {
        const key = await db.kysely.selectFrom('api_keys').select('name').executeTakeFirst();
        expect(key?.name).toBe('First key');
      });
    });

    it('say which program is missing, and leave nothing half-done', async () => {
      const { config } = await emptyHome();
      await firstStart(config.database);
      const without = { ...config, agent: { ...config.agent, baseEnv: { PATH: join(config.paths.home, 'none') } } };
      const failing = runBackup({ config: without, io: captureIo() }, plain);
      await expect(failing).rejects.toThrow('The program pg_dump is not on this machine.');
      expect(readdirSync(join(config.paths.dataDir, 'backups'))).toEqual([]);
    });
  });
}
