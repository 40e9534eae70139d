/** Own events that Redis took and whose echo has not come yet, oldest first; bounded, the oldest go first. */
import type { NumberedEvent } from '@hearth/contract';

export interface Unheard {
  keep(event: NumberedEvent): void;
  drop(seq: number): void;
  /** Removes and returns what is numbered up to `seq`. */
  takeThrough(seq: number): NumberedEvent[];
}

export const createUnheard = (most: number): Unheard => {
  const events = new Map<number, NumberedEvent>();
  return {
    keep: (event) => {
      events.set(event.seq, event);
      const [oldest] = events.keys();
      if (events.size > most && oldest !== undefined) events.delete(oldest);
    },
    drop: (seq) => {
      events.delete(seq);
    },
    takeThrough: (through) => {
      const taken = [...events.values()].filter((event) => event.seq <= through);
      for (const { seq } of taken) events.delete(seq);
      return taken;
    },
  };
};
