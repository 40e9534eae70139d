/**
 * The owners this process knows and their subscriptions. An owner is linked when it is subscribed on the present
 * connection and has read what it missed; whatever breaks a link, the next beat mends it.
 */
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import type { RedisConnection } from '../redis/client.ts';
import type { Entry } from './redis-entry.ts';
import type { StoredEvent } from './redis-scripts.ts';

export type Linked = Entry & {
  linked: boolean;
  linking: Promise<void> | undefined;
  /** Live events that arrive while older ones are being read. */
  held: StoredEvent[] | undefined;
  usedMs: number;
};

export interface RedisLinks {
  of(ownerId: string): Linked;
  link(entry: Linked): Promise<void>;
  onLive(ownerId: string, text: string): void;
  /** Mends links and forgets owners nobody has used for long. */
  tend(): void;
}

export type LinksDeps = {
  commands: RedisConnection;
  subscriber: RedisConnection;
  createEntry: (ownerId: string) => Entry;
  clock: Clock;
  log: Log;
};

const idleMs = 3_600_000;

/** Subscribes, then reads what was missed, then lets live events through: nothing is lost or swapped in between. */
const linkNow = async (entry: Linked, subscriber: RedisConnection): Promise<void> => {
  const { owner } = entry;
  const { delivery } = owner;
  if (delivery.alone) await owner.sync();
  // With nobody to hear them, events of the past are no longer news.
  if (delivery.listeners.size === 0) delivery.startAfter((await entry.read(Number.MAX_SAFE_INTEGER)).last);
  entry.held = [];
  try {
    await subscriber.run((client) => client.subscribe(entry.channel));
    const { floor, events } = await entry.read(delivery.delivered ?? 0);
    delivery.deliverUnheard(floor);
    for (const event of [...events, ...entry.held]) delivery.receive(event);
    entry.linked = subscriber.ready;
  } finally {
    entry.held = undefined;
  }
};

export const createRedisLinks = ({ commands, subscriber, createEntry, clock, log }: LinksDeps): RedisLinks => {
  const entries = new Map<string, Linked>();

  const link = (entry: Linked): Promise<void> => {
    entry.linking ??= linkNow(entry, subscriber).finally(() => {
      entry.linking = undefined;
    });
    return entry.linking;
  };
  const mend = async (entry: Linked): Promise<void> => {
    try {
      if (entry.owner.delivery.alone) await entry.owner.sync();
      if (!entry.linked && entry.owner.delivery.listeners.size > 0 && subscriber.ready) await link(entry);
    } catch (error) {
      log.debug({ err: error }, 'an owner is not yet back on Redis'); // the next beat tries again
    }
  };
  const forgetIdle = (): void => {
    for (const [ownerId, { owner, channel, usedMs }] of entries) {
      const idle = clock.monotonicMs() - usedMs > idleMs;
      if (!idle || owner.delivery.listeners.size > 0 || owner.busy || owner.delivery.alone) continue;
      entries.delete(ownerId);
      subscriber.run((client) => client.unsubscribe(channel)).catch(() => undefined);
    }
  };
  subscriber.client.on('close', () => {
    for (const entry of entries.values()) entry.linked = false;
  });

  return {
    of: (ownerId) => {
      const entry = entries.get(ownerId) ?? {
        ...createEntry(ownerId),
        linked: false,
        linking: undefined,
        held: undefined,
        usedMs: 0,
      };
      entry.usedMs = clock.monotonicMs();
      entries.set(ownerId, entry);
      return entry;
    },
    link,
    onLive: (ownerId, text) => {
      const entry = entries.get(ownerId);
      const [, seq, payload] = /^(\d+) (.*)$/s.exec(text) ?? [];
      if (entry === undefined || seq === undefined || payload === undefined) return;
      const event = { seq: Number(seq), payload };
      if (entry.held) entry.held.push(event);
      else entry.owner.delivery.receive(event);
    },
    tend: () => {
      forgetIdle();
      if (commands.ready) for (const entry of entries.values()) void mend(entry);
    },
  };
};
