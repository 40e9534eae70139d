/**
 * Signing in another browser with a code: made by whoever is signed in, good once and for minutes, with the power of the
 * key it was made with. It is no more than that key: what ends the key, ends its codes and what they signed in.
 */
import type { LoginCode } from '@hearth/contract';
import type { Caller } from '../../kernel/caller.ts';
import type { Clock } from '../../kernel/clock.ts';
import { toCaller } from './caller.ts';
import { createCodeText } from './codes.ts';
import { sameHash } from './keys.ts';
import { type AuthStore, isActive } from './store.ts';

const codeMs = 5 * 60_000;
const mostOpen = 5;

export interface Pairing {
  createCode(caller: Caller): Promise<LoginCode>;
}

export const createPairing = ({ store, clock }: { store: AuthStore; clock: Clock }): Pairing => ({
  createCode: async (caller) => {
    const { code, hash } = createCodeText();
    const now = clock.now();
    const keyEnd = caller.expiresAt === null ? Number.POSITIVE_INFINITY : new Date(caller.expiresAt).getTime();
    const expiresAt = new Date(Math.min(now.getTime() + codeMs, keyEnd)).toISOString();
    await store.inTransaction(async (inside) => {
      await inside.lockOwner(caller.ownerId);
      await inside.deleteExpiredCodes(now.toISOString());
      await inside.keepNewestCodes(caller.ownerId, mostOpen - 1);
      await inside.insertCode({
        code_hash: hash,
        owner_id: caller.ownerId,
        key_id: caller.keyId,
        key_hash: caller.keyHash,
        created_at: now.toISOString(),
        expires_at: expiresAt,
      });
    });
    return { code, expires_at: expiresAt };
  },
});

/** Takes a code; of any number who bring it, one gets the caller. Inside the transaction that signs the browser in. */
export const takeCode = async (
  store: Pick<AuthStore, 'takeCode' | 'findById'>,
  hash: string,
  now: Date,
): Promise<Caller | undefined> => {
  const row = await store.takeCode(hash);
  if (!row || row.expires_at <= now.toISOString()) return undefined;
  const key = await store.findById(row.key_id);
  // A rotated key is another key: whoever rotated it wants everything of the old one to end.
  return key && isActive(key, now) && sameHash(key.key_hash, row.key_hash) ? toCaller(key) : undefined;
};
