/**
 * Signing in with a key or a one-time code: the browser gets a random token, the database its SHA-256. A session holds for 30 days from its
 * last use and never longer than its key.
 */

import type { Caller } from '../../kernel/caller.ts';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Authenticator } from './authenticate.ts';
import { hashOfCode } from './codes.ts';
import { clearedSessionCookie, sessionCookie } from './credentials.ts';
import { createTokenText } from './keys.ts';
import { takeCode } from './pairing.ts';
import type { AuthStore } from './store.ts';
import { webSessionMs } from './use-tracker.ts';
import type { Verified } from './verified.ts';

export type LoginOptions = { ip?: string | undefined; secure: boolean } & ({ apiKey: string } | { code: string });

export interface WebSessions {
  /** `setCookie` is the value of the Set-Cookie header. */
  login(options: LoginOptions): Promise<{ caller: Caller; setCookie: string }>;
  logout(options: { caller: Caller; secure: boolean }): Promise<{ setCookie: string }>;
}

export type WebSessionsDeps = { store: AuthStore; verified: Verified; authenticator: Authenticator; clock: Clock };

const badCode = (): AppError =>
  new AppError('CODE_INVALID', 'This code is wrong, was used already, or has expired. Make a new one.');

type Opened = { caller: Caller; token: string };

const openSession = async (store: Pick<AuthStore, 'insertSession'>, caller: Caller, now: Date): Promise<Opened> => {
  const { token, hash } = createTokenText();
  await store.insertSession({
    token_hash: hash,
    owner_id: caller.ownerId,
    key_id: caller.keyId,
    created_at: now.toISOString(),
    expires_at: new Date(now.getTime() + webSessionMs).toISOString(),
    last_seen_at: now.toISOString(),
  });
  return { token, caller: { ...caller, via: 'cookie', sessionHash: hash } };
};

export const createWebSessions = ({ store, verified, authenticator, clock }: WebSessionsDeps): WebSessions => ({
  login: async ({ ip, secure, ...proof }) => {
    const now = clock.now();
    /** The code is gone with the session it opens, or still there when that could not be stored. */
    const byCode = async (code: string): Promise<Opened | undefined> => {
      const hash = hashOfCode(code);
      if (hash === undefined) return undefined;
      return store.inTransaction(async (inside) => {
        const caller = await takeCode(inside, hash, now);
        return caller && openSession(inside, caller, now);
      });
    };
    const opened =
      'code' in proof
        ? await authenticator.prove(ip, () => byCode(proof.code))
        : await openSession(store, await authenticator.byKey(proof.apiKey, ip), now);
    if (opened === undefined) throw badCode();
    await store.deleteExpiredSessions(now.toISOString());
    return { caller: opened.caller, setCookie: sessionCookie(opened.token, secure) };
  },
  logout: async ({ caller, secure }) => {
    if (caller.sessionHash !== undefined) {
      await store.deleteSession(caller.sessionHash);
      verified.forget(caller.sessionHash);
    }
    return { setCookie: clearedSessionCookie(secure) };
  },
});
