/** What all embedders do alike with texts and vectors. */
import { AppError } from '../../kernel/errors.ts';

/** Something a model can read: not only blanks, controls, invisible marks or halves of characters. */
export const isReadable = (text: string): boolean => /[^\s\p{C}]/u.test(text);

/** At unit length, or undefined for a vector that has no direction. */
export const toUnit = (values: Float32Array | readonly number[]): Float32Array<ArrayBuffer> | undefined => {
  let sum = 0;
  for (const value of values) sum += value * value;
  if (!Number.isFinite(sum) || sum === 0) return undefined;
  const length = Math.sqrt(sum);
  return Float32Array.from(values, (value) => value / length);
};

/** Rejects with the reason of `signal` once it is aborted, whatever becomes of `running`. */
export const unlessAborted = async <T>(running: Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
  if (!signal) return running;
  let leave = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    leave = () => signal.removeEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([running, aborted]);
  } finally {
    leave();
  }
};

export const closedError = (): AppError => new AppError('SERVICE_UNAVAILABLE', 'The embedding service has been closed');
