/**
 * What the listeners of one owner hear in this process, each number once and in rising order. Events come from the
 * subscription; while Redis is away, straight from this process, with numbers above all that Redis has given, so that a
 * late echo is dropped as old. Own events are kept until their echo, because Redis may die in between.
 */
import type { NumberedEvent } from '@hearth/contract';
import type { Log } from '../../kernel/log.ts';
import type { RingLimits } from '../../ports/event-bus.ts';
import { createListeners, type Listeners } from './listeners.ts';
import { readPayload } from './payload.ts';
import type { StoredEvent } from './redis-scripts.ts';
import { createRing } from './ring.ts';
import { createUnheard } from './unheard.ts';

export interface Delivery {
  readonly listeners: Listeners;
  /** From the subscription or the stream; what was delivered before is dropped. */
  receive(event: StoredEvent): void;
  /** An own event that Redis took: its echo is to come. */
  sent(event: NumberedEvent): void;
  /** Own events up to `seq` whose echo will not come any more. */
  deliverUnheard(seq: number): void;
  /** An event that Redis does not get. */
  deliverHere(event: NumberedEvent): void;
  /** Redis has been reached again, past what was delivered here. */
  reunite(): void;
  /** Passes over everything up to `seq`. */
  startAfter(seq: number): void;
  /** The highest number delivered here; undefined before delivery started. */
  readonly delivered: number | undefined;
  /** True while events were delivered here that Redis does not know. */
  readonly alone: boolean;
  /** Events after `after` as far as this process alone can tell. */
  recentHere(after: number): NumberedEvent[] | 'too_old';
}

export type DeliveryDeps = {
  ring: RingLimits;
  log: Log;
  /** Called with the sender's id of each event that comes from Redis. */
  onReceived: (id: string, seq: number) => void;
};

const readOrReport = ({ seq, payload }: StoredEvent, log: Log): ReturnType<typeof readPayload> => {
  const read = readPayload(payload);
  if (read === undefined) log.error({ seq }, 'an event from Redis cannot be read');
  return read;
};

export const createDelivery = (deps: DeliveryDeps): Delivery => {
  const listeners = createListeners(deps.log);
  let ring = createRing(deps.ring);
  const unheard = createUnheard(deps.ring.events);
  let delivered: number | undefined;
  let alone = false;

  const isOld = (seq: number): boolean => delivered !== undefined && seq <= delivered;
  const deliverUnheard = (through: number): void => {
    for (const event of unheard.takeThrough(through)) {
      if (isOld(event.seq)) continue;
      delivered = event.seq;
      listeners.deliver(event);
    }
  };

  return {
    listeners,
    sent: (event) => {
      if (listeners.size > 0 && !isOld(event.seq)) unheard.keep(event);
    },
    deliverUnheard,
    receive: (event) => {
      unheard.drop(event.seq);
      if (isOld(event.seq)) return;
      delivered = event.seq;
      const read = readOrReport(event, deps.log);
      if (read === undefined) return;
      deps.onReceived(read.id, event.seq);
      listeners.deliver({ ...read.event, seq: event.seq });
    },
    deliverHere: (event) => {
      deliverUnheard(event.seq);
      if (!alone) {
        ring = createRing(deps.ring);
        ring.forget(event.seq - 1);
        alone = true;
      }
      delivered = event.seq;
      ring.push(event);
      listeners.deliver(event);
    },
    reunite: () => {
      alone = false;
    },
    startAfter: (seq) => {
      delivered = Math.max(delivered ?? 0, seq);
    },
    get delivered() {
      return delivered;
    },
    get alone() {
      return alone;
    },
    recentHere: (after) => {
      if (alone) return ring.after(after);
      return delivered !== undefined && after >= delivered ? [] : 'too_old';
    },
  };
};
