/** One owner of the Redis bus with its keys, and how its stream is read. */
import type { NumberedEvent } from '@hearth/contract';
import type { Log } from '../../kernel/log.ts';
import type { ReserveNumbers, RingLimits } from '../../ports/event-bus.ts';
import type { RedisConnection } from '../redis/client.ts';
import { createNumbers, type Numbers } from './numbers.ts';
import { readPayload } from './payload.ts';
import { createRedisOwner, type RedisOwner } from './redis-owner.ts';
import { type OwnerKeys, publishScript, readScript, type StoredEvent } from './redis-scripts.ts';

export type EntryDeps = {
  commands: RedisConnection;
  reserve: ReserveNumbers;
  log: Log;
  ring: RingLimits;
  blockSize: number;
  prefix: string;
};
export type Stored = { last: number; floor: number; events: StoredEvent[] };

export interface Entry {
  readonly owner: RedisOwner;
  readonly numbers: Numbers;
  readonly channel: string;
  /** What Redis has after `after`, also for an owner it does not know yet. Rejects when it is away. */
  read(after: number): Promise<Stored>;
}

const keepStreamMs = 24 * 3_600_000;
export const livePrefix = (prefix: string): string => `${prefix}live:`;

/** Asks, once per connection, which Redis process this is: after a restart its memory may be older than ours. */
export const createRunId = (commands: RedisConnection): (() => Promise<string>) => {
  let runId: Promise<string> | undefined;
  const forget = (): void => {
    runId = undefined;
  };
  commands.client.on('close', forget);
  return () => {
    if (runId === undefined) {
      runId = commands.run(async (client) => /run_id:(\w+)/.exec(await client.info('server'))?.[1] ?? 'unknown');
      runId.catch(forget);
    }
    return runId;
  };
};

export const createEntryFactory = (deps: EntryDeps): ((ownerId: string) => Entry) => {
  const { commands, reserve, log, ring, blockSize, prefix } = deps;
  const currentRun = createRunId(commands);
  return (ownerId) => {
    const keys: OwnerKeys = {
      state: `${prefix}owner:${ownerId}:state`,
      stream: `${prefix}owner:${ownerId}:events`,
      channel: `${livePrefix(prefix)}${ownerId}`,
    };
    const numbers = createNumbers({ ownerId, reserve, blockSize });
    const owner = createRedisOwner({
      numbers,
      blockSize,
      ring,
      log,
      isReady: () => commands.ready,
      send: async (options) => {
        const run = await currentRun();
        return commands.run((client) =>
          publishScript(client, { ...options, keys, run, limits: ring, ttlMs: keepStreamMs }),
        );
      },
    });
    const readOnce = async (after: number): Promise<Stored | undefined> => {
      const run = await currentRun();
      return commands.run((client) => readScript(client, { keys, run, after }));
    };
    return {
      owner,
      numbers,
      channel: keys.channel,
      read: async (after) => (await readOnce(after)) ?? { ...(await owner.sync()), events: [] },
    };
  };
};

export const toNumbered = (events: StoredEvent[]): NumberedEvent[] =>
  events.flatMap(({ seq, payload }) => {
    const read = readPayload(payload);
    return read ? [{ ...read.event, seq }] : [];
  });
