import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAppError } from '../kernel/errors.ts';
import { migrateDatabase, openDatabase } from './index.ts';
import { createMigrations } from './migrations/index.ts';

describe('sqlite', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hearth-sqlite-'));
    path = join(folder, 'data', 'hearth.db');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const fill = async (): Promise<void> => {
    await migrateDatabase({ kind: 'sqlite', path });
    const db = await openDatabase({ kind: 'sqlite', path });
    const rows = Array.from({ length: 500 }, (_, i) => ({ id: `owner ${i}`, name: 'x'.repeat(200), created_at: '' }));
    await db.kysely.insertInto('owners').values(rows).execute();
    await db.close();
  };
  const later = { up: async () => undefined };
  const damagedMessage = /is damaged. Restore it from a backup; it was not changed/;

  it('makes folder and files for the owner alone', async () => {
    const db = await openDatabase({ kind: 'sqlite', path });
    await db.ping();
    expect(statSync(join(folder, 'data')).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(join(folder, 'data'))) {
      expect([name, statSync(join(folder, 'data', name)).mode & 0o777]).toEqual([name, 0o600]);
    }
    await db.close();
  });

  it('waits for the disk, checks references, and waits for another process', async () => {
    await fill();
    const db = await openDatabase({ kind: 'sqlite', path });
    const pragma = async (name: string): Promise<unknown> =>
      Object.values((await sql.raw<Record<string, unknown>>(`PRAGMA ${name}`).execute(db.kysely)).rows[0] ?? {})[0];
    expect(await pragma('journal_mode')).toBe('wal');
    expect(await pragma('synchronous')).toBe(2);
    expect(await pragma('foreign_keys')).toBe(1);
    expect(await pragma('busy_timeout')).toBe(5_000);
    await db.close();
  });

  it('refuses a file that is no database, and leaves it alone', async () => {
    mkdirSync(join(folder, 'data'));
    writeFileSync(path, 'this is no database, but somebody may want it back'.repeat(50));
    const before = readFileSync(path);
    await expect(openDatabase({ kind: 'sqlite', path })).rejects.toThrow(damagedMessage);
    await expect(migrateDatabase({ kind: 'sqlite', path })).rejects.toThrow(damagedMessage);
    expect(readFileSync(path)).toEqual(before);
  });

  it('checks the whole file after a crash, and only then', async () => {
    await fill();
    const bytes = readFileSync(path);
    bytes.fill(0x5a, bytes.length - 8_192, bytes.length - 4_096);
    writeFileSync(path, bytes);
    const clean = await openDatabase({ kind: 'sqlite', path });
    await clean.close();
    writeFileSync(`${path}-wal`, '');
    await expect(openDatabase({ kind: 'sqlite', path })).rejects.toThrow(damagedMessage);
  });

  it('copies the file before a migration, once there is data, and keeps the newest copy', async () => {
    await fill();
    const snapshots = (): string[] => readdirSync(join(folder, 'data')).filter((name) => name.includes('.before-'));
    expect(snapshots()).toEqual([]);
    const first = { ...createMigrations('sqlite'), '9000-a': later };
    for (const migrations of [first, { ...first, '9001-b': later }]) {
      await migrateDatabase({ kind: 'sqlite', path }, { migrations });
    }
    expect(snapshots()).toEqual(['hearth.db.before-9001-b']);
    const snapshot = join(folder, 'data', 'hearth.db.before-9001-b');
    expect(statSync(snapshot).mode & 0o777).toBe(0o600);
    const copy = new DatabaseSync(snapshot, { readOnly: true });
    expect(copy.prepare('select count(*) as n from owners').get()).toMatchObject({ n: 500 });
    copy.close();
  });

  it('is opened also while somebody else writes to a file that is new', async () => {
    mkdirSync(join(folder, 'data'));
    const writer = new Worker(
      `const { DatabaseSync } = require('node:sqlite');
       const { parentPort, workerData } = require('node:worker_threads');
       const db = new DatabaseSync(workerData);
       db.exec('begin immediate; create table t (x)');
       parentPort.postMessage('writes');
       setTimeout(() => db.close(), 200);`,
      { eval: true, workerData: path },
    );
    await once(writer, 'message');
    const db = await openDatabase({ kind: 'sqlite', path });
    await db.ping();
    await db.close();
    await writer.terminate();
  });

  it('is migrated once when two processes start at the same time', async () => {
    const script = `import { migrateDatabase } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)};
      console.log(JSON.stringify(await migrateDatabase({ kind: 'sqlite', path: process.argv[1] })));`;
    const start = () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, path]);
    const applied = (await Promise.all([start(), start()])).map(({ stdout }) => JSON.parse(stdout));
    expect(applied.flat()).toEqual(Object.keys(createMigrations('sqlite')));
  });

  it('puts the copy back when a migration leaves transactions by itself and fails', async () => {
    await fill();
    const migrations = {
      ...createMigrations('sqlite'),
      '9000-bad': {
        up: async (db: Parameters<Migration['up']>[0]) => {
          await sql`delete from owners`.execute(db);
          await sql`commit`.execute(db);
          await sql`begin`.execute(db);
          throw new Error('a bug in a migration');
        },
      },
    };
    await expect(migrateDatabase({ kind: 'sqlite', path }, { migrations })).rejects.toSatisfy((error) =>
      isAppError(error),
    );
    const db = await openDatabase({ kind: 'sqlite', path });
    expect(await db.kysely.selectFrom('owners').select('id').execute()).toHaveLength(500);
    await db.close();
  });

  it('lets a second process write between transactions', async () => {
    await fill();
    const [a, b] = [await openDatabase({ kind: 'sqlite', path }), await openDatabase({ kind: 'sqlite', path })];
    for (let i = 0; i < 20; i += 1) {
      for (const db of [a, b]) {
        await db.kysely.transaction().execute(async (trx) => {
          await trx.selectFrom('owners').select('id').limit(1).execute();
          await trx
            .updateTable('owners')
            .set({ name: `${i}` })
            .where('id', '=', 'owner 1')
            .execute();
        });
      }
    }
    await a.close();
    await b.close();
  });
});
