/**
 * One owner on the Redis bus, as this process sees it. Publishing goes in batches, one after the other, so order holds.
 * A batch that Redis does not take is numbered and delivered in this process; the next one that gets through makes
 * numbering jump past it.
 */
import type { HearthEvent, NumberedEvent } from '@hearth/contract';
import { newId } from '../../kernel/ids.ts';
import type { Log } from '../../kernel/log.ts';
import type { RingLimits } from '../../ports/event-bus.ts';
import { writePayload } from './payload.ts';
import { createDelivery, type Delivery } from './redis-delivery.ts';
import { createUplink, RedisAway, type Sent, type Uplink, type UplinkDeps } from './redis-uplink.ts';

export type RedisOwnerDeps = UplinkDeps & { ring: RingLimits; log: Log };

export interface RedisOwner {
  readonly delivery: Delivery;
  publish(event: HearthEvent): Promise<NumberedEvent>;
  /** Makes Redis know this owner, past every number used here. Rejects when Redis or the database is away. */
  sync(): Promise<Sent>;
  readonly busy: boolean;
}

type Waiting = {
  id: string;
  event: HearthEvent;
  /** Set when the subscription brings the event before the script's answer does. */
  seq?: number;
  resolve: (event: NumberedEvent) => void;
  reject: (error: unknown) => void;
};

const largestBatch = 100;

const reach = async (uplink: Uplink, delivery: Delivery, payloads: string[]): Promise<Sent> => {
  const sent = await uplink.reach(payloads, delivery.alone);
  delivery.reunite();
  return sent;
};

const settle = (one: Waiting, seq: number): NumberedEvent => {
  const numbered: NumberedEvent = { ...one.event, seq };
  one.resolve(numbered);
  return numbered;
};

/** Takes from `batch` what it settled, so that the rest can be rejected should numbers run out. */
const deliverHere = async (uplink: Uplink, delivery: Delivery, batch: Waiting[]): Promise<void> => {
  for (let one = batch[0]; one; one = batch[0]) {
    if (one.seq !== undefined) settle(one, one.seq);
    else delivery.deliverHere(settle(one, await uplink.nextHere()));
    batch.shift();
  }
};

const publishBatch = async (uplink: Uplink, delivery: Delivery, batch: Waiting[]): Promise<void> => {
  try {
    const payloads = batch.map((one) => writePayload(one.id, one.event));
    const { last } = await reach(uplink, delivery, payloads);
    const first = last - batch.length + 1;
    for (const [index, one] of batch.entries()) delivery.sent(settle(one, first + index));
  } catch (error) {
    if (!(error instanceof RedisAway)) throw error;
    await deliverHere(uplink, delivery, batch);
  }
};

export const createRedisOwner = (deps: RedisOwnerDeps): RedisOwner => {
  const batchSize = Math.min(largestBatch, deps.blockSize);
  const uplink = createUplink(deps);
  const waiting: Waiting[] = [];
  const pending = new Map<string, Waiting>();
  const delivery = createDelivery({
    ...deps,
    onReceived: (id, seq) => {
      const mine = pending.get(id);
      if (mine) mine.seq = seq;
    },
  });
  let chain: Promise<unknown> = Promise.resolve();
  let flushing = false;

  const serially = <T>(task: () => Promise<T>): Promise<T> => {
    const result = chain.then(task, task);
    chain = result.catch(() => undefined);
    return result;
  };
  const flush = async (): Promise<void> => {
    const batch = waiting.splice(0, batchSize);
    const ids = batch.map((one) => one.id);
    flushing = waiting.length > 0;
    if (flushing) void serially(flush);
    try {
      await publishBatch(uplink, delivery, batch);
    } catch (error) {
      for (const one of batch) one.reject(error);
    } finally {
      for (const id of ids) pending.delete(id);
    }
  };

  return {
    delivery,
    publish: (event) =>
      new Promise((resolve, reject) => {
        const one: Waiting = { id: newId(), event, resolve, reject };
        waiting.push(one);
        pending.set(one.id, one);
        if (flushing) return;
        flushing = true;
        void serially(flush);
      }),
    sync: () => serially(() => reach(uplink, delivery, [])),
    get busy() {
      return pending.size > 0;
    },
  };
};
