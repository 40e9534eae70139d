/** What every limiter must do. */
import { afterEach, describe, expect, it } from 'vitest';
import { newId } from '../kernel/ids.ts';
import { type Limiter, rateBuckets } from './limiter.ts';

export type MakeLimiter = () => Promise<Limiter>;

export const limiterContract = (name: string, make: MakeLimiter): void => {
  describe(`limiter: ${name}`, () => {
    const made: Limiter[] = [];
    const makeOne = async (): Promise<Limiter> => {
      const limiter = await make();
      made.push(limiter);
      return limiter;
    };
    afterEach(async () => {
      for (const limiter of made.splice(0)) await limiter.close();
    });

    it('admits exactly the limit of 200 parallel calls', async () => {
      const limiter = await makeOne();
      const key = newId();
      for (const bucket of ['interactive', 'session_create', 'heartbeat_trigger', 'auth_failure'] as const) {
        const decisions = await Promise.all(Array.from({ length: 200 }, () => limiter.consume(bucket, key)));
        expect(decisions.filter((one) => one.allowed)).toHaveLength(rateBuckets[bucket].limit);
      }
    });

    it('answers in whole numbers that agree with each other', async () => {
      const limiter = await makeOne();
      const key = newId();
      const first = await limiter.consume('session_create', key);
      expect(first).toMatchObject({ allowed: true, limit: 20, remaining: 19, retryAfter: 0 });
      const last = await limiter.consume('session_create', key, 20);
      expect(last).toMatchObject({ allowed: false, limit: 20, remaining: 0 });
      for (const value of [first.resetAt, last.resetAt, last.retryAfter]) expect(Number.isInteger(value)).toBe(true);
      expect(last.retryAfter).toBeGreaterThan(0);
      expect(last.retryAfter).toBeLessThanOrEqual(60);
      expect(Math.abs(last.resetAt - first.resetAt)).toBeLessThanOrEqual(1);
    });

    it('counts each key and each bucket on its own, whatever the key is made of', async () => {
      const limiter = await makeOne();
      const run = newId();
      const keys = ['a', 'a:b', 'interactive:a', 'a\nb', '*', '__proto__', ''].map((key) => `${run}${key}`);
      for (const key of keys) {
        expect(await limiter.consume('auth_failure', key)).toMatchObject({ allowed: true, remaining: 19 });
      }
    });

    it('peeks without counting', async () => {
      const limiter = await makeOne();
      const key = newId();
      for (let i = 0; i < 3; i += 1) {
        expect(await limiter.peek('heartbeat_trigger', key)).toMatchObject({ allowed: true, remaining: 10 });
      }
      await limiter.consume('heartbeat_trigger', key, 9);
      expect(await limiter.peek('heartbeat_trigger', key)).toMatchObject({ allowed: true, remaining: 1 });
      await limiter.consume('heartbeat_trigger', key);
      const blocked = await limiter.peek('heartbeat_trigger', key);
      expect(blocked).toMatchObject({ allowed: false, remaining: 0 });
      expect(blocked.retryAfter).toBeGreaterThan(0);
    });

    it('answers a ping', async () => {
      const limiter = await makeOne();
      await expect(limiter.ping()).resolves.toBeUndefined();
    });
  });
};
