/**
 * Waiting until index and graph have followed what was just written. The ledger says when a slice of that work has
 * ended; only when another process does the work is the database asked now and then.
 */
import type { Clock } from '../../kernel/clock.ts';
import { within } from '../../kernel/within.ts';

/** An answer waits this long at most; the work is done in any case. */
const settleMs = 3_000;
const lookMs = 250;
/** In a burst the others go on at once: words find what they have written all the same (`fresh.ts`). */
const mostSettling = 8;

export interface FollowingDeps {
  clock: Clock;
  /** Looks for due jobs. */
  wake: () => void;
  /** Something of these memories, or of all, waits for index or graph. */
  hasWork: (ownerId: string, ids: readonly string[] | 'all') => Promise<boolean>;
  /** The owner's job is due or running, rather than waiting for a service to come back. */
  isAtWork: (ownerId: string) => Promise<boolean>;
}

export interface Following {
  /** Resolves when it is done, when it has to wait for a service, in a burst, or after a moment in any case. */
  settle(ownerId: string, ids: readonly string[] | 'all'): Promise<void>;
  /** A slice of the owner's work has ended, well or not. */
  moved(ownerId: string): void;
}

export const createFollowing = ({ clock, wake, hasWork, isAtWork }: FollowingDeps): Following => {
  const moves = new Map<string, PromiseWithResolvers<void>>();
  const settling = new Map<string, number>();

  const nextMove = (ownerId: string): Promise<void> => {
    const known = moves.get(ownerId) ?? Promise.withResolvers<void>();
    moves.set(ownerId, known);
    return known.promise;
  };

  const follow = async (ownerId: string, ids: readonly string[] | 'all'): Promise<void> => {
    const until = clock.monotonicMs() + settleMs;
    for (;;) {
      // Taken before the look, so that no end falls between the two.
      const move = nextMove(ownerId);
      const leftMs = until - clock.monotonicMs();
      if (leftMs <= 0 || !(await hasWork(ownerId, ids)) || !(await isAtWork(ownerId))) return;
      await within(clock, Math.min(lookMs, leftMs), move);
    }
  };

  const leave = (ownerId: string): void => {
    const others = (settling.get(ownerId) ?? 1) - 1;
    if (others > 0) settling.set(ownerId, others);
    else settling.delete(ownerId);
  };

  return {
    async settle(ownerId, ids) {
      wake();
      const others = settling.get(ownerId) ?? 0;
      if (others >= mostSettling) return;
      settling.set(ownerId, others + 1);
      await follow(ownerId, ids).finally(() => leave(ownerId));
    },
    moved(ownerId) {
      moves.get(ownerId)?.resolve();
      moves.delete(ownerId);
    },
  };
};
