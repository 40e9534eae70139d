import { describe, expect, it } from 'vitest';
import { createModelBreaker } from './breaker.ts';
import type { TurnOutcome } from './provider.ts';

const failed = (code: 'MODEL_OVERLOADED' | 'MODEL_REFUSED'): TurnOutcome => ({
  kind: 'failed',
  code,
  message: code,
  retryAfter: null,
});
const fails = (breaker: ReturnType<typeof createModelBreaker>, code: 'MODEL_OVERLOADED' | 'MODEL_REFUSED') =>
  breaker.watch(async () => failed(code));

describe('the breaker in front of the model', () => {
  it('opens after five upstream failures in a row and says when to come back', async () => {
    let now = 1_000;
    const breaker = createModelBreaker({ now: () => now });
    for (let i = 0; i < 4; i += 1) await fails(breaker, 'MODEL_OVERLOADED');
    expect(breaker.retryAfter()).toBeNull();
    expect(await fails(breaker, 'MODEL_OVERLOADED')).toEqual(failed('MODEL_OVERLOADED'));
    expect(breaker.retryAfter()).toBe(60);
    now += 45_000;
    expect(breaker.retryAfter()).toBe(15);
    now += 15_000;
    expect(breaker.retryAfter()).toBeNull();
  });

  it('does not count what one caller asked for wrongly', async () => {
    const breaker = createModelBreaker();
    for (let i = 0; i < 20; i += 1) await fails(breaker, 'MODEL_REFUSED');
    expect(breaker.retryAfter()).toBeNull();
  });

  it('begins to count again after one success', async () => {
    const breaker = createModelBreaker();
    for (let i = 0; i < 4; i += 1) await fails(breaker, 'MODEL_OVERLOADED');
    await breaker.watch(async () => ({ kind: 'completed' }));
    for (let i = 0; i < 4; i += 1) await fails(breaker, 'MODEL_OVERLOADED');
    expect(breaker.retryAfter()).toBeNull();
  });

  it('passes on what is not about the model', async () => {
    await expect(
      createModelBreaker().watch(async () => {
        throw new Error('a fault of ours');
      }),
    ).rejects.toThrow('a fault of ours');
  });
});
