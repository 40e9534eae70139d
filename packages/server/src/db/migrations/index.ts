/**
 * All migrations, in order. They only go forward, and a published one never changes: a correction is a new one.
 * To add one: a file `NNNN-name.ts` here, a line below, and the tables in `../schema.ts`.
 */
import type { Migration } from 'kysely/migration';
import type { DatabaseKind } from '../options.ts';
import { ground } from './0001-ground.ts';
import { acceptedRuns } from './0002-accepted-runs.ts';
import { loginCodes } from './0003-login-codes.ts';
import { history } from './0004-history.ts';
import { jobs } from './0005-jobs.ts';
import { graph } from './0006-graph.ts';
import { memories } from './0007-memories.ts';
import { personas } from './0008-personas.ts';
import { offTheRecord } from './0009-off-the-record.ts';
import { memoryWork } from './0010-memory-work.ts';
import { recalled } from './0011-recalled.ts';
import { memoryTimes } from './0012-memory-times.ts';

export const createMigrations = (kind: DatabaseKind): Record<string, Migration> => ({
  '0001-ground': ground(kind),
  '0002-accepted-runs': acceptedRuns,
  '0003-login-codes': loginCodes,
  '0004-history': history,
  '0005-jobs': jobs,
  '0006-graph': graph,
  '0007-memories': memories(kind),
  '0008-personas': personas,
  '0009-off-the-record': offTheRecord,
  '0010-memory-work': memoryWork(kind),
  '0011-recalled': recalled,
  '0012-memory-times': memoryTimes(kind),
});
