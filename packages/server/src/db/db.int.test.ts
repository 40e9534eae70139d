import type { Migration } from 'kysely/migration';
import { expect, it, onTestFinished } from 'vitest';
import { type DatabaseOptions, type Db, isUniqueViolation, migrateDatabase, openDatabase } from './index.ts';
import { createMigrations } from './migrations/index.ts';
import { type Engine, eachEngine } from './test-db.ts';

type MigrationDb = Parameters<Migration['up']>[0];

const at = '2026-01-05T12:00:00.000Z';

const insertOwner = (db: Db, id: string) =>
  db.kysely.insertInto('owners').values({ id, name: 'O', created_at: at }).execute();

const insertSession = (db: Db, id: string) =>
  db.kysely
    .insertInto('sessions')
    .values({
      id,
      owner_id: 'o',
      status: 'active',
      title: null,
      model: null,
      mode: 'code',
      permission_mode: 'default',
      project_id: null,
      cwd: null,
      parent_session_id: null,
      origin: 'chat',
      agent_session_id: null,
      created_at: at,
      updated_at: at,
      last_message_at: null,
      last_message: null,
      usage: '{}',
      deleted_at: null,
    })
    .execute();

const insertMessage = (db: Db, values: { id: string; session_id?: string; no?: number; client_message_id?: string }) =>
  db.kysely
    .insertInto('messages')
    .values({
      session_id: 's',
      owner_id: 'o',
      run_id: null,
      no: 1,
      type: 'user',
      content: '[]',
      status: 'complete',
      model: null,
      usage: null,
      parent_tool_use_id: null,
      client_message_id: null,
      created_at: at,
      ...values,
    })
    .execute();

/** Where there is no table yet. */
const emptyOptions = async (engine: Engine): Promise<DatabaseOptions> => {
  const options = await engine.makeOptions();
  if (options.kind === 'sqlite') return { ...options, path: `${options.path}-empty` };
  const db = await openDatabase(options);
  await db.kysely.schema.dropSchema('public').cascade().execute();
  await db.kysely.schema.createSchema('public').execute();
  await db.close();
  return options;
};

const entry = (uuid: string | null) => ({ agent_session_id: 'a', uuid, entry: '{}', created_at: at });

