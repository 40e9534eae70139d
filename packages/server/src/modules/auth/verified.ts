/**
 * Keys and session tokens that were found good a moment ago, by hash. What is fresh needs no database; what is known but
 * stale is looked up again, without standing behind strangers who guess. Staleness is bounded so that a revocation
 * elsewhere holds within a second. Rule: security.md, cases 6 and 8.
 */

import type { Caller } from '../../kernel/caller.ts';
import type { Clock } from '../../kernel/clock.ts';

export interface Verified {
  /** A caller found good less than `freshMs` ago. */
  fresh(hash: string): Caller | undefined;
  /** True when the hash was good lately, though it has to be looked up again. */
  known(hash: string): boolean;
  remember(hash: string, caller: Caller): void;
  forget(hash: string): void;
  forgetKey(keyId: string): void;
}

export const createVerified = (deps: { clock: Clock; freshMs?: number; most?: number }): Verified => {
  const { clock, freshMs = 900, most = 1_000 } = deps;
  const entries = new Map<string, { caller: Caller; sinceMs: number }>();

  const unexpired = (caller: Caller): boolean =>
    caller.expiresAt === null || new Date(caller.expiresAt).getTime() > clock.now().getTime();

  return {
    fresh: (hash) => {
      const entry = entries.get(hash);
      if (!entry || clock.monotonicMs() - entry.sinceMs >= freshMs || !unexpired(entry.caller)) return undefined;
      return entry.caller;
    },
    known: (hash) => entries.has(hash),
    remember: (hash, caller) => {
      entries.delete(hash);
      entries.set(hash, { caller, sinceMs: clock.monotonicMs() });
      const [oldest] = entries.keys();
      if (entries.size > most && oldest !== undefined) entries.delete(oldest);
    },
    forget: (hash) => {
      entries.delete(hash);
    },
    forgetKey: (keyId) => {
      for (const [hash, { caller }] of entries) if (caller.keyId === keyId) entries.delete(hash);
    },
  };
};
