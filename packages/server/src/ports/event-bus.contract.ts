/** What every event bus must do. `make` gives a bus over the numbers it is handed. */
import type { HearthEvent, NumberedEvent } from '@hearth/contract';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { newId } from '../kernel/ids.ts';
import type { EventBus, ReserveNumbers, RingLimits } from './event-bus.ts';

export type MakeEventBus = (options: {
  reserve: ReserveNumbers;
  ring?: RingLimits;
  blockSize?: number;
}) => Promise<EventBus>;

export const testEvent = (text: string): HearthEvent => ({
  type: 'health',
  data: { status: text, degraded_features: [] },
});
export const textOf = (event: NumberedEvent): string => (event.type === 'health' ? event.data.status : event.type);

/** Numbers as SQL would reserve them: what was given is gone for good. */
export const createTestNumbers = (): { reserve: ReserveNumbers; fail: boolean } => {
  const reserved = new Map<string, number>();
  const numbers = {
    fail: false,
    reserve: async (ownerId: string, count: number): Promise<{ from: number }> => {
      await Promise.resolve();
      if (numbers.fail) throw new Error('the database is away');
      const from = (reserved.get(ownerId) ?? 0) + 1;
      reserved.set(ownerId, from + count - 1);
      return { from };
    },
  };
  return numbers;
};

const isRising = (events: NumberedEvent[]): boolean =>
  events.every((event, index) => index === 0 || event.seq > (events[index - 1]?.seq ?? 0));

