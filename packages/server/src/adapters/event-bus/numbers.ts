/**
 * Event numbers of one owner, from blocks reserved in SQL. A block belongs to this process alone; what is left of it at
 * a crash is lost, never used again. The next block is fetched before the current one ends, so `take` rarely waits.
 */
import type { ReserveNumbers } from '../../ports/event-bus.ts';

export type Block = { next: number; end: number };

export interface Numbers {
  /** The next number, or undefined when none is reserved: `refill` first. */
  take(): number | undefined;
  /** Makes sure that `take` has something to give. Rejects when the database cannot reserve. */
  refill(): Promise<void>;
  /** A whole block for someone else to number with; `take` never gives its numbers. */
  reserveBlock(): Promise<Block>;
  /** The highest number taken, or the one before the first block; undefined before the first block. */
  last(): number | undefined;
  /** Gives up what is reserved, because someone else has numbered past it. */
  discard(): void;
}

export type NumbersDeps = {
  ownerId: string;
  reserve: ReserveNumbers;
  blockSize: number;
  /** Called once, before the first number: everything up to `seq` may have been used by an earlier process. */
  onStart?: (seq: number) => void;
};

export const createNumbers = ({ ownerId, reserve, blockSize, onStart }: NumbersDeps): Numbers => {
  let blocks: Block[] = [];
  let last: number | undefined;
  let fetching: Promise<void> | undefined;

  const start = (seq: number): void => {
    if (last !== undefined) return;
    last = seq;
    onStart?.(seq);
  };

  const reserveBlock = async (): Promise<Block> => {
    const { from } = await reserve(ownerId, blockSize);
    return { next: from, end: from + blockSize - 1 };
  };
  const fetchBlock = async (): Promise<void> => {
    const target = blocks;
    try {
      const block = await reserveBlock();
      target.push(block);
      if (target === blocks) start(block.next - 1);
    } finally {
      fetching = undefined;
    }
  };
  const fetchOnce = (): Promise<void> => {
    fetching ??= fetchBlock();
    return fetching;
  };
  const left = (): number => blocks.reduce((sum, block) => sum + block.end - block.next + 1, 0);

  return {
    take: () => {
      const block = blocks[0];
      if (block === undefined) return undefined;
      last = block.next;
      block.next += 1;
      if (block.next > block.end) blocks.shift();
      // A failure here costs nothing yet: whoever finds no number left asks again and hears of it.
      if (left() < blockSize / 4) fetchOnce().catch(() => undefined);
      return last;
    },
    refill: async () => {
      while (blocks.length === 0) await fetchOnce();
    },
    reserveBlock,
    last: () => last,
    discard: () => {
      blocks = [];
    },
  };
};
