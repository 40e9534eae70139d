/**
 * All migrations, in order. They only go forward, and a published one never changes: a correction is a new one.
 * To add one: a file `NNNN-name.ts` here, a line below, and the tables in `../schema.ts`.
 */
import type { Migration } from 'kysely/migration';
import type { DatabaseKind } from '../options.ts';
import { ground } from './0001-ground.ts';
import { history } from './0003-history.ts';

export const createMigrations = (kind: DatabaseKind): Record<string, Migration> => ({
  '0001-ground': ground(kind),
  '0003-history': history,
});
