/**
 * Time as a dependency. `now` is for what people see and what is stored; spans are measured with `monotonicMs`, which a
 * change of the system clock cannot move. Rule: security.md, case 67.
 */
export interface Clock {
  now(): Date;
  /** Milliseconds since some fixed moment; never goes back. */
  monotonicMs(): number;
  /** Calls `fn` once after `ms`; returns a function that cancels it. A timer alone does not keep the process alive. */
  setTimer(ms: number, fn: () => void): () => void;
}

/** Node fires a longer `setTimeout` at once, so longer waits are cut into pieces of this length. */
const longestTimeoutMs = 2_147_483_647;

const setTimer: Clock['setTimer'] = (ms, fn) => {
  const dueMs = performance.now() + ms;
  let handle: NodeJS.Timeout;
  const arm = (): void => {
    const leftMs = dueMs - performance.now();
    const last = leftMs <= longestTimeoutMs;
    handle = setTimeout(last ? fn : arm, last ? Math.max(0, leftMs) : longestTimeoutMs);
    handle.unref();
  };
  arm();
  return () => clearTimeout(handle);
};

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  setTimer,
};
