import { describe, expect, it, vi } from 'vitest';
import { createFakeClock } from './fake-clock.ts';
import { createLifecycle } from './lifecycle.ts';
import { silentLog } from './log.ts';

describe('lifecycle', () => {
  it('stops in reverse order, each part once, and passes over one that fails', async () => {
    const error = vi.fn();
    const lifecycle = createLifecycle({ log: { ...silentLog, error }, clock: createFakeClock(), limitMs: 1_000 });
    const stopped: string[] = [];
    lifecycle.onStop('database', () => void stopped.push('database'));
    lifecycle.onStop('broken', () => {
      throw new Error('no');
    });
    lifecycle.onStop('http', async () => {
      await Promise.resolve();
      stopped.push('http');
    });
    expect(lifecycle.stopping).toBe(false);
    await Promise.all([lifecycle.stop(), lifecycle.stop()]);
    expect(stopped).toEqual(['http', 'database']);
    expect(error).toHaveBeenCalledTimes(1);
    expect(lifecycle.stopping).toBe(true);
  });

  it('ends within its limit when a part hangs', async () => {
    const clock = createFakeClock();
    const warn = vi.fn();
    const lifecycle = createLifecycle({ log: { ...silentLog, warn }, clock, limitMs: 1_000 });
    const last = vi.fn();
    lifecycle.onStop('last', last);
    lifecycle.onStop('hangs', () => new Promise(() => undefined));
    const stopping = lifecycle.stop();
    await clock.advanceAsync(1_000);
    await stopping;
    expect(warn).toHaveBeenCalledWith({ part: 'hangs' }, 'did not stop in time');
    expect(last).toHaveBeenCalled();
    expect(clock.pendingTimers()).toBe(0);
  });
});
