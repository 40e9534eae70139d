/** Rate limits of one process. */
import type { Clock } from '../../kernel/clock.ts';
import { type Limiter, rateBuckets } from '../../ports/limiter.ts';
import { createWindows, decide, withNext } from './windows.ts';

export const createMemoryLimiter = (deps: { clock: Clock; maxKeys?: number }): Limiter => {
  const { clock } = deps;
  const windows = createWindows(deps);
  return {
    consume: async (bucket, key, cost = 1) =>
      decide(bucket, windows.add(bucket, key, cost), clock, rateBuckets[bucket].limit),
    peek: async (bucket, key) => {
      const decision = decide(bucket, withNext(windows.read(bucket, key)), clock, rateBuckets[bucket].limit);
      return decision.allowed ? { ...decision, remaining: decision.remaining + 1 } : decision;
    },
    ping: async () => undefined,
    close: async () => undefined,
  };
};
