/** Time as the runtime sees it; injected, so that tests never wait. */
export interface Timers {
  /** Milliseconds that never go backwards. */
  now(): number;
  /** Calls `fn` once after `ms`; the answer cancels it. */
  set(ms: number, fn: () => void): () => void;
}

export const systemTimers: Timers = {
  now: () => performance.now(),
  set(ms, fn) {
    const timer = setTimeout(fn, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
