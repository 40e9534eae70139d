/** Memories by the time they were said. */
import type { Kysely } from 'kysely';
import type { Database } from '../../db/index.ts';

export interface SaidIn {
  from: Date;
  /** Not part of it any more. */
  to: Date;
  agentId?: string | undefined;
  runId?: string | undefined;
  category?: string | undefined;
  limit: number;
}

export interface TimeReads {
  /** Current ones that were said in a time, the newest of them. */
  saidIn(ownerId: string, time: SaidIn): Promise<string[]>;
  /** Current ones of a category that were said before a moment. */
  expired(
    ownerId: string,
    category: string | { except: readonly string[] },
    before: string,
    limit: number,
  ): Promise<string[]>;
}

/** Neither deleted nor corrected: word by word what the index `memories_by_time` holds (migration 0012). */
export const currentRows = (db: Kysely<Database>, ownerId: string) =>
  db
    .selectFrom('memories')
    .where('owner_id', '=', ownerId)
    .where('deleted_at', 'is', null)
    .where('superseded_by', 'is', null);

export const createTimeReads = (db: Kysely<Database>): TimeReads => ({
  async saidIn(ownerId, { from, to, agentId, runId, category, limit }) {
    let rows = currentRows(db, ownerId)
      .where('occurred_at', '>=', from.toISOString())
      .where('occurred_at', '<', to.toISOString());
    if (agentId !== undefined) rows = rows.where('agent_id', '=', agentId);
    if (runId !== undefined) rows = rows.where('run_id', '=', runId);
    if (category !== undefined) rows = rows.where('category', '=', category);
    const newest = rows.orderBy('occurred_at', 'desc').limit(limit);
    return (await newest.select('id').execute()).map(({ id }) => id);
  },
  async expired(ownerId, category, before, limit) {
    const rows = currentRows(db, ownerId).where('occurred_at', '<', before);
    const wanted =
      typeof category === 'string'
        ? rows.where('category', '=', category)
        : category.except.length === 0
          ? rows
          : rows.where((eb) => eb.or([eb('category', 'is', null), eb('category', 'not in', category.except)]));
    return (await wanted.select('id').limit(limit).execute()).map(({ id }) => id);
  },
});
