import { expect, it } from 'vitest';
import { createMemoryLimiter } from '../adapters/limiter/memory.ts';
import type { Config } from '../config.ts';
import { eachEngine } from '../db/test-db.ts';
import { systemClock } from '../kernel/clock.ts';
import { silentLog } from '../kernel/log.ts';
import { createAuth } from '../modules/auth/index.ts';
import { createKey, listKeys, revokeKey, rotateKey } from './keys.ts';
import { captureIo, firstStart, makeHome, withDb } from './testing/home.ts';

const accepts = (database: Config['database'], key: string): Promise<boolean> =>
  withDb(database, async (db) => {
    const clock = systemClock;
    const auth = createAuth({ db, clock, limiter: createMemoryLimiter({ clock }), log: silentLog });
    return auth.authenticate({ xApiKey: key }).then(
      () => true,
      () => false,
    );
  });

eachEngine('hearth keys', (engine) => {
  const begin = async () => {
    const { config: plain } = await makeHome();
    const config: Config = { ...plain, database: await engine.makeOptions() };
    const first = await firstStart(config.database);
    const list = async (): Promise<{ id: string; name: string; is_active: boolean }[]> => {
      const io = captureIo();
      await listKeys({ config, io }, { all: true, json: true });
      return JSON.parse(io.printed.join('\n'));
    };
    const idOf = async (name: string): Promise<string> => (await list()).find((key) => key.name === name)?.id ?? '';
    return { config, first, list, idOf, io: captureIo() };
  };

  it('make, rotate and revoke a key that the server accepts or refuses at once, and leave an audit row each', async () => {
    const { config, io, idOf, first } = await begin();
    const deps = { config, io };
    await createKey(deps, { name: 'phone', permissions: ['shell'], expiresDays: 30 });
    const [made = ''] = io.printed;
    expect(await accepts(config.database, made)).toBe(true);
    const id = await idOf('phone');
    await rotateKey(deps, id);
    const rotated = io.printed[1] ?? '';
    expect([await accepts(config.database, made), await accepts(config.database, rotated)]).toEqual([false, true]);
    await revokeKey(deps, id);
    expect([await accepts(config.database, rotated), await accepts(config.database, first)]).toEqual([false, true]);
    const rows = await withDb(config.database, (db) =>
      db.kysely.selectFrom('audit').select(['action', 'target', 'origin']).orderBy('created_at').execute(),
    );
    expect(rows).toEqual(
      ['key.created', 'key.rotated', 'key.revoked'].map((action) => ({ action, target: id, origin: 'cli' })),
    );
  });

  it('print the text of a key alone, so that a script can catch it', async () => {
    const { config, io } = await begin();
    await createKey({ config, io }, { name: 'x', permissions: ['all'], expiresDays: null });
    expect(io.printed).toEqual([expect.stringMatching(/^ak_[\w-]{43}$/)]);
    expect(io.remarks.join()).toContain('shown this one time');
  });

  it('keep the last admin key, and say what to do', async () => {
    const { config, io, idOf } = await begin();
    const last = revokeKey({ config, io }, await idOf('First key'));
    await expect(last).rejects.toMatchObject({ fix: 'Make another first: hearth keys create my-key --permission all' });
  });

  it('refuse what does not exist', async () => {
    const { config, io } = await begin();
    const deps = { config, io };
    await expect(rotateKey(deps, 'nope')).rejects.toThrow('There is no key with the id nope.');
    const odd = async (): Promise<void> => createKey(deps, { name: 'x', permissions: ['root'], expiresDays: null });
    await expect(odd()).rejects.toThrow('There is no permission "root".');
  });
});

it('without a database nothing is made, and the first step is named', async () => {
  const { config } = await makeHome();
  const listing = listKeys({ config, io: captureIo() }, { all: false, json: false });
  await expect(listing).rejects.toMatchObject({
    message: 'There is no database yet.',
    fix: 'Start Hearth once with "hearth start"; it makes one.',
  });
});
