/** Things that are done again and again while the server runs; one that fails is logged and tried at the next time. */
import type { Clock } from './clock.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Log } from './log.ts';

export type Every = (ms: number, name: string, work: () => Promise<unknown>) => void;

export const createUpkeep =
  ({ clock, log, lifecycle }: { clock: Clock; log: Log; lifecycle: Lifecycle }): Every =>
  (ms, name, work) => {
    let cancel = (): void => {};
    const tick = (): void => {
      cancel = clock.setTimer(ms, () => {
        work()
          .catch((error: unknown) => log.warn({ err: error }, `${name} failed; it is tried again`))
          .finally(tick);
      });
    };
    tick();
    lifecycle.onStop(name, () => cancel());
  };
