import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Service, startRedis } from '../../../../../tests/services.ts';
import { testRedis } from '../../db/test-db.ts';
import { systemClock } from '../../kernel/clock.ts';
import { silentLog } from '../../kernel/log.ts';
import { limiterContract } from '../../ports/limiter.contract.ts';
import { createRedisLimiter } from './redis.ts';

const redis = testRedis();
const make = (url: string) => createRedisLimiter({ url, clock: systemClock, log: silentLog });

if (redis.url === undefined) {
  describe.skip('limiter: redis', () => it(redis.reason, () => undefined));
} else {
  const { url } = redis;
  limiterContract('redis', () => make(url));

  describe('redis limiter', () => {
    it('counts over two replicas together', async () => {
      const replicas = [await make(url), await make(url)];
      const decisions = await Promise.all(
        Array.from({ length: 200 }, (_, i) => replicas[i % 2]?.consume('interactive', 'both')),
      );
      expect(decisions.filter((one) => one?.allowed)).toHaveLength(60);
      for (const replica of replicas) await replica.close();
    });

    describe('without Redis', () => {
      let own: Service;
      beforeAll(async () => {
        own = await startRedis();
      });
      afterAll(() => own.dispose());

      it('goes on more strictly, and a return of an empty Redis gives nobody a second helping', async () => {
        const limiter = await make(own.url);
        expect(await limiter.consume('interactive', 'a', 10)).toMatchObject({ allowed: true, remaining: 50 });
        await own.stop();
        const alone = await Promise.all(Array.from({ length: 200 }, () => limiter.consume('interactive', 'a')));
        expect(alone.filter((one) => one.allowed)).toHaveLength(20);
        await expect(limiter.ping()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });

        await own.start();
        await vi.waitFor(() => limiter.ping(), { timeout: 10_000 });
        const back = await Promise.all(Array.from({ length: 200 }, () => limiter.consume('interactive', 'a')));
        expect(back.filter((one) => one.allowed)).toHaveLength(0);
        expect(await limiter.consume('interactive', 'b')).toMatchObject({ allowed: true, remaining: 59 });
        await limiter.close();
      });

      it('starts without Redis, and uses it once it is there', async () => {
        await own.stop();
        const limiter = await make(own.url);
        expect((await limiter.consume('session_create', 'c')).allowed).toBe(true);
        await own.start();
        await vi.waitFor(() => limiter.ping(), { timeout: 10_000 });
        await limiter.close();
      });
    });
  });
}
