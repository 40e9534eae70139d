/** Keys and owners for tests: further keys of the first owner, and a second owner who must see nothing of the first. */
import { createdApiKeySchema, type Permissions, permissionNames } from '@hearth/contract';
import { createKeyText } from '../../packages/server/src/modules/auth/keys.ts';
import type { Harness } from '../harness.ts';

export interface Holder {
  key: string;
  keyId: string;
}
export interface Owner extends Holder {
  ownerId: string;
}

export const everyPermission: Permissions = Object.fromEntries(permissionNames.map((name) => [name, true]));

/** A key of the first owner, made the way a person makes it. */
export const makeKey = async (harness: Harness, permissions: Permissions = everyPermission): Promise<Holder> => {
  const { body } = await harness.json('/api/v1/api-keys', { name: 'test key', permissions });
  const made = createdApiKeySchema.parse(body);
  return { key: made.key, keyId: made.id };
};

/** Adds a key row as it is; `fields` may be what the API would refuse. */
export const plantKey = async (
  harness: Harness,
  ownerId: string,
  fields: { permissions?: Permissions; expires_at?: string; revoked_at?: string } = {},
): Promise<Holder> => {
  const { key, hash, hint } = createKeyText();
  const id = crypto.randomUUID();
  await harness.server.app.db.kysely
    .insertInto('api_keys')
    .values({
      id,
      owner_id: ownerId,
      key_hash: hash,
      hint,
      name: 'planted key',
      created_at: new Date().toISOString(),
      last_used_at: null,
      expires_at: fields.expires_at ?? null,
      revoked_at: fields.revoked_at ?? null,
      permissions: JSON.stringify(fields.permissions ?? everyPermission),
    })
    .execute();
  return { key, keyId: id };
};

export const makeOwner = async (harness: Harness, name = 'Somebody else'): Promise<Owner> => {
  const ownerId = crypto.randomUUID();
  await harness.server.app.db.kysely
    .insertInto('owners')
    .values({ id: ownerId, name, created_at: new Date().toISOString() })
    .execute();
  return { ownerId, ...(await plantKey(harness, ownerId)) };
};
