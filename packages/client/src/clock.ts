/**
 * Time and chance, injected so that tests wait for nothing. `timer` runs a callback later and returns how to cancel it;
 * `sleep` ends early, without an error, when its signal aborts.
 */
export interface Clock {
  timer(delayMs: number, fire: () => void): () => void;
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
  /** A number in [0, 1). */
  random(): number;
}

const timer: Clock['timer'] = (delayMs, fire) => {
  const handle = setTimeout(fire, delayMs);
  return () => clearTimeout(handle);
};

export const systemClock: Clock = {
  timer,
  sleep: (delayMs, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const finish = (): void => {
        cancel();
        signal?.removeEventListener('abort', finish);
        resolve();
      };
      const cancel = timer(delayMs, finish);
      signal?.addEventListener('abort', finish);
    }),
  random: Math.random,
};
