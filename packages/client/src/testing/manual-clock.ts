/**
 * A clock for tests. Sleeps end at once and are written down; timers fire only when a test says so. Chance is fixed.
 */
import type { Clock } from '../clock.ts';

export interface ManualClock extends Clock {
  /** Every sleep so far, in milliseconds. */
  readonly sleeps: number[];
  /** Fires all timers of exactly this delay; returns how many there were. */
  fire(delayMs: number): number;
}

export const createManualClock = (random = 0): ManualClock => {
  const timers = new Set<{ delayMs: number; fire: () => void }>();
  const sleeps: number[] = [];
  return {
    sleeps,
    random: () => random,
    timer: (delayMs, fire) => {
      const timer = { delayMs, fire };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    sleep: async (delayMs) => void sleeps.push(delayMs),
    fire: (delayMs) => {
      const due = [...timers].filter((timer) => timer.delayMs === delayMs);
      for (const timer of due) {
        timers.delete(timer);
        timer.fire();
      }
      return due.length;
    },
  };
};
