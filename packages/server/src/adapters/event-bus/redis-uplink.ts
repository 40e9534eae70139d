/**
 * How one owner's events get their numbers: from Redis, out of the block it is using, or, while Redis is away, from a
 * block of this process alone. A block is offered to Redis once: after an answer, or none, it counts as used.
 */
import { AppError } from '../../kernel/errors.ts';
import type { Numbers } from './numbers.ts';

export type SendOptions = { payloads: string[]; block: { from: number; to: number }; reset: boolean };
export type Sent = { last: number; floor: number };
/** Runs the publish script. Undefined asks for a newer block; a rejection means that Redis is away. */
export type Send = (options: SendOptions) => Promise<Sent | undefined>;

/** Not an answer to anyone: it tells the publisher to go on alone. */
export class RedisAway extends Error {}

export interface Uplink {
  /** With `reset` numbering jumps past all that was used here. Throws RedisAway, or what the database answered. */
  reach(payloads: string[], reset: boolean): Promise<Sent>;
  /** A number above all that Redis has given. Throws what the database answered. */
  nextHere(): Promise<number>;
}

const noBlock = { from: 0, to: 0 };
const mostAttempts = 5;

export type UplinkDeps = {
  numbers: Numbers;
  blockSize: number;
  send: Send;
  /** False while Redis is known to be away: then no block is spent on asking. */
  isReady: () => boolean;
};

export const createUplink = (deps: UplinkDeps): Uplink => {
  const { numbers, blockSize } = deps;

  const freshBlock = async (): Promise<{ from: number; to: number }> => {
    const { next } = await numbers.reserveBlock();
    return { from: next, to: next + blockSize - 1 };
  };
  const send: Send = async (options) => {
    try {
      return await deps.send(options);
    } catch (error) {
      throw new RedisAway('Redis is away', { cause: error });
    }
  };

  return {
    reach: async (payloads, reset) => {
      if (!deps.isReady()) throw new RedisAway('Redis is away');
      if (reset) numbers.discard();
      let block = reset ? await freshBlock() : noBlock;
      for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
        const sent = await send({ payloads, block, reset });
        if (sent !== undefined) return sent;
        block = await freshBlock();
      }
      throw new AppError('SERVICE_UNAVAILABLE', 'No event number could be reserved', { retryAfter: 1 });
    },
    nextHere: async () => {
      for (;;) {
        const seq = numbers.take();
        if (seq !== undefined) return seq;
        await numbers.refill();
      }
    },
  };
};
