/**
 * Tells open streams that the key they were opened with no longer holds: at once for what this process did, and by
 * asking the database while anyone waits, because another replica, the CLI or the clock may have ended the key.
 */
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import { type AuthStore, isActive, type KeyRow } from './store.ts';

export type InvalidReason = 'revoked' | 'expired' | 'rotated';
export type InvalidListener = (reason: InvalidReason) => void;

export interface Invalidation {
  /** Calls `listener` once, at most a second after the key stopped to hold. Returns how to stop listening. */
  on(key: { keyId: string; keyHash?: string }, listener: InvalidListener): () => void;
  announce(keyId: string, reason: InvalidReason): void;
  close(): void;
}

type Watcher = { keyId: string; keyHash: string | undefined; listener: InvalidListener };
const askEveryMs = 900;

const reasonOf = (watcher: Watcher, row: KeyRow | undefined, now: Date): InvalidReason | undefined => {
  if (row === undefined || row.revoked_at !== null) return 'revoked';
  if (!isActive(row, now)) return 'expired';
  if (watcher.keyHash !== undefined && watcher.keyHash !== row.key_hash) return 'rotated';
  return undefined;
};

export const createInvalidation = (deps: {
  store: Pick<AuthStore, 'findMany'>;
  clock: Clock;
  log: Log;
}): Invalidation => {
  const { store, clock, log } = deps;
  const watchers = new Set<Watcher>();
  let stopAsking: (() => void) | undefined;

  const tell = (watcher: Watcher, reason: InvalidReason): void => {
    if (!watchers.delete(watcher)) return;
    try {
      watcher.listener(reason);
    } catch (error) {
      log.error({ err: error }, 'a listener for ended keys failed');
    }
  };
  const ask = async (): Promise<void> => {
    const asked = [...watchers];
    const rows = await store.findMany([...new Set(asked.map((watcher) => watcher.keyId))]);
    const byId = new Map(rows.map((row) => [row.id, row]));
    for (const watcher of asked) {
      const reason = reasonOf(watcher, byId.get(watcher.keyId), clock.now());
      if (reason) tell(watcher, reason);
    }
  };
  const schedule = (): void => {
    if (stopAsking !== undefined || watchers.size === 0) return;
    stopAsking = clock.setTimer(askEveryMs, () => {
      ask()
        .catch((error: unknown) => log.debug({ err: error }, 'cannot ask whether keys still hold'))
        .finally(() => {
          stopAsking = undefined;
          schedule();
        });
    });
  };

  return {
    on: ({ keyId, keyHash }, listener) => {
      const watcher = { keyId, keyHash, listener };
      watchers.add(watcher);
      schedule();
      return () => {
        watchers.delete(watcher);
      };
    },
    announce: (keyId, reason) => {
      for (const watcher of [...watchers]) if (watcher.keyId === keyId) tell(watcher, reason);
    },
    close: () => {
      watchers.clear();
      stopAsking?.();
    },
  };
};
