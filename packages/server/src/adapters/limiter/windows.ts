/**
 * Fixed windows in memory, for both limiters. They run on the monotonic clock, so that a corrected system time opens no
 * window early (`rate-limiter-flexible` counts in memory by wall time). Bounded: the key unused for longest goes first;
 * buckets do not share their space, so a flood of strangers cannot push out a counted key. Rule: security.md, case 44.
 */
import type { Clock } from '../../kernel/clock.ts';
import { type RateBucket, type RateDecision, rateBuckets } from '../../ports/limiter.ts';

export type Count = { used: number; leftMs: number };
type Window = { used: number; endsMs: number };

export interface Windows {
  add(bucket: RateBucket, key: string, cost: number): Count;
  read(bucket: RateBucket, key: string): Count;
}

export const createWindows = (deps: { clock: Clock; maxKeys?: number }): Windows => {
  const { clock, maxKeys = 10_000 } = deps;
  const buckets = new Map<RateBucket, Map<string, Window>>();

  const bucketOf = (bucket: RateBucket): Map<string, Window> => {
    const known = buckets.get(bucket) ?? new Map<string, Window>();
    buckets.set(bucket, known);
    return known;
  };
  const current = (bucket: RateBucket, key: string): Window => {
    const nowMs = clock.monotonicMs();
    const known = bucketOf(bucket).get(key);
    if (known && known.endsMs > nowMs) return known;
    return { used: 0, endsMs: nowMs + rateBuckets[bucket].windowSeconds * 1_000 };
  };
  const count = (window: Window): Count => ({ used: window.used, leftMs: window.endsMs - clock.monotonicMs() });

  return {
    add: (bucket, key, cost) => {
      const keys = bucketOf(bucket);
      const window = current(bucket, key);
      window.used += cost;
      keys.delete(key);
      keys.set(key, window);
      if (keys.size > maxKeys) {
        const [oldest] = keys.keys();
        if (oldest !== undefined) keys.delete(oldest);
      }
      return count(window);
    },
    read: (bucket, key) => count(current(bucket, key)),
  };
};

/** Turns a count into the answer; `limit` may be lower than the bucket's own. */
export const decide = (bucket: RateBucket, count: Count, clock: Clock, limit: number): RateDecision => {
  const leftMs = Math.min(Math.max(count.leftMs, 0), rateBuckets[bucket].windowSeconds * 1_000);
  const allowed = count.used <= limit;
  return {
    allowed,
    limit: rateBuckets[bucket].limit,
    remaining: Math.max(0, limit - count.used),
    resetAt: Math.ceil((clock.now().getTime() + leftMs) / 1_000),
    retryAfter: allowed ? 0 : Math.max(1, Math.ceil(leftMs / 1_000)),
  };
};

/** `peek` asks about the next call: the one that would come on top of what was counted. */
export const withNext = (count: Count): Count => ({ ...count, used: count.used + 1 });
