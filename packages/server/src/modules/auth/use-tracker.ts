/** Notes when keys and web sessions were used: rarely, and never while a request waits for it. */
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import type { AuthStore } from './store.ts';

export const webSessionMs = 30 * 24 * 3_600_000;
const noteKeyEveryMs = 60_000;
const noteSessionEveryMs = 3_600_000;
const mostKeys = 1_000;

export interface UseTracker {
  keyUsed(keyId: string): void;
  /** Also pushes the session's end to 30 days from now. */
  sessionUsed(hash: string, lastSeenAt: string): void;
  /** Resolves when what was noted so far is stored. */
  settled(): Promise<void>;
}

export const createUseTracker = (deps: { store: AuthStore; clock: Clock; log: Log }): UseTracker => {
  const { store, clock, log } = deps;
  const notedMs = new Map<string, number>();
  const writing = new Set<Promise<void>>();

  const later = (write: () => Promise<void>): void => {
    const done = Promise.resolve()
      .then(write)
      .catch((error: unknown) => log.debug({ err: error }, 'cannot note the use of a key'))
      .finally(() => writing.delete(done));
    writing.add(done);
  };

  return {
    keyUsed: (keyId) => {
      const nowMs = clock.monotonicMs();
      const before = notedMs.get(keyId);
      if (before !== undefined && nowMs - before < noteKeyEveryMs) return;
      notedMs.delete(keyId);
      notedMs.set(keyId, nowMs);
      const [oldest] = notedMs.keys();
      if (notedMs.size > mostKeys && oldest !== undefined) notedMs.delete(oldest);
      const at = clock.now().toISOString();
      later(() => store.touch(keyId, at));
    },
    sessionUsed: (hash, lastSeenAt) => {
      const now = clock.now();
      if (now.getTime() - new Date(lastSeenAt).getTime() < noteSessionEveryMs) return;
      const expiresAt = new Date(now.getTime() + webSessionMs).toISOString();
      later(() => store.extendSession(hash, { expires_at: expiresAt, last_seen_at: now.toISOString() }));
    },
    settled: async () => {
      await Promise.all(writing);
    },
  };
};
