/** Small commands between replicas, over Redis publish/subscribe; inside this process alone while Redis is away. */
import { type JsonObject, jsonObjectSchema } from '@hearth/contract';
import { tryParseJson } from '../../kernel/json.ts';
import type { Log } from '../../kernel/log.ts';
import type { CommandHandler } from '../../ports/event-bus.ts';
import type { RedisConnection } from '../redis/client.ts';
import { createChannels } from './channels.ts';

export interface RedisCommands {
  send(channel: string, payload: JsonObject): Promise<number>;
  listen(channel: string, handler: CommandHandler): Promise<() => void>;
  onCommand(channel: string, text: string): void;
}

export type RedisCommandsDeps = {
  commands: RedisConnection;
  subscriber: RedisConnection;
  prefix: string;
  log: Log;
};

export const createRedisCommands = ({ commands, subscriber, prefix, log }: RedisCommandsDeps): RedisCommands => {
  const channels = createChannels(log);
  subscriber.client.on('ready', () => {
    const names = channels.names().map((name) => `${prefix}${name}`);
    if (names.length === 0) return;
    subscriber
      .run((client) => client.subscribe(...names))
      .catch((error: unknown) => log.warn({ err: error }, 'cannot listen for commands'));
  });
  return {
    send: async (channel, payload) => {
      try {
        const text = JSON.stringify(payload);
        const receivers = await commands.run((client) => client.publish(`${prefix}${channel}`, text));
        return subscriber.ready ? receivers : receivers + channels.deliver(channel, payload);
      } catch (error) {
        log.debug({ err: error, channel }, 'a command stays in this process');
        return channels.deliver(channel, payload);
      }
    },
    listen: async (channel, handler) => {
      const remove = channels.add(channel, handler);
      const name = `${prefix}${channel}`;
      // Without Redis the handler hears this process; it subscribes when the connection is back.
      await subscriber.run((client) => client.subscribe(name)).catch(() => undefined);
      return () => {
        remove();
        if (channels.names().includes(channel)) return;
        subscriber.run((client) => client.unsubscribe(name)).catch(() => undefined);
      };
    },
    onCommand: (channel, text) => {
      const payload = tryParseJson(jsonObjectSchema, text);
      if (payload) channels.deliver(channel, payload);
    },
  };
};
