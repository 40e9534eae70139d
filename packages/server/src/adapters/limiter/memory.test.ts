import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../kernel/fake-clock.ts';
import { limiterContract } from '../../ports/limiter.contract.ts';
import { createMemoryLimiter } from './memory.ts';

limiterContract('memory', async () => createMemoryLimiter({ clock: createFakeClock() }));

describe('memory limiter', () => {
  it('opens a new window when the old one ends, and not before', async () => {
    const clock = createFakeClock();
    const limiter = createMemoryLimiter({ clock });
    await limiter.consume('interactive', 'a', 60);
    clock.advance(59_999);
    expect(await limiter.consume('interactive', 'a')).toMatchObject({ allowed: false, retryAfter: 1 });
    clock.advance(1);
    expect(await limiter.consume('interactive', 'a')).toMatchObject({ allowed: true, remaining: 59 });
  });

  it('is not moved by a change of the system time', async () => {
    const clock = createFakeClock();
    const limiter = createMemoryLimiter({ clock });
    await limiter.consume('interactive', 'a', 60);
    for (const step of [3 * 3_600_000, -4 * 3_600_000]) {
      clock.stepWall(step);
      const decision = await limiter.consume('interactive', 'a');
      expect(decision).toMatchObject({ allowed: false, retryAfter: 60 });
      expect(decision.resetAt).toBe(clock.now().getTime() / 1_000 + 60);
    }
  });

  it('holds a bounded number of keys, and a flood in one bucket forgets nobody in another', async () => {
    const limiter = createMemoryLimiter({ clock: createFakeClock(), maxKeys: 100 });
    await limiter.consume('interactive', 'known', 60);
    for (let i = 0; i < 1_000; i += 1) await limiter.consume('auth_failure', `stranger ${i}`, 20);
    expect(await limiter.peek('interactive', 'known')).toMatchObject({ allowed: false });
    expect(await limiter.peek('auth_failure', 'stranger 999')).toMatchObject({ allowed: false });
    expect(await limiter.peek('auth_failure', 'stranger 0')).toMatchObject({ allowed: true });
  });
});
