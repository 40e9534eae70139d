import type { NumberedEvent } from '@hearth/contract';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Service, startRedis } from '../../../../../tests/services.ts';
import { testRedis } from '../../db/test-db.ts';
import { systemClock } from '../../kernel/clock.ts';
import { newId } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import { createTestNumbers, eventBusContract, testEvent, textOf } from '../../ports/event-bus.contract.ts';
import type { EventBus, ReserveNumbers } from '../../ports/event-bus.ts';
import { createRedisEventBus, type RedisEventBusDeps } from './redis.ts';

const redis = testRedis();
const waitLong = { timeout: 20_000 };

if (redis.url === undefined) {
  describe.skip('event bus: redis', () => it(redis.reason, () => undefined));
} else {
  const { url } = redis;
  const make = (options: Partial<RedisEventBusDeps> & { reserve: ReserveNumbers }): Promise<EventBus> =>
    createRedisEventBus({ url, clock: systemClock, log: silentLog, ...options });
  // Each bus of the contract gets a Redis of its own, as far as keys go: its numbers come from a store of its own.
  eventBusContract('redis', (options) => make({ ...options, prefix: `${newId()}:` }));

  describe('redis event bus, two replicas', () => {
    it('numbers once for both, and both deliver everything in the same order', async () => {
      const options = { ...createTestNumbers(), prefix: `${newId()}:`, blockSize: 16 };
      const replicas = [await make(options), await make(options)];
      const owner = newId();
      const heard: NumberedEvent[][] = [[], []];
      for (const [index, bus] of replicas.entries()) await bus.subscribe(owner, (event) => heard[index]?.push(event));
      const published = await Promise.all(
        Array.from({ length: 300 }, (_, i) => replicas[i % 2]?.publish(owner, testEvent(`${i}`))),
      );
      const seqs = published.map((event) => event?.seq ?? 0).sort((a, b) => a - b);
      expect(new Set(seqs).size).toBe(300);
      for (const list of heard) await vi.waitFor(() => expect(list.map((event) => event.seq)).toEqual(seqs));
      expect(heard[0]).toEqual(heard[1]);
      for (const bus of replicas) await bus.close();
    });

    it('carries a command to the other replica', async () => {
      const options = { ...createTestNumbers(), prefix: `${newId()}:` };
      const [a, b] = [await make(options), await make(options)];
      const heard: unknown[] = [];
      await b.listen('interrupt', (payload) => heard.push(payload));
      expect(await a.send('interrupt', { run_id: 'r' })).toBe(1);
      await vi.waitFor(() => expect(heard).toEqual([{ run_id: 'r' }]));
      for (const bus of [a, b]) await bus.close();
    });
  });

  describe('redis event bus, without Redis', () => {
    let own: Service;
    beforeAll(async () => {
      own = await startRedis();
    });
    afterAll(() => own.dispose());

    const isUp = (bus: EventBus): Promise<void> => vi.waitFor(() => bus.ping(), waitLong);

    it('goes on in this process and comes back, in order, without using a number twice', async () => {
      const warn = vi.fn();
      const log = { ...silentLog, warn, child: () => silentLog };
      const bus = await make({ url: own.url, reserve: createTestNumbers().reserve, log, blockSize: 50 });
      const owner = newId();
      const heard: NumberedEvent[] = [];
      await bus.subscribe(owner, (event) => heard.push(event));
      const texts: string[] = [];
      const publish = async (count: number, word: string): Promise<void> => {
        const batch = Array.from({ length: count }, (_, i) => `${word} ${i}`);
        texts.push(...batch);
        await Promise.all(batch.map((text) => bus.publish(owner, testEvent(text))));
      };
      for (let round = 0; round < 2; round += 1) {
        await publish(120, `with ${round}`);
        await own.stop();
        await publish(120, `without ${round}`);
        const lastAlone = heard.at(-1)?.seq ?? 0;
        expect(await bus.lastSeq(owner)).toBe(lastAlone);
        expect(await bus.recent(owner, lastAlone - 1)).toHaveLength(1);
        await own.start();
        await isUp(bus);
        await publish(120, `after ${round}`);
      }
      await vi.waitFor(() => expect(heard.map(textOf)).toEqual(texts), waitLong);
      const seqs = heard.map((event) => event.seq);
      expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
      expect(warn.mock.calls.filter(([, message]) => message === 'Redis is away')).toHaveLength(2);
      await bus.close();
    });

    it('starts without Redis, and links its listeners when Redis appears', async () => {
      await own.stop();
      const numbers = createTestNumbers();
      const [a, b] = [await make({ url: own.url, ...numbers }), await make({ url: own.url, ...numbers })];
      const owner = newId();
      const heard: string[] = [];
      await a.subscribe(owner, (event) => heard.push(textOf(event)));
      await a.publish(owner, testEvent('alone'));
      expect(heard).toEqual(['alone']);
      await own.start();
      await Promise.all([isUp(a), isUp(b)]);
      await vi.waitFor(async () => {
        await b.publish(owner, testEvent('from the other replica'));
        expect(heard).toContain('from the other replica');
      }, waitLong);
      for (const bus of [a, b]) await bus.close();
    });

    it('says "too_old" after Redis lost what it knew', async () => {
      const bus = await make({ url: own.url, reserve: createTestNumbers().reserve });
      const owner = newId();
      const first = await bus.publish(owner, testEvent('lost'));
      await own.stop();
      await own.start();
      await isUp(bus);
      const second = await bus.publish(owner, testEvent('kept'));
      expect(second.seq).toBeGreaterThan(first.seq);
      expect(await bus.recent(owner, first.seq - 1)).toBe('too_old');
      expect(await bus.recent(owner, second.seq - 1)).toEqual([second]);
      await bus.close();
    });
  });
}
