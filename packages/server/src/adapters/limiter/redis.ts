/**
 * Rate limits of all replicas together. This process also counts for itself: while Redis is away it decides alone, at
 * half the limit, and when Redis is back (perhaps empty) what was let through meanwhile still counts.
 */
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import { type Limiter, type RateBucket, type RateDecision, rateBuckets } from '../../ports/limiter.ts';
import { createRedisConnection, type RedisConnection } from '../redis/client.ts';
import { type Count, createWindows, decide, withNext } from './windows.ts';

export type RedisLimiterDeps = { url: string; clock: Clock; log: Log; maxKeys?: number; prefix?: string };

const localShare = 0.5;
const localLimit = (bucket: RateBucket): number => Math.max(1, Math.floor(rateBuckets[bucket].limit * localShare));

const createCounter = (connection: RedisConnection, bucket: RateBucket, prefix: string): RateLimiterRedis =>
  new RateLimiterRedis({
    storeClient: connection.client,
    keyPrefix: `${prefix}limit:${bucket}`,
    points: rateBuckets[bucket].limit,
    duration: rateBuckets[bucket].windowSeconds,
    rejectIfRedisNotReady: true,
  });

const toCount = (result: RateLimiterRes): Count => ({ used: result.consumedPoints, leftMs: result.msBeforeNext });

/** The library rejects with a result when the limit is passed; only real errors go on. */
const consumed = async (call: Promise<RateLimiterRes>): Promise<RateLimiterRes> => {
  try {
    return await call;
  } catch (error) {
    if (error instanceof RateLimiterRes) return error;
    throw error;
  }
};

const stricter = (a: RateDecision, b: RateDecision): RateDecision => {
  if (a.allowed !== b.allowed) return a.allowed ? b : a;
  return a.remaining <= b.remaining ? a : b;
};

export const createRedisLimiter = async (deps: RedisLimiterDeps): Promise<Limiter> => {
  const { clock, log, prefix = 'hearth:' } = deps;
  const windows = createWindows(deps);
  const connection = createRedisConnection(deps);
  const counters = {
    interactive: createCounter(connection, 'interactive', prefix),
    session_create: createCounter(connection, 'session_create', prefix),
    heartbeat_trigger: createCounter(connection, 'heartbeat_trigger', prefix),
    auth_failure: createCounter(connection, 'auth_failure', prefix),
  } satisfies Record<RateBucket, RateLimiterRedis>;
  let alone = false;
  await connection.settled();

  const together = async (bucket: RateBucket, local: Count, ask: () => Promise<Count>): Promise<RateDecision> => {
    try {
      const shared = await connection.run(ask);
      alone = false;
      const { limit } = rateBuckets[bucket];
      return stricter(decide(bucket, shared, clock, limit), decide(bucket, local, clock, limit));
    } catch (error) {
      if (!alone) log.warn({ err: error }, 'rate limits are counted by this process alone');
      alone = true;
      return decide(bucket, local, clock, localLimit(bucket));
    }
  };

  return {
    consume: (bucket, key, cost = 1) =>
      together(bucket, windows.add(bucket, key, cost), async () =>
        toCount(await consumed(counters[bucket].consume(key, cost))),
      ),
    peek: async (bucket, key) => {
      const next = withNext(windows.read(bucket, key));
      const decision = await together(bucket, next, async () => {
        const result = await counters[bucket].get(key);
        return result === null ? next : withNext(toCount(result));
      });
      return decision.allowed ? { ...decision, remaining: decision.remaining + 1 } : decision;
    },
    ping: async () => {
      await connection.run((client) => client.ping());
    },
    close: () => connection.close(),
  };
};
