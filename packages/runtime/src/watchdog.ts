/**
 * Notices a worker that says nothing. Silence counts only while the model is expected to speak; a tool at work has its
 * own, longer limit, and a person who has not decided yet has none.
 */
import type { Timers } from './timers.ts';

export interface Watchdog {
  /** Something was heard: the waiting starts anew. */
  heard(): void;
  toolStarted(): void;
  toolEnded(): void;
  /** A gate is asking a person: the clock stands still until the answer is there. */
  pause(): void;
  resume(): void;
  stop(): void;
}

export interface WatchdogDeps {
  timers: Timers;
  silenceMs: number;
  toolMs: number;
  onSilence: () => void;
}

export const createWatchdog = ({ timers, silenceMs, toolMs, onSilence }: WatchdogDeps): Watchdog => {
  let tools = 0;
  let pauses = 0;
  let stopped = false;
  let deadline = 0;
  let cancel: () => void = () => {};

  // One timer that re-checks a moving deadline: `heard` runs for every token and must cost nothing.
  const check = (): void => {
    if (stopped || pauses > 0) return;
    const left = deadline - timers.now();
    if (left <= 0) onSilence();
    else cancel = timers.set(left, check);
  };
  const heard = (): void => {
    deadline = timers.now() + (tools > 0 ? toolMs : silenceMs);
  };
  const restart = (): void => {
    heard();
    cancel();
    check();
  };
  restart();
  return {
    heard,
    toolStarted() {
      tools += 1;
      heard();
    },
    toolEnded() {
      tools = Math.max(0, tools - 1);
      restart();
    },
    pause() {
      pauses += 1;
    },
    resume() {
      pauses = Math.max(0, pauses - 1);
      if (pauses === 0) restart();
    },
    stop() {
      stopped = true;
      cancel();
    },
  };
};
