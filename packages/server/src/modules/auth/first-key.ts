/**
 * First start: one owner, one admin key with every permission. With HEARTH_ADMIN_KEY the operator's key is that key, and
 * each later start makes it so again: a changed value replaces the old one, a revoked key comes back. Replicas that
 * start together create one owner between them.
 */
import { type Permissions, permissionNames } from '@hearth/contract';
import { sql } from 'kysely';
import type { Clock } from '../../kernel/clock.ts';
import { newId } from '../../kernel/ids.ts';
import { checkAdminKey, createKeyText, type NewKey } from './keys.ts';
import type { AuthStore, KeyRow } from './store.ts';

/** The operator's key always has this id, so that a new value takes the place of the old. */
export const operatorKeyId = '00000000-0000-7000-8000-000000000001';

export type FirstKey = {
  /** The key's text, only when it was made just now; nobody can see it again. */
  key?: string;
  ownerId: string;
};

const allPermissions = (): Permissions => Object.fromEntries(permissionNames.map((name) => [name, true]));

const newRow = (options: { id: string; ownerId: string; name: string; made: NewKey; now: string }): KeyRow => ({
  id: options.id,
  owner_id: options.ownerId,
  key_hash: options.made.hash,
  name: options.name,
  hint: options.made.hint,
  permissions: JSON.stringify(allPermissions()),
  created_at: options.now,
  last_used_at: null,
  expires_at: null,
  revoked_at: null,
  off_record: 0,
});

type Store = Parameters<Parameters<AuthStore['inTransaction']>[0]>[0];

const syncOperatorKey = async (
  store: Store,
  options: { ownerId: string; made: NewKey; now: string },
): Promise<void> => {
  const { ownerId, made, now } = options;
  const row = newRow({ id: operatorKeyId, ownerId, name: 'Operator key (HEARTH_ADMIN_KEY)', made, now });
  const good = { permissions: row.permissions, expires_at: null, revoked_at: null };
  const same = await store.findByHash(made.hash);
  if (same) return store.restore(same.id, good);
  if (!(await store.findById(operatorKeyId))) return store.insert(row);
  await store.restore(operatorKeyId, { ...good, key_hash: made.hash, hint: made.hint });
  await store.deleteSessionsOfKey(operatorKeyId);
};

export const ensureFirstKey = async (
  deps: { store: AuthStore; clock: Clock },
  options: { adminKey?: string | undefined } = {},
): Promise<FirstKey> => {
  const operatorKey = options.adminKey === undefined ? undefined : checkAdminKey(options.adminKey);
  const now = deps.clock.now().toISOString();
  return deps.store.inTransaction(async (store, db) => {
    // On SQLite the transaction already holds the only write lock.
    if (deps.store.kind === 'postgres') await sql`lock table owners in share row exclusive mode`.execute(db);
    const known = await store.firstOwner();
    const ownerId = known?.id ?? newId();
    if (!known) await store.insertOwner({ id: ownerId, name: 'Owner', created_at: now });
    if (operatorKey) {
      await syncOperatorKey(store, { ownerId, made: operatorKey, now });
      return { ownerId };
    }
    if (known) return { ownerId };
    const made = createKeyText();
    await store.insert(newRow({ id: newId(), ownerId, name: 'First key', made, now }));
    return { ownerId, key: made.key };
  });
};
