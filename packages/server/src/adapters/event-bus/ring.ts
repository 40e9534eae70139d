/** The newest events of one owner, bounded in number and bytes; the oldest go first. */
import type { NumberedEvent } from '@hearth/contract';
import type { RingLimits } from '../../ports/event-bus.ts';

export interface Ring {
  push(event: NumberedEvent): void;
  /** Events after `after`, or 'too_old' when some of them are no longer here. */
  after(after: number): NumberedEvent[] | 'too_old';
  /** Says that events up to `seq` are not here. */
  forget(seq: number): void;
}

export const createRing = (limits: RingLimits): Ring => {
  const kept = new Map<number, { event: NumberedEvent; bytes: number }>();
  let bytesKept = 0;
  let floor = 0;

  const dropOldest = (): void => {
    const [oldest] = kept;
    if (oldest === undefined) return;
    const [seq, { bytes }] = oldest;
    kept.delete(seq);
    bytesKept -= bytes;
    floor = seq;
  };

  return {
    push: (event) => {
      const bytes = JSON.stringify(event.data).length;
      kept.set(event.seq, { event, bytes });
      bytesKept += bytes;
      while (kept.size > limits.events || bytesKept > limits.bytes) dropOldest();
    },
    after: (after) => {
      if (after < floor) return 'too_old';
      const events: NumberedEvent[] = [];
      for (const [seq, { event }] of kept) if (seq > after) events.push(event);
      return events;
    },
    forget: (seq) => {
      for (const known of [...kept.keys()]) if (known <= seq) dropOldest();
      floor = Math.max(floor, seq);
    },
  };
};
