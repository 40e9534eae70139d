/**
 * Mem0 writes to the console what goes wrong, with names from memories among it. Failures come back as errors, which the
 * log of the server takes in; so while Mem0 is at work the console is silent, for that work alone.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

const methods = ['debug', 'error', 'info', 'log', 'warn'] as const;
const atWork = new AsyncLocalStorage<true>();
const hushed = new WeakSet<object>();

const hushConsole = (): void => {
  for (const method of methods) {
    const speak = console[method];
    if (hushed.has(speak)) continue;
    const perhaps = (...words: unknown[]): void => {
      if (!atWork.getStore()) speak(...words);
    };
    hushed.add(perhaps);
    console[method] = perhaps;
  }
};

export const hush = <T>(work: () => Promise<T>): Promise<T> => {
  hushConsole();
  return atWork.run(true, work);
};
