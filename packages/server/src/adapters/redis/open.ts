/** What Redis stands in for, when it is configured. */
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import type { EventBus, ReserveNumbers } from '../../ports/event-bus.ts';
import type { Limiter } from '../../ports/limiter.ts';
import { createRedisEventBus } from '../event-bus/redis.ts';
import { createRedisLimiter } from '../limiter/redis.ts';

export interface OpenRedisDeps {
  url: string;
  reserve: ReserveNumbers;
  clock: Clock;
  log: Log;
}

export const openRedis = async (deps: OpenRedisDeps): Promise<{ bus: EventBus; limiter: Limiter }> => {
  const [bus, limiter] = await Promise.all([createRedisEventBus(deps), createRedisLimiter(deps)]);
  return { bus, limiter };
};
