/** Opens what every part of the server stands on: database, bus of events and limiter, in process or over Redis. */
import type { Config } from '../config.ts';
import { type Db, migrateDatabase, openDatabase } from '../db/index.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Lifecycle } from '../kernel/lifecycle.ts';
import type { Log } from '../kernel/log.ts';
import type { EventBus, ReserveNumbers } from '../ports/event-bus.ts';
import type { Limiter } from '../ports/limiter.ts';
import { createMemoryEventBus } from './event-bus/memory.ts';
import { createMemoryLimiter } from './limiter/memory.ts';

export interface Parts {
  db: Db;
  bus: EventBus;
  limiter: Limiter;
}

export interface PartsDeps {
  config: Config;
  log: Log;
  clock: Clock;
  lifecycle: Lifecycle;
  /** Numbers of events are reserved in the database, so that none is used twice. */
  reserveOf: (db: Db) => ReserveNumbers;
}

export const openParts = async (deps: PartsDeps): Promise<Parts> => {
  const { config, log, clock, lifecycle } = deps;
  await migrateDatabase(config.database, { log });
  const db = await openDatabase(config.database, { log });
  lifecycle.onStop('database', () => db.close());
  const reserve = deps.reserveOf(db);
  // The Redis client is loaded by those who use it.
  const redis = config.redis
    ? await (await import('./redis/open.ts')).openRedis({ url: config.redis.url, reserve, clock, log })
    : null;
  const bus = redis?.bus ?? createMemoryEventBus({ reserve, clock, log });
  lifecycle.onStop('event bus', () => bus.close());
  const limiter = redis?.limiter ?? createMemoryLimiter({ clock });
  lifecycle.onStop('limiter', () => limiter.close());
  return { db, bus, limiter };
};
