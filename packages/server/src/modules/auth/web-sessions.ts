/**
 * Signing in with a key: the browser gets a random token, the database its SHA-256. A session holds for 30 days from its
 * last use and never longer than its key.
 */

import type { Caller } from '../../kernel/caller.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Authenticator } from './authenticate.ts';
import { clearedSessionCookie, sessionCookie } from './credentials.ts';
import { createTokenText } from './keys.ts';
import type { AuthStore } from './store.ts';
import { webSessionMs } from './use-tracker.ts';
import type { Verified } from './verified.ts';

export type LoginOptions = { apiKey: string; ip?: string | undefined; secure: boolean };

export interface WebSessions {
  /** `setCookie` is the value of the Set-Cookie header. */
  login(options: LoginOptions): Promise<{ caller: Caller; setCookie: string }>;
  logout(options: { caller: Caller; secure: boolean }): Promise<{ setCookie: string }>;
}

export type WebSessionsDeps = { store: AuthStore; verified: Verified; authenticator: Authenticator; clock: Clock };

export const createWebSessions = ({ store, verified, authenticator, clock }: WebSessionsDeps): WebSessions => ({
  login: async ({ apiKey, ip, secure }) => {
    const caller = await authenticator.byKey(apiKey, ip);
    const { token, hash } = createTokenText();
    const now = clock.now();
    await store.deleteExpiredSessions(now.toISOString());
    await store.insertSession({
      token_hash: hash,
      owner_id: caller.ownerId,
      key_id: caller.keyId,
      created_at: now.toISOString(),
      expires_at: new Date(now.getTime() + webSessionMs).toISOString(),
      last_seen_at: now.toISOString(),
    });
    return { caller: { ...caller, via: 'cookie', sessionHash: hash }, setCookie: sessionCookie(token, secure) };
  },
  logout: async ({ caller, secure }) => {
    if (caller.sessionHash !== undefined) {
      await store.deleteSession(caller.sessionHash);
      verified.forget(caller.sessionHash);
    }
    return { setCookie: clearedSessionCookie(secure) };
  },
});
