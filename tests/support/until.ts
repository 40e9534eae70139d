/** Waiting for something to become true, with a limit; tests never sleep for a guess. */
import { setTimeout as delay } from 'node:timers/promises';

/** Resolves with the first answer that is neither `undefined`, `null` nor `false`. */
export const until = async <T>(
  what: string,
  check: () => T | Promise<T>,
  limitMs = 5_000,
): Promise<Exclude<T, undefined | null | false>> => {
  const end = performance.now() + limitMs;
  for (;;) {
    const value = await check();
    if (value !== undefined && value !== null && value !== false) return value as Exclude<T, undefined | null | false>;
    if (performance.now() > end) throw new Error(`${what}: not within ${limitMs} ms`);
    await delay(10);
  }
};

/** Rejects when the promise takes longer. */
export const within = async <T>(what: string, limitMs: number, promise: Promise<T>): Promise<T> => {
  const stop = new AbortController();
  const late = delay(limitMs, undefined, { signal: stop.signal }).then(() => {
    throw new Error(`${what}: not within ${limitMs} ms`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    stop.abort();
    late.catch(() => {});
  }
};
