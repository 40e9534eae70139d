import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { permissionNames } from '@hearth/contract';
import { sql } from 'kysely';
import { describe, expect, it, vi } from 'vitest';
import { createMemoryLimiter } from '../../adapters/limiter/memory.ts';
import { type Db, openDatabase } from '../../db/index.ts';
import { eachEngine } from '../../db/test-db.ts';
import type { Caller } from '../../kernel/caller.ts';
import { createFakeClock, type FakeClock } from '../../kernel/fake-clock.ts';
import { silentLog } from '../../kernel/log.ts';
import { type Auth, createAuth } from './index.ts';

const createServer = (db: Db, clock: FakeClock = createFakeClock()) => {
  const limiter = createMemoryLimiter({ clock });
  const auth = createAuth({ db, limiter, clock, log: silentLog });
  return { auth, clock, limiter, db };
};
const refusal = { code: 'AUTHENTICATION_ERROR', message: 'A valid API key is required' };
const operatorKey = 'J8s-kd9+Qpz/73hKwm2!Vx4c';

eachEngine('auth', (engine) => {
  const start = async () => {
    const server = createServer(await engine.makeDb());
    const { key = '' } = await server.auth.ensureFirstKey();
    const admin = await server.auth.authenticate({ xApiKey: key });
    return { ...server, key, admin };
  };
  const create = async (auth: Auth, admin: Caller, permissions = {}, expires_at: string | null = null) => {
    const made = await auth.createKey(admin, { name: 'k', permissions, expires_at });
    return { ...made, caller: await auth.authenticate({ xApiKey: made.key }).catch(() => undefined) };
  };

  describe('first start', () => {
    it('makes one owner and one key with every permission, shown once', async () => {
      const { auth, admin, key } = await start();
      expect(key).toMatch(/^ak_/);
      expect(Object.keys(admin.permissions).sort()).toEqual([...permissionNames].sort());
      expect(await auth.ensureFirstKey()).toEqual({ ownerId: admin.ownerId });
      expect(await auth.listKeys(admin)).toHaveLength(1);
    });

    it('makes one owner when several replicas start together', async () => {
      const { auth, db } = createServer(await engine.makeDb());
      const results = await Promise.all(Array.from({ length: 5 }, () => auth.ensureFirstKey()));
      expect(results.filter((one) => one.key !== undefined)).toHaveLength(1);
      expect(await db.kysely.selectFrom('owners').selectAll().execute()).toHaveLength(1);
    });

    it("takes the operator's key, and takes it again at each later start", async () => {
      const { auth, db } = createServer(await engine.makeDb());
      expect((await auth.ensureFirstKey({ adminKey: operatorKey })).key).toBeUndefined();
      const admin = await auth.authenticate({ xApiKey: operatorKey });
      await create(auth, admin, { admin: true });
      await auth.revokeKey(admin, admin.keyId);
      await expect(auth.authenticate({ xApiKey: operatorKey })).rejects.toMatchObject(refusal);
      await createServer(db).auth.ensureFirstKey({ adminKey: operatorKey });
      expect((await auth.authenticate({ xApiKey: operatorKey })).ownerId).toBe(admin.ownerId);
      const changed = `${operatorKey}-changed`;
      const next = createServer(db).auth;
      await next.ensureFirstKey({ adminKey: changed });
      expect((await next.authenticate({ xApiKey: changed })).ownerId).toBe(admin.ownerId);
      await expect(next.authenticate({ xApiKey: operatorKey })).rejects.toMatchObject(refusal);
    });

    it("accepts as the operator's key one that exists already", async () => {
      const { auth, key, admin } = await start();
      await auth.ensureFirstKey({ adminKey: key });
      expect(await auth.listKeys(admin)).toHaveLength(1);
    });

    it('refuses to start with a sample value', async () => {
      const { auth } = createServer(await engine.makeDb());
      await expect(auth.ensureFirstKey({ adminKey: 'undefined' })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    });
  });

  describe('authentication', () => {
    it('gives one answer for unknown, near-miss, revoked, expired and malformed keys', async () => {
      const { auth, admin, clock, key } = await start();
      const revoked = await create(auth, admin);
      await auth.revokeKey(admin, revoked.id);
      const expiring = await create(auth, admin, {}, new Date(clock.now().getTime() + 500).toISOString());
      expect(expiring.caller).toBeDefined();
      clock.advance(500);
      const nearMiss = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`;
      const bad = [`ak_${'x'.repeat(43)}`, nearMiss, revoked.key, expiring.key, '', ' ', `${key}, ${key}`, `${key}\0`];
      for (const xApiKey of [...bad, 'a'.repeat(100_000), `ak_${'ü'.repeat(43)}`]) {
        await expect(auth.authenticate({ xApiKey })).rejects.toMatchObject({ ...refusal, details: undefined });
      }
      await expect(auth.authenticate({})).rejects.toMatchObject(refusal);
    });

    it('lets a bad X-API-Key fail whatever else is good', async () => {
      const { auth, key, admin } = await start();
      const other = await create(auth, admin);
      await expect(auth.authenticate({ xApiKey: 'bad', authorization: `Bearer ${key}` })).rejects.toMatchObject(
        refusal,
      );
      const both = await auth.authenticate({ xApiKey: other.key, authorization: `Bearer ${key}` });
      expect(both.keyId).toBe(other.id);
      expect((await auth.authenticate({ authorization: `Bearer ${key}` })).keyId).toBe(admin.keyId);
    });

    it('stops guessing per network before the database is asked, and spares good keys', async () => {
      const { auth, key, db, clock } = await start();
      const guess = (ip: string, i: number) => auth.authenticate({ xApiKey: `ak_${'x'.repeat(38)}${10_000 + i}`, ip });
      const results = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => guess('192.0.2.1', i)));
      expect(results.every((one) => one.status === 'rejected' && one.reason.code === 'AUTHENTICATION_ERROR')).toBe(
        true,
      );
      const asked = vi.spyOn(db.kysely, 'selectFrom');
      await expect(guess('192.0.2.1', 99)).rejects.toMatchObject({ code: 'RATE_LIMIT_EXCEEDED', retryAfter: 60 });
      expect(asked).not.toHaveBeenCalled();
      asked.mockRestore();
      await expect(guess('192.0.2.2', 1)).rejects.toMatchObject(refusal);
      clock.advance(5_000);
      await expect(auth.authenticate({ xApiKey: key, ip: '192.0.2.1' })).resolves.toBeDefined();
      clock.advance(60_000);
      await expect(guess('192.0.2.1', 100)).rejects.toMatchObject(refusal);
    });

    it('trusts what it found for less than a second, so that changes elsewhere hold within one', async () => {
      const { auth, admin, clock, db } = await start();
      const made = await create(auth, admin, { shell: true });
      await db.kysely.updateTable('api_keys').set({ permissions: '{}' }).where('id', '=', made.id).execute();
      clock.advance(1_000);
      expect((await auth.authenticate({ xApiKey: made.key })).permissions).toEqual({});
      await db.kysely.updateTable('api_keys').set({ revoked_at: 'now' }).where('id', '=', made.id).execute();
      clock.advance(1_000);
      await expect(auth.authenticate({ xApiKey: made.key })).rejects.toMatchObject(refusal);
    });

    it('grants nothing for permissions that are not exactly true', async () => {
      const { auth, admin, clock, db } = await start();
      const made = await create(auth, admin);
      for (const text of ['{"admin":1}', '{"admin":"true"}', '{"admin":null}', 'true', '{', '{"admin":true,"x":1}']) {
        await db.kysely.updateTable('api_keys').set({ permissions: text }).where('id', '=', made.id).execute();
        clock.advance(1_000);
        expect((await auth.authenticate({ xApiKey: made.key })).permissions.admin).not.toBe(true);
      }
    });

    it('notes the last use at most once a minute', async () => {
      const { auth, admin, clock, key } = await start();
      const lastUsed = async (): Promise<string | null | undefined> => {
        await auth.close();
        return (await auth.listKeys(admin))[0]?.last_used_at;
      };
      const first = await lastUsed();
      expect(first).toBe(clock.now().toISOString());
      clock.advance(59_000);
      await auth.authenticate({ xApiKey: key });
      expect(await lastUsed()).toBe(first);
      clock.advance(1_000);
      await auth.authenticate({ xApiKey: key });
      expect(await lastUsed()).toBe(clock.now().toISOString());
    });

    it('tells queued work whether its key still holds', async () => {
      const { auth, admin } = await start();
      const made = await create(auth, admin, { shell: true });
      expect((await auth.currentCaller(made.id))?.permissions).toEqual({ shell: true });
      await auth.revokeKey(admin, made.id);
      expect(await auth.currentCaller(made.id)).toBeUndefined();
      expect(await auth.currentCaller('unknown')).toBeUndefined();
    });
  });

  describe('keys', () => {
    it('hand on at most the power and the time of who makes them', async () => {
      const { auth, admin, clock } = await start();
      const end = new Date(clock.now().getTime() + 3_600_000).toISOString();
      const limited = await create(auth, admin, { admin: true, 'logs:read': true }, end);
      if (!limited.caller) throw new Error('the key should work');
      await expect(create(auth, limited.caller, { shell: true })).rejects.toMatchObject({
        code: 'FORBIDDEN',
        details: { permission: 'shell' },
      });
      const child = await create(auth, limited.caller, { 'logs:read': true });
      expect(child).toMatchObject({ expires_at: end, is_active: true, permissions: { 'logs:read': true } });
      if (!child.caller) throw new Error('the key should work');
      await expect(create(auth, child.caller)).rejects.toMatchObject({ details: { permission: 'admin' } });
      expect((await auth.listKeys(child.caller)).map((one) => one.id)).toEqual([child.id]);
      expect((await auth.listKeys(admin)).filter((one) => one.is_current).map((one) => one.id)).toEqual([admin.keyId]);
    });

    it('rotate to a new text and nothing else; the old one is dead at once', async () => {
      const { auth, admin } = await start();
      const made = await create(auth, admin, { shell: true }, '2030-01-01T00:00:00.000Z');
      if (!made.caller) throw new Error('the key should work');
      const { new_key, expires_at } = await auth.rotateKey(made.caller, made.id);
      expect(expires_at).toBe('2030-01-01T00:00:00.000Z');
      await expect(auth.authenticate({ xApiKey: made.key })).rejects.toMatchObject(refusal);
      const { keyHash: _old, ...before } = made.caller;
      expect(await auth.authenticate({ xApiKey: new_key })).toMatchObject(before);
    });

    it('rotate once when asked twice at the same time, also late', async () => {
      const { auth, admin } = await start();
      const made = await create(auth, admin);
      if (!made.caller) throw new Error('the key should work');
      const { caller } = made;
      const results = await Promise.allSettled([1, 2, 3].map(() => auth.rotateKey(caller, made.id)));
      const [won, ...more] = results.filter((one) => one.status === 'fulfilled');
      expect(more).toEqual([]);
      for (const one of results) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'CONFLICT' });
      await expect(auth.rotateKey(caller, made.id)).rejects.toMatchObject({ code: 'CONFLICT' });
      await expect(auth.authenticate({ xApiKey: won?.value.new_key })).resolves.toBeDefined();
    });

    it('rotated twice by an admin leave one text that works, whether the calls met or followed each other', async () => {
      const { auth, admin } = await start();
      const made = await create(auth, admin);
      const results = await Promise.allSettled([1, 2, 3].map(() => auth.rotateKey(admin, made.id)));
      const texts: string[] = [];
      for (const one of results) {
        if (one.status === 'fulfilled') texts.push(one.value.new_key);
        else expect(one.reason).toMatchObject({ code: 'CONFLICT' });
      }
      const logins = await Promise.allSettled([made.key, ...texts].map((xApiKey) => auth.authenticate({ xApiKey })));
      expect(logins.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
    });

    it('cannot be rotated by somebody who has less', async () => {
      const { auth, admin } = await start();
      const lesser = await create(auth, admin, { admin: true });
      if (!lesser.caller) throw new Error('the key should work');
      await expect(auth.rotateKey(lesser.caller, admin.keyId)).rejects.toMatchObject({ code: 'FORBIDDEN' });
      const plain = await create(auth, admin);
      if (!plain.caller) throw new Error('the key should work');
      await expect(auth.rotateKey(plain.caller, lesser.id)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    });

    it('of another owner do not exist, for every verb', async () => {
      const { auth, admin, db } = await start();
      await db.kysely.insertInto('owners').values({ id: 'other', name: 'Other', created_at: '' }).execute();
      const made = await create(auth, admin);
      await db.kysely.updateTable('api_keys').set({ owner_id: 'other' }).where('id', '=', made.id).execute();
      const missing = { code: 'API_KEY_NOT_FOUND', message: 'There is no such API key' };
      for (const id of [made.id, 'never', '%', "'"]) {
        await expect(auth.rotateKey(admin, id)).rejects.toMatchObject(missing);
        await expect(auth.revokeKey(admin, id)).rejects.toMatchObject(missing);
      }
      expect(await auth.listKeys(admin)).toHaveLength(1);
    });

    it('can be revoked, but for the last active admin key, also by two at once', async () => {
      const { auth, admin } = await start();
      await create(auth, admin, { shell: true });
      await expect(auth.revokeKey(admin, admin.keyId)).rejects.toMatchObject({ code: 'CONFLICT' });
      const second = await create(auth, admin, { admin: true });
      const results = await Promise.allSettled([admin.keyId, second.id].map((id) => auth.revokeKey(admin, id)));
      expect(results.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected']);
      expect((await auth.listKeys(admin)).filter((one) => one.is_active && one.permissions.admin)).toHaveLength(1);
    });
  });

  describe('open streams', () => {
    it('hear at once of what this process ended', async () => {
      const { auth, admin } = await start();
      const made = await create(auth, admin);
      const [heard, left] = [vi.fn(), vi.fn()];
      auth.onInvalidated({ keyId: made.id }, heard);
      auth.onInvalidated({ keyId: made.id }, left)();
      await auth.revokeKey(admin, made.id);
      await auth.revokeKey(admin, made.id);
      expect(heard.mock.calls).toEqual([['revoked']]);
      expect(left).not.toHaveBeenCalled();
    });

    it('hear within a second of what the clock, another replica or a rotation ended', async () => {
      const { auth, admin, clock, db } = await start();
      const expiring = await create(auth, admin, {}, new Date(clock.now().getTime() + 5_000).toISOString());
      const revoked = await create(auth, admin);
      const rotated = await create(auth, admin);
      const heard: string[] = [];
      for (const one of [expiring, revoked, rotated]) {
        auth.onInvalidated({ keyId: one.id, keyHash: one.caller?.keyHash }, (reason) => heard.push(reason));
      }
      const later = async (ms: number): Promise<void> => {
        for (let i = 0; i < ms; i += 100) {
          clock.advance(100);
          await db.ping();
          await clock.advanceAsync(0);
        }
      };
      await later(3_000);
      expect(heard).toEqual([]);
      const other = createServer(db, clock).auth;
      await other.revokeKey(admin, revoked.id);
      await other.rotateKey(admin, rotated.id);
      await later(1_000);
      // A slow database answers after the clock has moved on; the next time it is asked it has answered.
      const hears = (reason: string) =>
        vi.waitFor(async () => {
          if (!heard.includes(reason)) await later(100);
          expect(heard).toContain(reason);
        });
      await hears('revoked');
      await hears('rotated');
      await later(2_000);
      await hears('expired');
      await auth.close();
      expect(clock.pendingTimers()).toBe(0);
    });
  });

  describe('web sessions', () => {
    const tokenOf = (setCookie: string): string => setCookie.split(';')[0] ?? '';
    const login = async (auth: Auth, apiKey: string) => tokenOf((await auth.login({ apiKey, secure: true })).setCookie);

    it('stand for the key until they end, 30 days after their last use', async () => {
      const { auth, key, clock, admin } = await start();
      const cookie = await login(auth, key);
      const day = 24 * 3_600_000;
      for (let i = 0; i < 3; i += 1) {
        clock.advance(20 * day);
        expect(await auth.authenticate({ cookie })).toMatchObject({ keyId: admin.keyId, via: 'cookie' });
        await auth.close();
      }
      clock.advance(30 * day);
      await expect(auth.authenticate({ cookie })).rejects.toMatchObject(refusal);
    });

    it('die with their key', async () => {
      const { auth, admin } = await start();
      const made = await create(auth, admin);
      const cookie = await login(auth, made.key);
      await auth.authenticate({ cookie });
      await auth.revokeKey(admin, made.id);
      await expect(auth.authenticate({ cookie })).rejects.toMatchObject(refusal);
    });

    it('die with a rotation, but for the one that asked for it', async () => {
      const { auth, key } = await start();
      const [mine, thief] = [await login(auth, key), await login(auth, key)];
      const caller = await auth.authenticate({ cookie: mine });
      await auth.rotateKey(caller, caller.keyId);
      await expect(auth.authenticate({ cookie: mine })).resolves.toMatchObject({ keyId: caller.keyId });
      await expect(auth.authenticate({ cookie: thief })).rejects.toMatchObject(refusal);
    });

    it('end with a logout, which takes the cookie back', async () => {
      const { auth, key } = await start();
      const cookie = await login(auth, key);
      const caller = await auth.authenticate({ cookie });
      const { setCookie } = await auth.logout({ caller, secure: true });
      expect(setCookie).toMatch(/^hearth_session=; .*Max-Age=0/);
      await expect(auth.authenticate({ cookie })).rejects.toMatchObject(refusal);
    });

    it('begin with a good key only, and count failures like any other', async () => {
      const { auth } = await start();
      const attempt = () => auth.login({ apiKey: `ak_${'x'.repeat(43)}`, ip: '192.0.2.9', secure: true });
      for (let i = 0; i < 20; i += 1) await expect(attempt()).rejects.toMatchObject(refusal);
      await expect(attempt()).rejects.toMatchObject({ code: 'RATE_LIMIT_EXCEEDED' });
    });
  });

  it('leaves no issued key and no token readable in any row or file', async () => {
    const options = await engine.makeOptions();
    const db = await openDatabase(options);
    const { auth } = createServer(db);
    const { key: first = '' } = await auth.ensureFirstKey();
    const admin = await auth.authenticate({ xApiKey: first });
    const made = await create(auth, admin);
    const { new_key } = await auth.rotateKey(admin, made.id);
    const { setCookie } = await auth.login({ apiKey: new_key, secure: true });
    await auth.ensureFirstKey({ adminKey: operatorKey });
    await auth.close();
    const token = /hearth_session=([^;]+)/.exec(setCookie)?.[1] ?? '';
    const secrets = [first, made.key, new_key, operatorKey, token];
    const texts: string[] = [];
    for (const table of ['api_keys', 'web_sessions', 'owners', 'audit', 'events']) {
      texts.push(JSON.stringify((await sql.raw(`select * from ${table}`).execute(db.kysely)).rows));
    }
    if (options.kind === 'sqlite') {
      const folder = dirname(options.path);
      for (const name of readdirSync(folder)) texts.push(readFileSync(join(folder, name), 'latin1'));
      expect(readdirSync(folder)).toContain('hearth.db-wal');
    }
    for (const secret of secrets) {
      expect(secret.length).toBeGreaterThanOrEqual(24);
      for (const text of texts) expect(text.includes(secret)).toBe(false);
    }
    await db.close();
  });
});
