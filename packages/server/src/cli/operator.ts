/**
 * The person at the terminal as a caller: whoever can read and write the database has every power over it, so the
 * command line acts as the owner with all permissions. Every change leaves a row in the audit trail, origin "cli".
 */
import { type Permissions, permissionNames } from '@hearth/contract';
import { createMemoryLimiter } from '../adapters/limiter/memory.ts';
import type { Config } from '../config.ts';
import type { Db } from '../db/index.ts';
import type { Caller } from '../kernel/caller.ts';
import { systemClock } from '../kernel/clock.ts';
import { silentLog } from '../kernel/log.ts';
import { type Audit, createAudit } from '../modules/audit/index.ts';
import { type Auth, createAuth } from '../modules/auth/index.ts';
import { openForCommand } from './database.ts';
import { CliError } from './failure.ts';

export interface Operator {
  db: Db;
  auth: Auth;
  caller: Caller;
  audit: Audit;
  record(action: string, target: string): Promise<void>;
}

export const allPermissions = (): Permissions => Object.fromEntries(permissionNames.map((name) => [name, true]));

const findOwner = async (db: Db): Promise<{ id: string; name: string }> => {
  const owner = await db.kysely.selectFrom('owners').select(['id', 'name']).orderBy('created_at').executeTakeFirst();
  if (owner) return owner;
  throw new CliError('The database has no owner yet.', 'Start Hearth once with "hearth start"; it makes one.');
};

const createOperator = async (db: Db): Promise<Operator> => {
  const clock = systemClock;
  const owner = await findOwner(db);
  const audit = createAudit({ db, clock });
  return {
    db,
    audit,
    auth: createAuth({ db, clock, limiter: createMemoryLimiter({ clock }), log: silentLog }),
    caller: {
      ownerId: owner.id,
      ownerName: owner.name,
      keyId: '',
      keyName: 'command line',
      permissions: allPermissions(),
      expiresAt: null,
      offRecord: false,
      via: 'key',
      keyHash: '',
    },
    record: (action, target) => audit.record({ ownerId: owner.id, action, target, outcome: 'ok', origin: 'cli' }),
  };
};

export const withOperator = async <T>(
  database: Config['database'],
  work: (operator: Operator) => Promise<T>,
): Promise<T> => {
  const db = await openForCommand(database);
  try {
    return await work(await createOperator(db));
  } finally {
    await db.close();
  }
};
