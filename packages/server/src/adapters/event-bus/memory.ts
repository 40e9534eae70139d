/**
 * Events of one process. Numbers come from blocks reserved in SQL, so they survive a crash; events do not: a client that
 * asks for older ones is told 'too_old'. Owners nobody listens to are forgotten after a while.
 */
import type { HearthEvent, NumberedEvent } from '@hearth/contract';
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import { defaultRingLimits, type EventBus, type ReserveNumbers, type RingLimits } from '../../ports/event-bus.ts';
import { createChannels } from './channels.ts';
import { createListeners, type Listeners } from './listeners.ts';
import { createNumbers, type Numbers } from './numbers.ts';
import { createRing, type Ring } from './ring.ts';

export type MemoryEventBusDeps = {
  reserve: ReserveNumbers;
  clock: Clock;
  log: Log;
  ring?: RingLimits;
  blockSize?: number;
  idleMs?: number;
};

type Waiting = { event: HearthEvent; resolve: (event: NumberedEvent) => void; reject: (error: unknown) => void };
type Owner = {
  numbers: Numbers;
  ring: Ring;
  listeners: Listeners;
  waiting: Waiting[];
  draining: boolean;
  usedMs: number;
};

const createOwner = (options: {
  ownerId: string;
  reserve: ReserveNumbers;
  blockSize: number;
  ring: RingLimits;
  log: Log;
}): Owner => {
  const ring = createRing(options.ring);
  return {
    numbers: createNumbers({ ...options, onStart: (seq) => ring.forget(seq) }),
    ring,
    listeners: createListeners(options.log),
    waiting: [],
    draining: false,
    usedMs: 0,
  };
};

const emit = (owner: Owner, seq: number, event: HearthEvent): NumberedEvent => {
  const numbered: NumberedEvent = { ...event, seq };
  owner.ring.push(numbered);
  owner.listeners.deliver(numbered);
  return numbered;
};

/** Numbers everything that waits, in order; when no number can be had, all of it fails and nothing is delivered. */
const drain = async (owner: Owner): Promise<void> => {
  if (owner.draining) return;
  owner.draining = true;
  try {
    while (owner.waiting.length > 0) {
      const seq = owner.numbers.take();
      if (seq === undefined) await owner.numbers.refill();
      else {
        const next = owner.waiting.shift();
        if (next) next.resolve(emit(owner, seq, next.event));
      }
    }
  } catch (error) {
    for (const { reject } of owner.waiting.splice(0)) reject(error);
  } finally {
    owner.draining = false;
  }
};

export const createMemoryEventBus = (deps: MemoryEventBusDeps): EventBus => {
  const { reserve, clock, log, ring = defaultRingLimits, blockSize = 1_000, idleMs = 3_600_000 } = deps;
  const owners = new Map<string, Owner>();
  const channels = createChannels(log);

  const ownerOf = (ownerId: string): Owner => {
    const owner = owners.get(ownerId) ?? createOwner({ ownerId, reserve, blockSize, ring, log });
    owner.usedMs = clock.monotonicMs();
    owners.set(ownerId, owner);
    return owner;
  };
  /** An owner whose first block is reserved: only then is it known where its numbers begin. */
  const ready = async (ownerId: string): Promise<Owner> => {
    const owner = ownerOf(ownerId);
    if (owner.numbers.last() === undefined) await owner.numbers.refill();
    return owner;
  };
  const sweep = (): void => {
    for (const [ownerId, owner] of owners) {
      const idle = clock.monotonicMs() - owner.usedMs > idleMs;
      if (idle && owner.listeners.size === 0 && owner.waiting.length === 0) owners.delete(ownerId);
    }
    stopSweeping = clock.setTimer(idleMs, sweep);
  };
  let stopSweeping = clock.setTimer(idleMs, sweep);

  return {
    publish: (ownerId, event) => {
      const owner = ownerOf(ownerId);
      const seq = owner.waiting.length === 0 ? owner.numbers.take() : undefined;
      if (seq !== undefined) return emit(owner, seq, event);
      return new Promise<NumberedEvent>((resolve, reject) => {
        owner.waiting.push({ event, resolve, reject });
        void drain(owner);
      });
    },
    subscribe: async (ownerId, listener) => {
      const unsubscribe = ownerOf(ownerId).listeners.add(listener);
      // Only warms up: with the database away the subscription holds, and `publish` reports the trouble.
      await ready(ownerId).catch(() => undefined);
      return unsubscribe;
    },
    recent: async (ownerId, after) => (await ready(ownerId)).ring.after(after),
    lastSeq: async (ownerId) => (await ready(ownerId)).numbers.last() ?? 0,
    send: async (channel, payload) => channels.deliver(channel, payload),
    listen: async (channel, handler) => channels.add(channel, handler),
    ping: async () => undefined,
    close: async () => {
      stopSweeping();
      owners.clear();
    },
  };
};
