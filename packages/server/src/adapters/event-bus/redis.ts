/**
 * Events of several replicas. Numbering, the capped stream and the publication are one Lua script. A lost subscription
 * is caught up from the stream; without Redis each process goes on for itself, and numbers are not reused after it.
 */
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import { defaultRingLimits, type EventBus, type ReserveNumbers, type RingLimits } from '../../ports/event-bus.ts';
import { createRedisConnection } from '../redis/client.ts';
import { createRedisCommands } from './redis-commands.ts';
import { createEntryFactory, livePrefix, toNumbered } from './redis-entry.ts';
import { createRedisLinks, type RedisLinks } from './redis-links.ts';

export type RedisEventBusDeps = {
  url: string;
  reserve: ReserveNumbers;
  clock: Clock;
  log: Log;
  ring?: RingLimits;
  blockSize?: number;
  prefix?: string;
};

const beatMs = 5_000;

const createReads = (links: RedisLinks, log: Log): Pick<EventBus, 'recent' | 'lastSeq'> => ({
  recent: async (ownerId, after) => {
    const { owner, read } = links.of(ownerId);
    if (owner.delivery.alone) return owner.delivery.recentHere(after);
    try {
      const { floor, events } = await read(after);
      return after < floor ? 'too_old' : toNumbered(events);
    } catch (error) {
      log.debug({ err: error }, 'recent events come from this process');
      return owner.delivery.recentHere(after);
    }
  },
  lastSeq: async (ownerId) => {
    const { owner, numbers, read } = links.of(ownerId);
    if (owner.delivery.alone && owner.delivery.delivered !== undefined) return owner.delivery.delivered;
    try {
      return (await read(Number.MAX_SAFE_INTEGER)).last;
    } catch (error) {
      log.debug({ err: error }, 'the last number comes from the database');
      return (await numbers.reserveBlock()).next - 1;
    }
  },
});

export const createRedisEventBus = async (deps: RedisEventBusDeps): Promise<EventBus> => {
  const { url, reserve, clock, log, ring = defaultRingLimits, blockSize = 1_000, prefix = 'hearth:' } = deps;
  const commands = createRedisConnection({ url, log });
  const subscriber = createRedisConnection({ url, log: log.child({ connection: 'subscriber' }) });
  const createEntry = createEntryFactory({ commands, reserve, log, ring, blockSize, prefix });
  const links = createRedisLinks({ commands, subscriber, createEntry, clock, log });
  const commandPrefix = `${prefix}command:`;
  const channels = createRedisCommands({ commands, subscriber, prefix: commandPrefix, log });

  subscriber.client.on('message', (channel: string, text: string) => {
    const live = livePrefix(prefix);
    if (channel.startsWith(live)) links.onLive(channel.slice(live.length), text);
    else channels.onCommand(channel.slice(commandPrefix.length), text);
  });
  commands.client.on('ready', links.tend);
  subscriber.client.on('ready', links.tend);
  /** A subscription that went silent looks like a quiet one; only asking tells them apart. */
  const beat = (): void => {
    stopBeating = clock.setTimer(beatMs, beat);
    subscriber.run((client) => client.ping()).catch(() => undefined);
    links.tend();
  };
  let stopBeating = clock.setTimer(beatMs, beat);
  await Promise.all([commands.settled(), subscriber.settled()]);

  return {
    ...createReads(links, log),
    publish: (ownerId, event) => links.of(ownerId).owner.publish(event),
    subscribe: async (ownerId, listener) => {
      const entry = links.of(ownerId);
      // Without Redis the listener hears this process, and a later beat links it.
      if (!entry.linked) await links.link(entry).catch(() => undefined);
      return entry.owner.delivery.listeners.add(listener);
    },
    send: channels.send,
    listen: channels.listen,
    ping: async () => {
      await commands.run((client) => client.ping());
    },
    close: async () => {
      stopBeating();
      await Promise.all([commands.close(), subscriber.close()]);
    },
  };
};
