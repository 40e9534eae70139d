/** Time in the test's hands. */

/** Lets everything happen that waits for nothing but its turn. */
export const turns = async (): Promise<void> => {
  for (let at = 0; at < 40; at += 1) await Promise.resolve();
};

/** Timers that fire when the clock is moved. */
export const createTimers = () => {
  let time = Date.parse('2026-05-01T12:00:00Z');
  const timers = new Set<{ at: number; fire: () => void }>();
  return {
    now: () => time,
    timer: (ms: number, fire: () => void): (() => void) => {
      // As browsers do it: whole milliseconds, cut down.
      const one = { at: time + Math.trunc(ms), fire };
      timers.add(one);
      return () => void timers.delete(one);
    },
    pass(ms: number): void {
      time += ms;
      for (const one of [...timers].filter(({ at }) => at <= time)) if (timers.delete(one)) one.fire();
    },
    count: () => timers.size,
  };
};
