/**
 * Who may call. A key is text shown once, of which only the SHA-256 is kept; a caller comes from `authenticate` alone.
 * What was found good is trusted for less than a second, so that an ended key ends everywhere within one.
 */
import { hasPermission, type Permission } from '@hearth/contract';
import type { Db } from '../../db/index.ts';
import type { Caller } from '../../kernel/caller.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import type { Limiter } from '../../ports/limiter.ts';
import { type Authenticator, createAuthenticator } from './authenticate.ts';
import { toCaller } from './caller.ts';
import { ensureFirstKey, type FirstKey } from './first-key.ts';
import { createInvalidation, type InvalidListener } from './invalidation.ts';
import { createKeyService, type KeyService } from './key-service.ts';
import { hashOfPresented } from './keys.ts';
import { createPairing, type Pairing } from './pairing.ts';
import { createAuthStore, isActive, readPermissions } from './store.ts';
import { createUseTracker } from './use-tracker.ts';
import { createVerified } from './verified.ts';
import { createWebSessions, type WebSessions } from './web-sessions.ts';

export interface Auth extends KeyService, WebSessions, Pairing, Pick<Authenticator, 'authenticate'> {
  /** At each start. `key` is given once, when it was made just now: show it. */
  ensureFirstKey(options?: { adminKey?: string | undefined }): Promise<FirstKey>;
  /** True when `text` is a key of this owner that holds and has the permission; failures are counted by network. */
  confirms(text: string, wanted: { ownerId: string; permission: Permission; ip: string | undefined }): Promise<boolean>;
  /** The caller a key stands for right now, for work that was queued or parked; undefined when it no longer holds. */
  currentCaller(keyId: string): Promise<Caller | undefined>;
  /** Calls `listener` once, within a second of the key's end; with `keyHash` also when the key is rotated. */
  onInvalidated(key: { keyId: string; keyHash?: string }, listener: InvalidListener): () => void;
  close(): Promise<void>;
}

export type AuthDeps = { db: Db; limiter: Limiter; clock: Clock; log: Log };

export const createAuth = ({ db, limiter, clock, log }: AuthDeps): Auth => {
  const store = createAuthStore(db);
  const verified = createVerified({ clock });
  const uses = createUseTracker({ store, clock, log });
  const invalidation = createInvalidation({ store, clock, log });
  const authenticator = createAuthenticator({ store, verified, limiter, clock, uses });
  return {
    ...createKeyService({ store, verified, invalidation, clock }),
    ...createWebSessions({ store, verified, authenticator, clock }),
    ...createPairing({ store, clock }),
    authenticate: authenticator.authenticate,
    ensureFirstKey: (options) => ensureFirstKey({ store, clock }, options),
    confirms: async (text, { ownerId, permission, ip }) => {
      const hash = hashOfPresented(text);
      const prove = async (): Promise<true | undefined> => {
        const row = hash === undefined ? undefined : await store.findByHash(hash);
        const good = row?.owner_id === ownerId && isActive(row, clock.now());
        return good && hasPermission(readPermissions(row.permissions), permission) ? true : undefined;
      };
      return (await authenticator.prove(ip, prove)) ?? false;
    },
    currentCaller: async (keyId) => {
      const row = await store.findById(keyId);
      return row && isActive(row, clock.now()) ? toCaller(row) : undefined;
    },
    onInvalidated: (key, listener) => invalidation.on(key, listener),
    close: async () => {
      invalidation.close();
      await uses.settled();
    },
  };
};