export const eventBusContract = (name: string, make: MakeEventBus): void => {
  describe(`event bus: ${name}`, () => {
    const made: EventBus[] = [];
    const makeOne = async (options: Partial<Parameters<MakeEventBus>[0]> = {}): Promise<EventBus> => {
      const bus = await make({ reserve: createTestNumbers().reserve, ...options });
      made.push(bus);
      return bus;
    };
    afterEach(async () => {
      for (const bus of made.splice(0)) await bus.close();
    });

    it('numbers and delivers in the order of the calls, over the ends of number blocks', async () => {
      const bus = await makeOne({ blockSize: 7 });
      await fc.assert(
        fc.asyncProperty(fc.array(fc.string(), { maxLength: 60 }), fc.integer({ min: 1, max: 3 }), async (texts, n) => {
          const owner = newId();
          const heard: NumberedEvent[][] = Array.from({ length: n }, () => []);
          for (const list of heard) await bus.subscribe(owner, (event) => list.push(event));
          const published = await Promise.all(texts.map((text) => bus.publish(owner, testEvent(text))));
          expect(published.map(textOf)).toEqual(texts);
          expect(isRising(published)).toBe(true);
          for (const list of heard) await vi.waitFor(() => expect(list).toEqual(published));
        }),
        { numRuns: 25 },
      );
    });

    it('keeps owners apart', async () => {
      const bus = await makeOne();
      const [a, b] = [newId(), newId()];
      const heard: string[] = [];
      await bus.subscribe(a, (event) => heard.push(textOf(event)));
      await bus.publish(b, testEvent('for b'));
      await bus.publish(a, testEvent('for a'));
      await vi.waitFor(() => expect(heard).toEqual(['for a']));
      expect(await bus.recent(a, await bus.lastSeq(a))).toEqual([]);
    });

    it('goes on when a listener throws, publishes or leaves while it is called', async () => {
      const bus = await makeOne();
      const owner = newId();
      const heard: NumberedEvent[] = [];
      await bus.subscribe(owner, () => {
        throw new Error('a broken listener');
      });
      const leave = await bus.subscribe(owner, (event) => {
        leave();
        if (textOf(event) === 'first') void bus.publish(owner, testEvent('answer'));
      });
      await bus.subscribe(owner, (event) => heard.push(event));
      await bus.publish(owner, testEvent('first'));
      await vi.waitFor(() => expect(heard.map(textOf)).toEqual(['first', 'answer']));
      expect(isRising(heard)).toBe(true);
    });

    it('is silent to a listener that left', async () => {
      const bus = await makeOne();
      const owner = newId();
      const heard: string[] = [];
      const left: string[] = [];
      const leave = await bus.subscribe(owner, (event) => left.push(textOf(event)));
      await bus.subscribe(owner, (event) => heard.push(textOf(event)));
      leave();
      leave();
      await bus.publish(owner, testEvent('x'));
      await vi.waitFor(() => expect(heard).toEqual(['x']));
      expect(left).toEqual([]);
    });

    it('gives recent events after a number, and says when they are gone', async () => {
      const bus = await makeOne({ ring: { events: 5, bytes: 1_000_000 } });
      const owner = newId();
      const before = await bus.lastSeq(owner);
      expect(await bus.recent(owner, before)).toEqual([]);
      const published: NumberedEvent[] = [];
      for (let i = 0; i < 5; i += 1) published.push(await bus.publish(owner, testEvent(`${i}`)));
      expect(await bus.recent(owner, before)).toEqual(published);
      expect(await bus.recent(owner, published[2]?.seq ?? 0)).toEqual(published.slice(3));
      expect(await bus.lastSeq(owner)).toBe(published[4]?.seq);
      published.push(await bus.publish(owner, testEvent('5')));
      expect(await bus.recent(owner, before)).toBe('too_old');
      expect(await bus.recent(owner, published[0]?.seq ?? 0)).toEqual(published.slice(1));
    });

    it('bounds the ring in bytes as well', async () => {
      const bus = await makeOne({ ring: { events: 1_000, bytes: 10_000 } });
      const owner = newId();
      const before = await bus.lastSeq(owner);
      const published: NumberedEvent[] = [];
      for (let i = 0; i < 20; i += 1) published.push(await bus.publish(owner, testEvent('x'.repeat(1_000))));
      expect(await bus.recent(owner, before)).toBe('too_old');
      expect(await bus.recent(owner, published[15]?.seq ?? 0)).toEqual(published.slice(16));
    });

    it('publishes without a listener', async () => {
      const bus = await makeOne();
      const owner = newId();
      const before = await bus.lastSeq(owner);
      const event = await bus.publish(owner, testEvent('unheard'));
      expect(await bus.recent(owner, before)).toEqual([event]);
    });

    it('rejects in order when no number can be had, and recovers', async () => {
      const numbers = createTestNumbers();
      numbers.fail = true;
      const bus = await makeOne({ reserve: numbers.reserve });
      const owner = newId();
      const heard: string[] = [];
      await bus.subscribe(owner, (event) => heard.push(textOf(event)));
      const failed = await Promise.allSettled(['a', 'b'].map(async (text) => bus.publish(owner, testEvent(text))));
      expect(failed.map((one) => one.status)).toEqual(['rejected', 'rejected']);
      numbers.fail = false;
      await bus.publish(owner, testEvent('c'));
      await vi.waitFor(() => expect(heard).toEqual(['c']), { timeout: 15_000 });
    });

    it('carries commands to every handler of a channel', async () => {
      const bus = await makeOne();
      const channel = newId();
      const heard: unknown[] = [];
      expect(await bus.send(channel, { nobody: true })).toBe(0);
      const leave = await bus.listen(channel, (payload) => heard.push(payload));
      await bus.listen(channel, () => {
        throw new Error('a broken handler');
      });
      expect(await bus.send(channel, { run: 'x', nested: { a: [1] } })).toBeGreaterThan(0);
      await vi.waitFor(() => expect(heard).toEqual([{ run: 'x', nested: { a: [1] } }]));
      leave();
      await bus.send(channel, { run: 'y' });
      expect(heard).toHaveLength(1);
    });

    it('answers a ping', async () => {
      const bus = await makeOne();
      await expect(bus.ping()).resolves.toBeUndefined();
    });
  });
};
