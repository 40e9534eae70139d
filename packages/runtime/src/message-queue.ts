/** An async queue with one reader: what the agent's input stream is fed from. `end` lets the reader finish. */
export interface MessageQueue<T> extends AsyncIterable<T> {
  push(item: T): void;
  end(): void;
}

export const createMessageQueue = <T>(): MessageQueue<T> => {
  const items: T[] = [];
  let wake: (() => void) | null = null;
  let ended = false;
  const notify = () => {
    wake?.();
    wake = null;
  };
  return {
    push(item) {
      items.push(item);
      notify();
    },
    end() {
      ended = true;
      notify();
    },
    async *[Symbol.asyncIterator]() {
      while (true) {
        while (items.length > 0) {
          const item = items.shift();
          if (item !== undefined) yield item;
        }
        if (ended) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
};
