/**
 * Building blocks shared by every other contract file: ids, times, paging and the JSON value type.
 * Lists are paged with `page` and `page_size` (default 50, at most 100) and always carry `total`.
 */
import { z } from 'zod';

/** An id as every resource uses it, unless its schema says otherwise. */
export const idSchema = z.uuid();

/** RFC 3339 in UTC, for example `2026-11-23T04:26:00.000Z`. */
export const timeSchema = z.iso.datetime();

export const pageQuerySchema = z.object({
  page: z.coerce.number().int().min(1).max(1_000_000).default(1),
  page_size: z.coerce.number().int().min(1).max(100).default(50),
});
export type PageQuery = z.infer<typeof pageQuerySchema>;

export const jsonObjectSchema = z.record(z.string(), z.unknown());
export type JsonObject = z.infer<typeof jsonObjectSchema>;

/** Text that may be shown or passed to the operating system: no NUL character. */
export const plainTextSchema = z.string().refine((text) => !text.includes('\0'), 'must not contain a NUL character');

export const idParamSchema = z.object({ id: idSchema });

export const usageSchema = z
  .object({
    input_tokens: z.number().int().nonnegative(),
    output_tokens: z.number().int().nonnegative(),
    cache_read_input_tokens: z.number().int().nonnegative(),
    cache_creation_input_tokens: z.number().int().nonnegative(),
  })
  .meta({ id: 'Usage' });
export type Usage = z.infer<typeof usageSchema>;

export const emptyUsage: Usage = Object.freeze({
  input_tokens: 0,
  output_tokens: 0,
  cache_read_input_tokens: 0,
  cache_creation_input_tokens: 0,
});

export const addUsage = (a: Usage, b: Usage): Usage => ({
  input_tokens: a.input_tokens + b.input_tokens,
  output_tokens: a.output_tokens + b.output_tokens,
  cache_read_input_tokens: a.cache_read_input_tokens + b.cache_read_input_tokens,
  cache_creation_input_tokens: a.cache_creation_input_tokens + b.cache_creation_input_tokens,
});
