/** Who is calling, as every service sees it. Made from a key row and from nothing a request says about itself. */
import { hasPermission, type Identity, type Permission, type Permissions, permissionNames } from '@hearth/contract';
import type { Caller } from '../../kernel/caller.ts';
import { AppError } from '../../kernel/errors.ts';
import { type KeyWithOwner, readPermissions } from './store.ts';

export const toCaller = (row: KeyWithOwner, sessionHash?: string): Caller => ({
  ownerId: row.owner_id,
  ownerName: row.owner_name,
  keyId: row.id,
  keyName: row.name,
  permissions: readPermissions(row.permissions),
  expiresAt: row.expires_at,
  offRecord: row.off_record === 1,
  via: sessionHash === undefined ? 'key' : 'cookie',
  keyHash: row.key_hash,
  sessionHash,
});

export const toIdentity = (caller: Caller): Identity => ({
  owner_id: caller.ownerId,
  owner_name: caller.ownerName,
  key_id: caller.keyId,
  key_name: caller.keyName,
  permissions: caller.permissions,
  expires_at: caller.expiresAt,
  off_record: caller.offRecord,
});

const forbidden = (permission: Permission): AppError =>
  new AppError('FORBIDDEN', `This key lacks the permission "${permission}"`, { details: { permission } });

export const requirePermission = (caller: Pick<Caller, 'permissions'>, permission: Permission): void => {
  if (!hasPermission(caller.permissions, permission)) throw forbidden(permission);
};

/** Nobody hands out, or gets hold of, more power than they have. */
export const requireAtMost = (caller: Pick<Caller, 'permissions'>, wanted: Permissions): void => {
  for (const name of permissionNames) {
    if (hasPermission(wanted, name)) requirePermission(caller, name);
  }
};
