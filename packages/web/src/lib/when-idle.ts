/** For what may come a moment after the rest is on the screen. Answers how to call it off. */
export const whenIdle = (work: () => void): (() => void) => {
  // Safari cannot say when it is idle.
  if (typeof requestIdleCallback !== 'function') {
    const timer = setTimeout(work, 200);
    return () => clearTimeout(timer);
  }
  const handle = requestIdleCallback(work, { timeout: 2_000 });
  return () => cancelIdleCallback(handle);
};
