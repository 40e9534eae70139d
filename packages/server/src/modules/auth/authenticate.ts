/**
 * Turns the credential of a request into a caller. Every failure is the same answer, whatever was wrong; repeated
 * failures of a network are stopped before the database is asked. Rule: security.md, cases 3 to 6.
 */

import type { Caller } from '../../kernel/caller.ts';
import type { Clock } from '../../kernel/clock.ts';
import { AppError, isAppError } from '../../kernel/errors.ts';
import type { Limiter } from '../../ports/limiter.ts';
import { toCaller } from './caller.ts';
import { type Credentials, presentedCredential } from './credentials.ts';
import { hashOfPresented, sameHash } from './keys.ts';
import { networkOf } from './network.ts';
import { type AuthStore, isActive } from './store.ts';
import type { UseTracker } from './use-tracker.ts';
import type { Verified } from './verified.ts';

export type AuthenticateDeps = {
  store: AuthStore;
  verified: Verified;
  limiter: Limiter;
  clock: Clock;
  uses: UseTracker;
};

export const refused = (): AppError => new AppError('AUTHENTICATION_ERROR', 'A valid API key is required');

export interface Authenticator {
  authenticate(credentials: Credentials): Promise<Caller>;
  /** The caller of a key's text; the same checks, for signing in. A good key that has expired is told apart. */
  byKey(text: string, ip: string | undefined): Promise<Caller>;
  /** Another proof, behind the same limit of failures; undefined is one. */
  prove<T>(ip: string | undefined, attempt: () => Promise<T | undefined>): Promise<T | undefined>;
}

export const createAuthenticator = (deps: AuthenticateDeps): Authenticator => {
  const { store, verified, limiter, clock, uses } = deps;

  const findKey = async (hash: string): Promise<Caller | undefined> => {
    const row = await store.findByHash(hash);
    if (!row || !sameHash(row.key_hash, hash) || !isActive(row, clock.now())) return undefined;
    return toCaller(row);
  };
  const findSession = async (hash: string): Promise<Caller | undefined> => {
    const row = await store.findSession(hash);
    if (!row || !isActive(row, clock.now())) return undefined;
    if (new Date(row.session_expires_at).getTime() <= clock.now().getTime()) return undefined;
    uses.sessionUsed(hash, row.session_last_seen_at);
    return toCaller(row, hash);
  };

  const stopGuessing = async (network: string): Promise<void> => {
    const { allowed, retryAfter } = await limiter.peek('auth_failure', network);
    if (allowed) return;
    throw new AppError('RATE_LIMIT_EXCEEDED', 'Too many failed sign-ins; wait a moment', { retryAfter });
  };
  const verify = async (
    hash: string | undefined,
    ip: string | undefined,
    find: (hash: string) => Promise<Caller | undefined>,
  ): Promise<Caller> => {
    const fresh = hash === undefined ? undefined : verified.fresh(hash);
    if (fresh) return fresh;
    const network = networkOf(ip);
    if (hash === undefined || !verified.known(hash)) await stopGuessing(network);
    const caller = hash === undefined ? undefined : await find(hash);
    if (hash !== undefined && caller) {
      verified.remember(hash, caller);
      return caller;
    }
    if (hash !== undefined) verified.forget(hash);
    await limiter.consume('auth_failure', network);
    throw refused();
  };
  const used = (caller: Caller): Caller => {
    uses.keyUsed(caller.keyId);
    return caller;
  };
  const byText = async (text: string, ip: string | undefined): Promise<Caller> =>
    used(await verify(hashOfPresented(text), ip, findKey));
  /** Only who knows the whole text of a key learns this of it. */
  const hasExpired = async (text: string): Promise<boolean> => {
    const hash = hashOfPresented(text);
    const row = hash === undefined ? undefined : await store.findByHash(hash);
    return row !== undefined && row.revoked_at === null && !isActive(row, clock.now());
  };

  return {
    byKey: async (text, ip) => {
      try {
        return await byText(text, ip);
      } catch (error) {
        if (!isAppError(error, 'AUTHENTICATION_ERROR') || !(await hasExpired(text))) throw error;
        throw new AppError('KEY_EXPIRED', 'This key has expired; ask for a new one.');
      }
    },
    prove: async (ip, attempt) => {
      const network = networkOf(ip);
      await stopGuessing(network);
      const proof = await attempt();
      if (proof === undefined) await limiter.consume('auth_failure', network);
      return proof;
    },
    authenticate: async (credentials) => {
      const presented = presentedCredential(credentials);
      if (presented.kind === 'none') throw refused();
      if (presented.kind === 'key') return byText(presented.text, credentials.ip);
      return used(await verify(hashOfPresented(presented.text), credentials.ip, findSession));
    },
  };
};
