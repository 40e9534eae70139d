import { expect, it } from 'vitest';
import { newId } from '../kernel/ids.ts';
import { makeTerminalKey } from './terminal-key.ts';
import { firstStart, makeHome, withDb } from './testing/home.ts';

const scene = async (status: 'parked' | 'completed') => {
  const { config } = await makeHome();
  await firstStart(config.database);
  const key = await makeTerminalKey(config);
  const find = () =>
    withDb(config.database, (db) =>
      db.kysely.selectFrom('api_keys').selectAll().where('name', '=', 'terminal').executeTakeFirstOrThrow(),
    );
  const { id: keyId } = await find();
  await withDb(config.database, async (db) => {
    const ids = { id: newId(), owner_id: 'o', session_id: 's', key_id: keyId };
    const row = { ...ids, status, origin: 'chat', request: '{}', created_at: '2026' };
    await db.kysely.insertInto('runs').values(row).execute();
  });
  await key.end();
  await key.end();
  return find();
};

it('ends with the chat, and has an end of its own in case the chat is killed', async () => {
  const key = await scene('completed');
  expect(key.revoked_at).not.toBeNull();
  const hours = (Date.parse(key.expires_at ?? '') - Date.parse(key.created_at)) / 3_600_000;
  expect(hours).toBeCloseTo(12, 3);
});

it('outlives the chat while a run it started is unfinished, so that the run can go on', async () => {
  expect((await scene('parked')).revoked_at).toBeNull();
});
