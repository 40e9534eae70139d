/** Pairing: a code signs in once, for minutes, as the key it was made with, and never outlives it. */
import { expect, it } from 'vitest';
import { createMemoryLimiter } from '../../adapters/limiter/memory.ts';
import { eachEngine } from '../../db/test-db.ts';
import type { Caller } from '../../kernel/caller.ts';
import { createFakeClock } from '../../kernel/fake-clock.ts';
import { silentLog } from '../../kernel/log.ts';
import { createAuth } from './index.ts';

eachEngine('one-time codes', (engine) => {
  const start = async () => {
    const db = await engine.makeDb();
    const clock = createFakeClock();
    const server = () => createAuth({ db, clock, limiter: createMemoryLimiter({ clock }), log: silentLog });
    const auth = server();
    const { key = '' } = await auth.ensureFirstKey();
    const admin = await auth.authenticate({ xApiKey: key });
    const use = async (code: string, ip = '192.0.2.1') => {
      const { caller, setCookie } = await auth.login({ code, ip, secure: true });
      return { caller, cookie: setCookie.split(';')[0] ?? '' };
    };
    const makeKey = async (fields: { permissions?: object; expires_at?: string } = {}): Promise<[string, Caller]> => {
      const made = await auth.createKey(admin, { name: 'k', permissions: {}, expires_at: null, ...fields });
      return [made.id, await auth.authenticate({ xApiKey: made.key })];
    };
    return { db, clock, server, auth, key, admin, use, makeKey };
  };
  const invalid = { code: 'CODE_INVALID' };

  it('sign in as the key they were made with, however they are typed', async () => {
    const { auth, clock, use, makeKey } = await start();
    const [keyId, caller] = await makeKey({ permissions: { 'logs:read': true } });
    const { code, expires_at } = await auth.createCode(caller);
    expect(new Date(expires_at).getTime() - clock.now().getTime()).toBe(300_000);
    const typed = ` ${code.toLowerCase().replace('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')} `;
    const { caller: paired, cookie } = await use(typed);
    expect(paired).toMatchObject({ keyId, via: 'cookie', permissions: { 'logs:read': true } });
    expect((await auth.authenticate({ cookie })).keyId).toBe(keyId);
  });

  it('are stored as hashes only', async () => {
    const { auth, db, admin } = await start();
    const { code } = await auth.createCode(admin);
    const rows = JSON.stringify(await db.kysely.selectFrom('login_codes').selectAll().execute());
    expect(rows.length).toBeGreaterThan(100);
    for (const text of [code, code.replace('-', '')]) expect(rows).not.toContain(text);
  });

  it('are good once, also when several bring them at the same time to several servers', async () => {
    const { auth, server, admin, use, db } = await start();
    const { code } = await auth.createCode(admin);
    const tries = await Promise.allSettled(
      Array.from({ length: 6 }, (_, index) => (index % 2 ? auth : server()).login({ code, secure: true })),
    );
    const [won, ...others] = tries.toSorted((a) => (a.status === 'fulfilled' ? -1 : 1));
    expect(won?.status).toBe('fulfilled');
    for (const one of others) expect(one).toMatchObject({ status: 'rejected', reason: invalid });
    await expect(use(code)).rejects.toMatchObject(invalid);
    expect(await db.kysely.selectFrom('web_sessions').selectAll().execute()).toHaveLength(1);
  });

  it('end after five minutes, and with the end of their key', async () => {
    const { auth, clock, admin, use, makeKey } = await start();
    const late = await auth.createCode(admin);
    clock.advance(299_999);
    const inTime = await auth.createCode(admin);
    await use(inTime.code);
    clock.advance(1);
    await expect(use(late.code)).rejects.toMatchObject(invalid);
    const soon = new Date(clock.now().getTime() + 60_000).toISOString();
    const [, caller] = await makeKey({ expires_at: soon });
    const { code, expires_at } = await auth.createCode(caller);
    expect(expires_at).toBe(soon);
    clock.advance(60_000);
    await expect(use(code)).rejects.toMatchObject(invalid);
  });

  it('are five at most for one owner; the oldest goes first', async () => {
    const { auth, clock, admin, use, makeKey, db } = await start();
    const [, other] = await makeKey();
    const codes: string[] = [];
    for (let index = 0; index < 7; index += 1) {
      codes.push((await auth.createCode(index % 2 ? admin : other)).code);
      clock.advance(1_000);
    }
    expect(await db.kysely.selectFrom('login_codes').selectAll().execute()).toHaveLength(5);
    for (const code of codes.slice(0, 2)) await expect(use(code)).rejects.toMatchObject(invalid);
    for (const code of codes.slice(2)) await expect(use(code)).resolves.toBeDefined();
    await Promise.all(Array.from({ length: 12 }, () => auth.createCode(admin)));
    expect(await db.kysely.selectFrom('login_codes').selectAll().execute()).toHaveLength(5);
  });

  it.each(['revoked', 'rotated'])('end when their key is %s, and so does what they signed in', async (how) => {
    const { auth, admin, clock, use, makeKey } = await start();
    const [keyId, caller] = await makeKey();
    const { cookie } = await use((await auth.createCode(caller)).code);
    const { code } = await auth.createCode(caller);
    if (how === 'revoked') await auth.revokeKey(admin, keyId);
    else await auth.rotateKey(admin, keyId).catch(() => auth.rotateKey(caller, keyId));
    clock.advance(1_000);
    await expect(use(code)).rejects.toMatchObject(invalid);
    await expect(auth.authenticate({ cookie })).rejects.toMatchObject({ code: 'AUTHENTICATION_ERROR' });
    // A request that was under way when the key was rotated makes a code that is none.
    if (how === 'rotated') await expect(use((await auth.createCode(caller)).code)).rejects.toMatchObject(invalid);
  });

  it('that are wrong are counted with wrong keys, by network', async () => {
    const { auth, admin, key, use } = await start();
    const { code } = await auth.createCode(admin);
    const wrong = ['0000-0000', 'no code at all', 'UUUU-UUUU', '!'];
    for (let index = 0; index < 10; index += 1) {
      await expect(use(wrong[index % wrong.length] ?? '')).rejects.toMatchObject(invalid);
      const guess = auth.login({ apiKey: `ak_${'x'.repeat(43)}`, ip: '192.0.2.1', secure: true });
      await expect(guess).rejects.toMatchObject({ code: 'AUTHENTICATION_ERROR' });
    }
    await expect(use(code)).rejects.toMatchObject({ code: 'RATE_LIMIT_EXCEEDED', retryAfter: 60 });
    await expect(auth.login({ apiKey: `${key}x`, ip: '192.0.2.1', secure: true })).rejects.toMatchObject({
      code: 'RATE_LIMIT_EXCEEDED',
    });
    await expect(use(code, '192.0.2.2')).resolves.toBeDefined();
  });

  it('a key that has expired is told from a wrong or revoked one, at the login only', async () => {
    const { auth, admin, clock } = await start();
    const expires_at = new Date(clock.now().getTime() + 1_000).toISOString();
    const [expired, both] = await Promise.all(
      [0, 1].map(() => auth.createKey(admin, { name: 'k', permissions: {}, expires_at })),
    );
    await auth.revokeKey(admin, both?.id ?? '');
    clock.advance(1_000);
    const login = (apiKey = '') => auth.login({ apiKey, ip: '192.0.2.3', secure: true });
    await expect(login(expired?.key)).rejects.toMatchObject({ code: 'KEY_EXPIRED' });
    await expect(login(both?.key)).rejects.toMatchObject({ code: 'AUTHENTICATION_ERROR' });
    await expect(login(`${expired?.key}x`)).rejects.toMatchObject({ code: 'AUTHENTICATION_ERROR' });
    await expect(auth.authenticate({ xApiKey: expired?.key })).rejects.toMatchObject({ code: 'AUTHENTICATION_ERROR' });
  });
});