eachEngine('database', (engine) => {
  it('returns values of every kind as they were stored', async () => {
    const db = await engine.makeDb();
    await insertSession(db, 's');
    await db.kysely.updateTable('sessions').set({ pinned: 1, total_cost_usd: 0.123456789012 }).execute();
    const session = await db.kysely.selectFrom('sessions').selectAll().executeTakeFirstOrThrow();
    expect(session).toMatchObject({
      title: null,
      title_source: 'none',
      tags: '[]',
      archived: 0,
      pinned: 1,
      next_message_no: 1,
      total_turns: 0,
      total_cost_usd: 0.123456789012,
    });
    const large = Number.MAX_SAFE_INTEGER - 1;
    await db.kysely.insertInto('event_counters').values({ owner_id: 'o', reserved: large }).execute();
    const counter = await db.kysely
      .updateTable('event_counters')
      .set((eb) => ({ reserved: eb('reserved', '+', 1) }))
      .where('owner_id', '=', 'o')
      .returning(['reserved', 'pruned_through'])
      .executeTakeFirstOrThrow();
    expect(counter).toEqual({ reserved: large + 1, pruned_through: 0 });
    const count = await db.kysely
      .selectFrom('sessions')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow();
    expect(count.n).toBe(1);
  });

  it('numbers transcript entries in order and keeps each uuid once, but any number without', async () => {
    const db = await engine.makeDb();
    await db.kysely
      .insertInto('transcript_entries')
      .values([entry('u'), entry(null), entry(null)])
      .execute();
    await expect(db.kysely.insertInto('transcript_entries').values(entry('u')).execute()).rejects.toSatisfy(
      isUniqueViolation,
    );
    const rows = await db.kysely.selectFrom('transcript_entries').select(['id', 'subpath']).orderBy('id').execute();
    expect(rows.map((row) => row.subpath)).toEqual(['', '', '']);
    expect(typeof rows[0]?.id).toBe('number');
  });

  it('lets a client message start one run per owner, and runs without one as often as they like', async () => {
    const db = await engine.makeDb();
    const run = (id: string, owner: string, message: string | null) =>
      db.kysely
        .insertInto('runs')
        .values({
          id,
          owner_id: owner,
          session_id: 's',
          key_id: 'k',
          origin: 'chat',
          status: 'queued',
          client_message_id: message,
          request: '{}',
          instance_id: null,
          lease_until: null,
          agent_session_id: null,
          draft: null,
          result: null,
          error: null,
          created_at: at,
          started_at: null,
          ended_at: null,
        })
        .execute();
    await run('1', 'o', 'm');
    await run('2', 'p', 'm');
    await run('3', 'o', null);
    await run('4', 'o', null);
    await expect(run('5', 'o', 'm')).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('deletes messages with their session, and refuses a message without one', async () => {
    const db = await engine.makeDb();
    await insertSession(db, 's');
    await insertMessage(db, { id: 'm' });
    await expect(insertMessage(db, { id: 'n', session_id: 'nowhere' })).rejects.toMatchObject({
      code: 'INTERNAL_ERROR',
    });
    await db.kysely.deleteFrom('sessions').execute();
    expect(await db.kysely.selectFrom('messages').selectAll().execute()).toEqual([]);
  });

  it('rolls a failed transaction back whole, and hides the SQL of the failure', async () => {
    const db = await engine.makeDb();
    await insertOwner(db, 'a');
    const failing = db.kysely.transaction().execute(async (trx) => {
      await trx.insertInto('owners').values({ id: 'b', name: 'B', created_at: at }).execute();
      await trx.insertInto('owners').values({ id: 'a', name: 'A', created_at: at }).execute();
    });
    await expect(failing).rejects.toMatchObject({ code: 'CONFLICT', message: 'This already exists' });
    expect(await db.kysely.selectFrom('owners').select('id').execute()).toEqual([{ id: 'a' }]);
  });

  it('runs transactions one after the other as far as they touch the same row', async () => {
    const db = await engine.makeDb();
    await db.kysely.insertInto('event_counters').values({ owner_id: 'o' }).execute();
    await Promise.all(
      Array.from({ length: 30 }, () =>
        db.kysely
          .updateTable('event_counters')
          .set((eb) => ({ reserved: eb('reserved', '+', 10) }))
          .where('owner_id', '=', 'o')
          .execute(),
      ),
    );
    const row = await db.kysely.selectFrom('event_counters').selectAll().executeTakeFirstOrThrow();
    expect(row.reserved).toBe(300);
  });

  it('answers a ping until it is closed', async () => {
    const db = await engine.makeDb();
    await expect(db.ping()).resolves.toBeUndefined();
    await db.close();
    await expect(db.ping()).rejects.toThrow();
  });

  it('leaves the database as it was when a migration fails', async () => {
    const options = await engine.makeOptions();
    const before = await openDatabase(options);
    await insertOwner(before, 'kept');
    await before.close();
    const migrations = {
      ...createMigrations(options.kind),
      '9998-good': {
        up: async (db: MigrationDb) => {
          await db.schema.createTable('half').addColumn('id', 'text').execute();
        },
      },
      '9999-bad': {
        up: async (db: MigrationDb) => {
          await db.deleteFrom('owners').execute();
          throw new Error('a bug in a migration');
        },
      },
    };
    await expect(migrateDatabase(options, { migrations })).rejects.toMatchObject({
      code: 'INTERNAL_ERROR',
      message: 'Migration 9999-bad failed; the database is as it was before',
    });
    const after = await openDatabase(options);
    expect(await after.kysely.selectFrom('owners').select('id').execute()).toEqual([{ id: 'kept' }]);
    const tables = await after.kysely.introspection.getTables();
    expect(tables.map((table) => table.name)).not.toContain('half');
    await after.close();
    await expect(migrateDatabase(options)).resolves.toEqual([]);
  });

  it('keeps the first of two messages that were stored under one id before that was impossible', async () => {
    const options = await emptyOptions(engine);
    const { '0001-ground': ground, ...later } = createMigrations(options.kind);
    if (ground === undefined) throw new Error('the first migration is gone');
    await migrateDatabase(options, { migrations: { '0001-ground': ground } });
    const db = await openDatabase(options);
    onTestFinished(() => db.close());
    await insertSession(db, 's');
    for (const [index, id] of ['1', '2', '3'].entries())
      await insertMessage(db, { id, no: index, client_message_id: id === '3' ? 'other' : 'same' });
    expect(await migrateDatabase(options)).toEqual(Object.keys(later));
    const rows = await db.kysely.selectFrom('messages').select(['id', 'client_message_id']).orderBy('id').execute();
    expect(rows.map((row) => row.client_message_id)).toEqual(['same', null, 'other']);
    const again = insertMessage(db, { id: '4', no: 4, client_message_id: 'same' });
    expect(isUniqueViolation(await again.catch((error: unknown) => error))).toBe(true);
  });

  it('refuses a database that a newer version has migrated', async () => {
    const options = await engine.makeOptions();
    await expect(migrateDatabase(options, { migrations: {} })).rejects.toMatchObject({
      message: 'The database was made by another version of this server',
    });
  });
});
