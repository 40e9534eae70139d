import { describe, expect, it } from 'vitest';
import { AppError } from './errors.ts';
import { createFakeClock } from './fake-clock.ts';
import { untilStored } from './retry.ts';

const away = () => new AppError('SERVICE_UNAVAILABLE', 'away');

describe('a write that must not be lost', () => {
  it('is tried again while the database is away', async () => {
    const clock = createFakeClock();
    let tries = 0;
    const writing = untilStored(clock, async () => {
      tries += 1;
      if (tries < 4) throw away();
      return 'stored';
    });
    await clock.advanceAsync(3_000);
    expect(await writing).toBe('stored');
    expect(tries).toBe(4);
  });

  it('is given up after a bounded time', async () => {
    const clock = createFakeClock();
    const writing = untilStored(clock, async () => {
      throw away();
    }).catch((error: unknown) => error);
    await clock.advanceAsync(31_000);
    expect(await writing).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });

  it('does not repeat a fault of ours', async () => {
    let tries = 0;
    const writing = untilStored(createFakeClock(), async () => {
      tries += 1;
      throw new Error('broken');
    });
    await expect(writing).rejects.toThrow('broken');
    expect(tries).toBe(1);
  });
});
