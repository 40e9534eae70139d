/** Command handlers of this process, by channel. */
import type { JsonObject } from '@hearth/contract';
import type { Log } from '../../kernel/log.ts';
import type { CommandHandler } from '../../ports/event-bus.ts';

export interface Channels {
  add(channel: string, handler: CommandHandler): () => void;
  /** Hands every handler its own copy; returns how many there were. */
  deliver(channel: string, payload: JsonObject): number;
  names(): string[];
}

export const createChannels = (log: Log): Channels => {
  const channels = new Map<string, Map<symbol, CommandHandler>>();
  return {
    add: (channel, handler) => {
      const id = Symbol('handler');
      const handlers = channels.get(channel) ?? new Map<symbol, CommandHandler>();
      channels.set(channel, handlers.set(id, handler));
      return () => {
        handlers.delete(id);
        if (handlers.size === 0 && channels.get(channel) === handlers) channels.delete(channel);
      };
    },
    deliver: (channel, payload) => {
      const handlers = [...(channels.get(channel)?.values() ?? [])];
      for (const handler of handlers) {
        try {
          handler(structuredClone(payload));
        } catch (error) {
          log.error({ err: error, channel }, 'a command handler failed');
        }
      }
      return handlers.length;
    },
    names: () => [...channels.keys()],
  };
};
