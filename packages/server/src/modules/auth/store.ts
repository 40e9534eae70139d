/** Rows of owners, keys and web sessions. Only hashes are stored; every write by a caller carries the owner's id. */
import { type Permissions, permissionsSchema } from '@hearth/contract';
import type { Kysely, Selectable } from 'kysely';
import type { ApiKeysTable, Database, Db, LoginCodesTable, OwnersTable, WebSessionsTable } from '../../db/index.ts';
import { tryParseJson } from '../../kernel/json.ts';

export type KeyRow = Selectable<ApiKeysTable>;
/** A key with its owner's name: all that is needed to say who calls. */
export type KeyWithOwner = KeyRow & { owner_name: string };
export type SessionWithKey = KeyWithOwner & { session_expires_at: string; session_last_seen_at: string };

/** A stored value nobody can read grants nothing. */
export const readPermissions = (text: string): Permissions => tryParseJson(permissionsSchema, text) ?? {};

export const isActive = (key: Pick<KeyRow, 'revoked_at' | 'expires_at'>, now: Date): boolean =>
  key.revoked_at === null && (key.expires_at === null || new Date(key.expires_at).getTime() > now.getTime());

export type AuthStore = ReturnType<typeof createAuthStore>;

const keyWithOwner = (db: Kysely<Database>) =>
  db
    .selectFrom('api_keys')
    .innerJoin('owners', 'owners.id', 'api_keys.owner_id')
    .selectAll('api_keys')
    .select('owners.name as owner_name');

const createKeyStore = (db: Kysely<Database>) => ({
  findByHash: (hash: string): Promise<KeyWithOwner | undefined> =>
    keyWithOwner(db).where('key_hash', '=', hash).executeTakeFirst(),
  findById: (id: string): Promise<KeyWithOwner | undefined> =>
    keyWithOwner(db).where('api_keys.id', '=', id).executeTakeFirst(),
  findMany: (ids: string[]): Promise<KeyRow[]> =>
    db.selectFrom('api_keys').selectAll().where('id', 'in', ids).execute(),
  list: (ownerId: string): Promise<KeyRow[]> =>
    db.selectFrom('api_keys').selectAll().where('owner_id', '=', ownerId).orderBy('created_at').orderBy('id').execute(),
  insert: async (row: KeyRow): Promise<void> => {
    await db.insertInto('api_keys').values(row).execute();
  },
  /** Changes the hash only if it is still `expectedHash`; false when someone else was faster. */
  replaceHash: async (options: {
    id: string;
    ownerId: string;
    expectedHash: string;
    hash: string;
    hint: string;
  }): Promise<boolean> => {
    const result = await db
      .updateTable('api_keys')
      .set({ key_hash: options.hash, hint: options.hint })
      .where('id', '=', options.id)
      .where('owner_id', '=', options.ownerId)
      .where('key_hash', '=', options.expectedHash)
      .where('revoked_at', 'is', null)
      .executeTakeFirst();
    return result.numUpdatedRows === 1n;
  },
  revoke: async (id: string, at: string): Promise<void> => {
    await db.updateTable('api_keys').set({ revoked_at: at }).where('id', '=', id).execute();
  },
  restore: async (id: string, values: Partial<KeyRow>): Promise<void> => {
    await db.updateTable('api_keys').set(values).where('id', '=', id).execute();
  },
  touch: async (id: string, at: string): Promise<void> => {
    await db.updateTable('api_keys').set({ last_used_at: at }).where('id', '=', id).execute();
  },
});

const createSessionStore = (db: Kysely<Database>) => ({
  insertSession: async (row: Selectable<WebSessionsTable>): Promise<void> => {
    await db.insertInto('web_sessions').values(row).execute();
  },
  findSession: (hash: string): Promise<SessionWithKey | undefined> =>
    keyWithOwner(db)
      .innerJoin('web_sessions', 'web_sessions.key_id', 'api_keys.id')
      .select(['web_sessions.expires_at as session_expires_at', 'web_sessions.last_seen_at as session_last_seen_at'])
      .where('web_sessions.token_hash', '=', hash)
      .executeTakeFirst(),
  extendSession: async (hash: string, values: { expires_at: string; last_seen_at: string }): Promise<void> => {
    await db.updateTable('web_sessions').set(values).where('token_hash', '=', hash).execute();
  },
  deleteSession: async (hash: string): Promise<void> => {
    await db.deleteFrom('web_sessions').where('token_hash', '=', hash).execute();
  },
  /** All sessions of a key, but for the one that asks. */
  deleteSessionsOfKey: async (keyId: string, exceptHash = ''): Promise<void> => {
    await db.deleteFrom('web_sessions').where('key_id', '=', keyId).where('token_hash', '!=', exceptHash).execute();
  },
  deleteExpiredSessions: async (now: string): Promise<void> => {
    await db.deleteFrom('web_sessions').where('expires_at', '<=', now).execute();
  },
});

const createCodeStore = (db: Kysely<Database>) => ({
  insertCode: async (row: LoginCodesTable): Promise<void> => {
    await db.insertInto('login_codes').values(row).execute();
  },
  /** Removes the code and answers its row: only one of several gets it. */
  takeCode: (hash: string): Promise<LoginCodesTable | undefined> =>
    db.deleteFrom('login_codes').where('code_hash', '=', hash).returningAll().executeTakeFirst(),
  keepNewestCodes: async (ownerId: string, most: number): Promise<void> => {
    const newest = db
      .selectFrom('login_codes')
      .select('code_hash')
      .where('owner_id', '=', ownerId)
      .orderBy('created_at', 'desc')
      .limit(most);
    await db.deleteFrom('login_codes').where('owner_id', '=', ownerId).where('code_hash', 'not in', newest).execute();
  },
  deleteCodesOfKey: async (keyId: string): Promise<void> => {
    await db.deleteFrom('login_codes').where('key_id', '=', keyId).execute();
  },
  deleteExpiredCodes: async (now: string): Promise<void> => {
    await db.deleteFrom('login_codes').where('expires_at', '<=', now).execute();
  },
});

const createOwnerStore = (db: Kysely<Database>, kind: Db['kind']) => ({
  firstOwner: (): Promise<OwnersTable | undefined> =>
    db.selectFrom('owners').selectAll().orderBy('created_at').orderBy('id').limit(1).executeTakeFirst(),
  insertOwner: async (row: OwnersTable): Promise<void> => {
    await db.insertInto('owners').values(row).execute();
  },
  /** Makes decisions about one owner's keys wait for each other. SQLite transactions do so anyway. */
  lockOwner: async (ownerId: string): Promise<void> => {
    if (kind !== 'postgres') return;
    await db.selectFrom('owners').select('id').where('id', '=', ownerId).forUpdate().execute();
  },
});

const createStores = (db: Kysely<Database>, kind: Db['kind']) => ({
  ...createKeyStore(db),
  ...createSessionStore(db),
  ...createCodeStore(db),
  ...createOwnerStore(db, kind),
});

export const createAuthStore = (db: Db) => ({
  ...createStores(db.kysely, db.kind),
  inTransaction: <T>(work: (store: ReturnType<typeof createStores>, db: Kysely<Database>) => Promise<T>): Promise<T> =>
    db.kysely.transaction().execute((trx) => work(createStores(trx, db.kind), trx)),
  kind: db.kind,
});
