/**
 * The key of a terminal chat on the server's own machine: made in the database, held in memory only, ended when the chat
 * ends. It is only made for the server that holds this very data folder, so that no other program that took its port
 * gets a key. While a run it started is unfinished it stays valid for its 12 hours: runs go on without the terminal.
 */
import type { Config } from '../config.ts';
import { systemClock } from '../kernel/clock.ts';
import { findInstance, localUrl } from './instance.ts';
import { allPermissions, type Operator, withOperator } from './operator.ts';

export interface TerminalKey {
  text: string;
  /** Ends the key. Safe to call twice. */
  end(): Promise<void>;
}

const name = 'terminal';
const lifeMs = 12 * 3_600_000;
const unfinished = ['queued', 'running', 'waiting', 'parked'] as const;

/** Keys of earlier terminals, long ended, would only fill the list. */
const forgetEnded = async ({ db, caller }: Operator, now: string): Promise<void> => {
  await db.kysely
    .deleteFrom('api_keys')
    .where('owner_id', '=', caller.ownerId)
    .where('name', '=', name)
    .where((row) => row.or([row('revoked_at', 'is not', null), row('expires_at', '<=', now)]))
    .execute();
};

const hasUnfinishedRuns = async ({ db }: Operator, keyId: string): Promise<boolean> => {
  const run = await db.kysely
    .selectFrom('runs')
    .select('id')
    .where('key_id', '=', keyId)
    .where('status', 'in', unfinished)
    .executeTakeFirst();
  return run !== undefined;
};

/** Not through the key service: it keeps the last admin key, and this one must not be what is left. */
const endKey = async (operator: Operator, keyId: string, now: string): Promise<void> => {
  if (await hasUnfinishedRuns(operator, keyId)) return;
  await operator.db.kysely.updateTable('api_keys').set({ revoked_at: now }).where('id', '=', keyId).execute();
  await operator.record('key.revoked', keyId);
};

/** True when the address is that of the server which holds this data folder. */
export const isOwnServer = (config: Config, url: string): boolean => {
  const { running, port } = findInstance(config.paths.dataDir);
  return running && port === config.server.port && url === localUrl(config.server);
};

export const makeTerminalKey = (config: Config): Promise<TerminalKey> =>
  withOperator(config.database, async (operator) => {
    const now = systemClock.now();
    await forgetEnded(operator, now.toISOString());
    const made = await operator.auth.createKey(operator.caller, {
      name,
      permissions: allPermissions(),
      expires_at: new Date(now.getTime() + lifeMs).toISOString(),
    });
    await operator.record('key.created', made.id);
    let ending: Promise<void> | undefined;
    return {
      text: made.key,
      end: () => {
        ending ??= withOperator(config.database, (later) => endKey(later, made.id, systemClock.now().toISOString()));
        return ending;
      },
    };
  });
