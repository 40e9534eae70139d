import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from './clock.ts';
import { createFakeClock } from './fake-clock.ts';

describe('system clock', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('waits longer than Node can in one piece', () => {
    const fn = vi.fn();
    const days = 24 * 3_600_000;
    systemClock.setTimer(60 * days, fn);
    vi.advanceTimersByTime(60 * days - 1_000);
    expect(fn).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_001);
    expect(fn).toHaveBeenCalledTimes(1);
  });

  it('cancels, also in a later piece', () => {
    const fn = vi.fn();
    const cancel = systemClock.setTimer(60 * 24 * 3_600_000, fn);
    vi.advanceTimersByTime(30 * 24 * 3_600_000);
    cancel();
    vi.advanceTimersByTime(60 * 24 * 3_600_000);
    expect(fn).not.toHaveBeenCalled();
  });
});

describe('fake clock', () => {
  it('fires in order of due time, with the time each was due', () => {
    const clock = createFakeClock('2026-01-05T12:00:00.000Z');
    const fired: string[] = [];
    const note = (name: string) => () => fired.push(`${name} ${clock.now().toISOString().slice(14, 23)}`);
    clock.setTimer(2_000, note('b'));
    clock.setTimer(1_000, () => {
      note('a')();
      clock.setTimer(500, note('nested'));
    });
    const cancel = clock.setTimer(1_500, note('never'));
    cancel();
    clock.advance(3_000);
    expect(fired).toEqual(['a 00:01.000', 'nested 00:01.500', 'b 00:02.000']);
    expect(clock.now().toISOString()).toBe('2026-01-05T12:00:03.000Z');
    expect(clock.pendingTimers()).toBe(0);
  });

  it('moves the wall clock without moving spans', () => {
    const clock = createFakeClock();
    const before = clock.monotonicMs();
    const fn = vi.fn();
    clock.setTimer(1_000, fn);
    clock.stepWall(-3_600_000);
    expect(clock.monotonicMs()).toBe(before);
    clock.advance(999);
    expect(fn).not.toHaveBeenCalled();
    clock.advance(1);
    expect(fn).toHaveBeenCalled();
  });

  it('lets promises settle between timers', async () => {
    const clock = createFakeClock();
    const done: number[] = [];
    const loop = async (): Promise<void> => {
      for (let i = 0; i < 3; i += 1) {
        await new Promise<void>((resolve) => clock.setTimer(100, resolve));
        done.push(i);
      }
    };
    const running = loop();
    await clock.advanceAsync(300);
    expect(done).toEqual([0, 1, 2]);
    await running;
  });
});
