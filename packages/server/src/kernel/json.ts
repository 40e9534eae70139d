/**
 * JSON at the edges. `canonicalJson` gives equal text for equal values (keys sorted by code unit, as RFC 8785 does), so
 * that a hash of it can bind an approval to its exact arguments. `parseJson` is how JSON columns are read.
 */
import type { z } from 'zod';
import { AppError } from './errors.ts';

const maxDepth = 256;

const reject = (message: string): never => {
  throw new AppError('BAD_REQUEST', message);
};

const write = (value: unknown, depth: number): string => {
  if (depth > maxDepth) return reject(`The value is nested more than ${maxDepth} levels deep`);
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    return Number.isFinite(value) ? JSON.stringify(value) : reject('The value holds a number that JSON cannot express');
  }
  if (Array.isArray(value)) return `[${value.map((item) => write(item ?? null, depth + 1)).join(',')}]`;
  if (typeof value !== 'object') return reject('The value holds something that JSON cannot express');
  if ('toJSON' in value && typeof value.toJSON === 'function') return write(value.toJSON(), depth + 1);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${write(member, depth + 1)}`);
  return `{${members.join(',')}}`;
};

/** Throws BAD_REQUEST for what JSON cannot express: NaN, functions, bigints, absurd depth. */
export const canonicalJson = (value: unknown): string => write(value, 0);

/** Parses text and checks it; undefined when it is not JSON or does not fit the schema. */
export const tryParseJson = <T extends z.ZodType>(schema: T, text: string): z.infer<T> | undefined => {
  try {
    const result = schema.safeParse(JSON.parse(text));
    return result.success ? result.data : undefined;
  } catch {
    return undefined; // not JSON: the answer this function exists to give
  }
};

/** As `tryParseJson`, for text that we wrote ourselves: anything else is a fault of ours. `what` names it in the log. */
export const parseJson = <T extends z.ZodType>(schema: T, text: string, what: string): z.infer<T> => {
  const value = tryParseJson(schema, text);
  if (value === undefined) throw new AppError('INTERNAL_ERROR', `Stored ${what} cannot be read`);
  return value;
};
