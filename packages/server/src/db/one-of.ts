/**
 * `id in <list>` with the whole list as one parameter: as many values as one likes, and one text for the database to know
 * again, however many they are.
 */
import { type RawBuilder, sql } from 'kysely';
import type { DatabaseKind } from './options.ts';

export const oneOf = (kind: DatabaseKind, values: readonly string[]): RawBuilder<string> =>
  kind === 'sqlite'
    ? sql<string>`(select value from json_each(${JSON.stringify(values)}))`
    : sql<string>`(select unnest(${values}::text[]))`;
