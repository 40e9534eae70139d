/**
 * For writes that must not be lost because the database is away or the disk is full for a moment: tried again about
 * every second, for a bounded time. Anything else is a fault and passes through at once.
 */
import type { Clock } from './clock.ts';
import { isAppError } from './errors.ts';

const everyMs = 1_000;
const attempts = 30;

const passes = (error: unknown): boolean =>
  isAppError(error, 'SERVICE_UNAVAILABLE') || isAppError(error, 'INSUFFICIENT_STORAGE');

/** `onWait` is called once, when it turns out that waiting is needed. */
export const untilStored = async <T>(clock: Clock, write: () => Promise<T>, onWait = (): void => {}): Promise<T> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await write();
    } catch (error) {
      if (!passes(error) || attempt >= attempts) throw error;
      if (attempt === 1) onWait();
      await new Promise<void>((resolve) => clock.setTimer(everyMs, resolve));
    }
  }
};
