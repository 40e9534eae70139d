/**
 * Orderly shutdown: parts register how they stop, and stop in reverse order, one after the other. A part that fails or
 * hangs is logged and passed over, so that `stop` always ends within the limit.
 */
import type { Clock } from './clock.ts';
import type { Log } from './log.ts';

export interface Lifecycle {
  onStop(name: string, stop: () => void | Promise<void>): void;
  /** Stops everything once; later calls return the same promise. */
  stop(): Promise<void>;
  readonly stopping: boolean;
}

type Part = { name: string; stop: () => void | Promise<void> };

export const createLifecycle = (deps: { log: Log; clock: Clock; limitMs: number }): Lifecycle => {
  const { log, clock, limitMs } = deps;
  const parts: Part[] = [];
  let stopped: Promise<void> | undefined;

  const stopPart = async (part: Part, leftMs: number): Promise<void> => {
    let cancel = (): void => {};
    const late = new Promise<'late'>((resolve) => {
      cancel = clock.setTimer(Math.max(0, leftMs), () => resolve('late'));
    });
    try {
      const outcome = await Promise.race([Promise.resolve().then(part.stop), late]);
      if (outcome === 'late') log.warn({ part: part.name }, 'did not stop in time');
    } catch (error) {
      log.error({ part: part.name, err: error }, 'failed to stop');
    } finally {
      cancel();
    }
  };

  const stopAll = async (): Promise<void> => {
    const endMs = clock.monotonicMs() + limitMs;
    for (let part = parts.pop(); part; part = parts.pop()) await stopPart(part, endMs - clock.monotonicMs());
  };

  return {
    onStop: (name, stop) => {
      parts.push({ name, stop });
    },
    stop: () => {
      stopped ??= stopAll();
      return stopped;
    },
    get stopping() {
      return stopped !== undefined;
    },
  };
};
