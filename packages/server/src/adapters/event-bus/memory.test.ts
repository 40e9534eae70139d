import type { NumberedEvent } from '@hearth/contract';
import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../kernel/fake-clock.ts';
import { silentLog } from '../../kernel/log.ts';
import { createTestNumbers, eventBusContract, testEvent } from '../../ports/event-bus.contract.ts';
import { createMemoryEventBus, type MemoryEventBusDeps } from './memory.ts';

const make = (options: Pick<MemoryEventBusDeps, 'reserve'> & Partial<MemoryEventBusDeps>) =>
  createMemoryEventBus({ clock: createFakeClock(), log: silentLog, ...options });

eventBusContract('memory', async (options) => make(options));

describe('memory event bus', () => {
  it('completes at once for an owner with a subscriber, also past the end of a block', async () => {
    const bus = make({ reserve: createTestNumbers().reserve, blockSize: 40 });
    const heard: NumberedEvent[] = [];
    await bus.subscribe('o', (event) => heard.push(event));
    for (let i = 0; i < 200; i += 1) {
      const result = bus.publish('o', testEvent(`${i}`));
      expect(result).not.toBeInstanceOf(Promise);
      expect(heard.at(-1)).toBe(result);
      await Promise.resolve().then(() => undefined); // a turn of the loop, in which the next block arrives
      await Promise.resolve().then(() => undefined);
    }
    await bus.close();
  });

  it('keeps order when numbers run out in the middle of a burst', async () => {
    const bus = make({ reserve: createTestNumbers().reserve, blockSize: 10 });
    const heard: number[] = [];
    await bus.subscribe('o', (event) => heard.push(event.seq));
    const published = await Promise.all(Array.from({ length: 95 }, (_, i) => bus.publish('o', testEvent(`${i}`))));
    expect(heard).toEqual(published.map((event) => event.seq));
    await bus.close();
  });

  it('never uses a number again after a crash, and answers "too_old" for what an earlier process delivered', async () => {
    const { reserve } = createTestNumbers();
    const before = make({ reserve });
    const last = await before.publish('o', testEvent('delivered, then kill -9'));
    const after = make({ reserve });
    const next = await after.publish('o', testEvent('after the crash'));
    expect(next.seq).toBeGreaterThan(last.seq);
    expect(await after.recent('o', last.seq)).toBe('too_old');
    expect(await after.lastSeq('o')).toBe(next.seq);
  });

  it('forgets an owner nobody uses, without reusing its numbers', async () => {
    const clock = createFakeClock();
    const bus = make({ reserve: createTestNumbers().reserve, clock, idleMs: 1_000 });
    const event = await bus.publish('o', testEvent('old'));
    clock.advance(3_000);
    expect(await bus.recent('o', event.seq - 1)).toBe('too_old');
    expect((await bus.publish('o', testEvent('new'))).seq).toBeGreaterThan(event.seq);
    await bus.close();
    expect(clock.pendingTimers()).toBe(0);
  });
});
