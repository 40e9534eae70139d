/**
 * Making, rotating and ending keys. Whoever hands out a key hands out at most their own power, for at most their own
 * time; foreign ids answer like ids that never existed. Rule: security.md, D2 and cases 7, 8, 15.
 */
import {
  type ApiKey,
  type CreateApiKey,
  type CreatedApiKey,
  hasPermission,
  type RotatedApiKey,
} from '@hearth/contract';
import type { Caller } from '../../kernel/caller.ts';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { requireAtMost, requirePermission } from './caller.ts';
import type { Invalidation } from './invalidation.ts';
import { createKeyText } from './keys.ts';
import { type AuthStore, isActive, type KeyRow, readPermissions } from './store.ts';
import type { Verified } from './verified.ts';

export type KeyServiceDeps = { store: AuthStore; verified: Verified; invalidation: Invalidation; clock: Clock };

export interface KeyService {
  createKey(caller: Caller, input: CreateApiKey): Promise<CreatedApiKey>;
  listKeys(caller: Caller): Promise<ApiKey[]>;
  rotateKey(caller: Caller, keyId: string): Promise<RotatedApiKey>;
  revokeKey(caller: Caller, keyId: string): Promise<void>;
}

const notFound = (): AppError => new AppError('API_KEY_NOT_FOUND', 'There is no such API key');

const toApiKey = (row: KeyRow, caller: Caller, now: Date): ApiKey => ({
  id: row.id,
  name: row.name,
  hint: row.hint,
  permissions: readPermissions(row.permissions),
  created_at: row.created_at,
  last_used_at: row.last_used_at,
  expires_at: row.expires_at,
  off_record: row.off_record === 1,
  is_active: isActive(row, now),
  is_current: row.id === caller.keyId,
});

/** A key that ends hands on at most its own end. */
const expiryWithin = (caller: Caller, wanted: string | null): string | null => {
  const normal = wanted === null ? null : new Date(wanted).toISOString();
  if (caller.expiresAt === null) return normal;
  const ceiling = new Date(caller.expiresAt).toISOString();
  return normal === null || normal > ceiling ? ceiling : normal;
};

const isActiveAdmin = (row: KeyRow, now: Date): boolean =>
  isActive(row, now) && hasPermission(readPermissions(row.permissions), 'admin');

const ownKey = async (store: Pick<AuthStore, 'findById'>, caller: Caller, keyId: string): Promise<KeyRow> => {
  const row = await store.findById(keyId);
  if (!row || row.owner_id !== caller.ownerId) throw notFound();
  return row;
};

const createCreate =
  ({ store, clock }: KeyServiceDeps): KeyService['createKey'] =>
  async (caller, input) => {
    requirePermission(caller, 'admin');
    requireAtMost(caller, input.permissions);
    const now = clock.now();
    const made = createKeyText();
    const row: KeyRow = {
      id: newId(),
      owner_id: caller.ownerId,
      key_hash: made.hash,
      name: input.name,
      hint: made.hint,
      permissions: JSON.stringify(input.permissions),
      created_at: now.toISOString(),
      last_used_at: null,
      expires_at: expiryWithin(caller, input.expires_at),
      revoked_at: null,
      off_record: input.off_record ? 1 : 0,
    };
    await store.insert(row);
    return { ...toApiKey(row, caller, now), key: made.key };
  };

const createRotate =
  ({ store, verified, invalidation }: KeyServiceDeps): KeyService['rotateKey'] =>
  async (caller, keyId) => {
    const isOwn = keyId === caller.keyId;
    if (!isOwn) requirePermission(caller, 'admin');
    const row = await ownKey(store, caller, keyId);
    // Whoever rotates a key comes to hold it.
    requireAtMost(caller, readPermissions(row.permissions));
    const made = createKeyText();
    await store.inTransaction(async (inside) => {
      const replaced = await inside.replaceHash({
        id: keyId,
        ownerId: caller.ownerId,
        // A key rotates itself only as the text that asked: of two that ask at once, one comes too late.
        expectedHash: isOwn ? caller.keyHash : row.key_hash,
        hash: made.hash,
        hint: made.hint,
      });
      if (!replaced) throw new AppError('CONFLICT', 'The key was rotated or revoked in the meantime');
      await inside.deleteSessionsOfKey(keyId, caller.sessionHash);
      await inside.deleteCodesOfKey(keyId);
    });
    verified.forgetKey(keyId);
    invalidation.announce(keyId, 'rotated');
    return { new_key: made.key, expires_at: row.expires_at };
  };

const createRevoke =
  ({ store, verified, invalidation, clock }: KeyServiceDeps): KeyService['revokeKey'] =>
  async (caller, keyId) => {
    if (keyId !== caller.keyId) requirePermission(caller, 'admin');
    await store.inTransaction(async (inside) => {
      await inside.lockOwner(caller.ownerId);
      const row = await ownKey(inside, caller, keyId);
      if (row.revoked_at !== null) return;
      const now = clock.now();
      const others = (await inside.list(caller.ownerId)).filter((other) => other.id !== keyId);
      if (isActiveAdmin(row, now) && !others.some((other) => isActiveAdmin(other, now))) {
        throw new AppError('CONFLICT', 'The last active admin key cannot be revoked');
      }
      await inside.revoke(keyId, now.toISOString());
      await inside.deleteSessionsOfKey(keyId);
      await inside.deleteCodesOfKey(keyId);
    });
    verified.forgetKey(keyId);
    invalidation.announce(keyId, 'revoked');
  };

export const createKeyService = (deps: KeyServiceDeps): KeyService => ({
  createKey: createCreate(deps),
  listKeys: async (caller) => {
    const now = deps.clock.now();
    const rows = await deps.store.list(caller.ownerId);
    const mayAll = hasPermission(caller.permissions, 'admin');
    return rows.filter((row) => mayAll || row.id === caller.keyId).map((row) => toApiKey(row, caller, now));
  },
  rotateKey: createRotate(deps),
  revokeKey: createRevoke(deps),
});
