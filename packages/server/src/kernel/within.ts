import type { Clock } from './clock.ts';

/** Resolves with `late` when the work takes longer; the work itself goes on, and what becomes of it is nobody's business. */
export const within = <T>(clock: Clock, ms: number, work: Promise<T>): Promise<T | 'late'> =>
  new Promise((resolve, reject) => {
    const cancel = clock.setTimer(ms, () => resolve('late'));
    work.then(resolve, reject).finally(cancel);
  });
