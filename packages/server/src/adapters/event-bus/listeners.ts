/** Delivery inside one process: in order, each listener on its own, also when a listener publishes or unsubscribes. */
import type { NumberedEvent } from '@hearth/contract';
import type { Log } from '../../kernel/log.ts';
import type { EventListener } from '../../ports/event-bus.ts';

export interface Listeners {
  add(listener: EventListener): () => void;
  deliver(event: NumberedEvent): void;
  readonly size: number;
}

export const createListeners = (log: Log): Listeners => {
  const listeners = new Map<symbol, EventListener>();
  const waiting: NumberedEvent[] = [];
  let delivering = false;

  const deliverOne = (event: NumberedEvent): void => {
    for (const listener of [...listeners.values()]) {
      try {
        listener(event);
      } catch (error) {
        log.error({ err: error, seq: event.seq, type: event.type }, 'an event listener failed');
      }
    }
  };

  return {
    add: (listener) => {
      const id = Symbol('listener');
      listeners.set(id, listener);
      return () => {
        listeners.delete(id);
      };
    },
    deliver: (event) => {
      waiting.push(event);
      if (delivering) return;
      delivering = true;
      for (let next = waiting.shift(); next; next = waiting.shift()) deliverOne(next);
      delivering = false;
    },
    get size() {
      return listeners.size;
    },
  };
};
