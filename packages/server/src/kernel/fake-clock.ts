/** A clock for tests: time stands still until the test moves it. Timers fire in order of their due time. */
import type { Clock } from './clock.ts';

export interface FakeClock extends Clock {
  /** Moves both clocks forward and fires, in order, what became due. */
  advance(ms: number): void;
  /** As `advance`, but lets promises settle after each timer, for code that awaits between timers. */
  advanceAsync(ms: number): Promise<void>;
  /** Moves only the wall clock, as a correction of the system time does. */
  stepWall(ms: number): void;
  /** Timers that wait; zero after everything was closed. */
  pendingTimers(): number;
}

type Timer = { dueMs: number; fn: () => void };

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export const createFakeClock = (start: Date | string = '2026-01-05T12:00:00.000Z'): FakeClock => {
  let wallMs = new Date(start).getTime();
  let monotonic = 1_000;
  const timers = new Set<Timer>();

  const moveTo = (ms: number): void => {
    wallMs += ms - monotonic;
    monotonic = ms;
  };
  const nextDue = (untilMs: number): Timer | undefined => {
    let first: Timer | undefined;
    for (const timer of timers) {
      if (timer.dueMs <= untilMs && (first === undefined || timer.dueMs < first.dueMs)) first = timer;
    }
    return first;
  };
  const fire = (timer: Timer): void => {
    timers.delete(timer);
    moveTo(Math.max(monotonic, timer.dueMs));
    timer.fn();
  };

  return {
    now: () => new Date(wallMs),
    monotonicMs: () => monotonic,
    setTimer: (ms, fn) => {
      const timer = { dueMs: monotonic + Math.max(0, ms), fn };
      timers.add(timer);
      return () => {
        timers.delete(timer);
      };
    },
    advance: (ms) => {
      const untilMs = monotonic + ms;
      for (let timer = nextDue(untilMs); timer; timer = nextDue(untilMs)) fire(timer);
      moveTo(untilMs);
    },
    advanceAsync: async (ms) => {
      const untilMs = monotonic + ms;
      await settle();
      for (let timer = nextDue(untilMs); timer; timer = nextDue(untilMs)) {
        fire(timer);
        await settle();
      }
      moveTo(untilMs);
      await settle();
    },
    stepWall: (ms) => {
      wallMs += ms;
    },
    pendingTimers: () => timers.size,
  };
};
