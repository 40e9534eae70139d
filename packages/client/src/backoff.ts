/** How long to wait before the next try: exponential with jitter, never under 0.5 s, never over 15 s. */
const minimumMs = 500;
const maximumMs = 15_000;

/**
 * `attempt` counts from 1. A server's own Retry-After is a floor and may exceed the maximum, because asking
 * earlier than it wants only prolongs the trouble.
 */
export const backoffMs = (attempt: number, random: number, retryAfterSeconds = 0): number => {
  const ceiling = Math.min(maximumMs, minimumMs * 2 ** Math.min(attempt, 10));
  const jittered = minimumMs + random * (ceiling - minimumMs);
  return Math.max(jittered, retryAfterSeconds * 1000);
};
