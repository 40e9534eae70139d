/** Rows of memories. The SQL database is the truth; what is deleted or corrected is left out by every reader here. */
import type { Memory, memoryListQuerySchema } from '@hearth/contract';
import { type Kysely, type RawBuilder, type Selectable, type SqlBool, sql } from 'kysely';
import { z } from 'zod';
import { type Database, type DatabaseKind, type Db, inParts, type MemoriesTable, oneOf } from '../../db/index.ts';
import { parseJson } from '../../kernel/json.ts';
import type { Place } from './rank.ts';
import { createTimeReads, currentRows, type TimeReads } from './times.ts';
import { createWordStore, type WordStore } from './words.ts';

export type Connection = Kysely<Database>;
/** A memory as it is stored. */
export type MemoryRow = Selectable<MemoriesTable>;

const metadataShape = z.record(z.string(), z.unknown());
export const metadataOf = (row: Pick<MemoryRow, 'metadata'>): Record<string, unknown> =>
  parseJson(metadataShape, row.metadata, 'metadata of a memory');

const searchable = { 0: 'soon', 1: 'words', 2: 'yes' } as const;

export const toMemory = (row: MemoryRow): Memory => ({
  id: row.id,
  memory: row.text,
  hash: row.hash,
  created_at: row.created_at,
  updated_at: row.updated_at,
  user_id: row.owner_id,
  agent_id: row.agent_id,
  run_id: row.run_id,
  metadata: metadataOf(row),
  category: row.category,
  occurred_at: row.occurred_at,
  author: row.author,
  source: { session_id: row.source_session_id, message_id: row.source_message_id },
  supersedes: row.supersedes,
  superseded_by: row.superseded_by,
  searchable: searchable[row.indexed],
});

type ListQuery = z.infer<typeof memoryListQuerySchema>;

export interface MemoryStore extends TimeReads {
  words: WordStore;
  insert(rows: readonly Omit<MemoryRow, 'word_id'>[], tx: Connection): Promise<void>;
  /** Live ones by id, of this owner only; corrected ones too with `all`. */
  byIds(ownerId: string, ids: readonly string[], how?: 'current' | 'all', on?: Connection): Promise<MemoryRow[]>;
  /** Current ones with the same text in the same conversation. */
  alike(
    ownerId: string,
    place: { agentId: string; runId: string | null; likenesses: readonly string[] },
    tx: Connection,
  ): Promise<MemoryRow[]>;
  lastRunNo(ownerId: string, runId: string, tx: Connection): Promise<number>;
  list(
    ownerId: string,
    query: ListQuery,
  ): Promise<{ rows: MemoryRow[]; total: number; categories: Record<string, number> }>;
  /** Up to `limit` current rows after a row, oldest first, for exports. */
  after(ownerId: string, last: Pick<MemoryRow, 'created_at' | 'id'> | null, limit: number): Promise<MemoryRow[]>;
  /** Where these memories stand. */
  places(ownerId: string, ids: readonly string[]): Promise<Place[]>;
  /** What stands up to `reach` before or after these in the same conversation; these are among it, some come twice. */
  placesBeside(ownerId: string, ids: readonly string[], reach: number): Promise<Place[]>;
  /** The memory, everything it corrected and everything that corrected it, oldest first. */
  chain(ownerId: string, id: string, on?: Connection): Promise<MemoryRow[]>;
  update(id: string, set: Partial<MemoryRow>, tx: Connection): Promise<void>;
  /** The text goes at once; the row stays until index and graph have forgotten it. */
  bury(ownerId: string, ids: readonly string[] | 'all', at: string, tx: Connection): Promise<number>;
  /** Rows with something left to do, oldest first; see `Work`. */
  waiting(ownerId: string, work: Work, limit: number): Promise<MemoryRow[]>;
  /** Marks rows as known to the index; answers those that were deleted meanwhile. */
  markIndexed(ids: readonly string[], state: 1 | 2): Promise<string[]>;
  markDropped(ids: readonly string[]): Promise<void>;
  /** Answers those that were deleted meanwhile. */
  markGraphed(ids: readonly string[], state: 1 | 2): Promise<string[]>;
  /** All rows of the owner have to be put into the index again. */
  markUnindexed(ownerId: string): Promise<void>;
  /** What the index should hold. */
  countIndexed(ownerId: string): Promise<{ items: number; embedded: number }>;
  /** The collection lost its vectors: all rows have to be embedded again. */
  markUnembedded(): Promise<void>;
  erase(ids: readonly string[]): Promise<void>;
  hasAny(ownerId: string): Promise<boolean>;
  /** Something of this owner waits for index or graph. */
  hasWork(ownerId: string): Promise<boolean>;
  /** Something of these waits for index or graph. */
  areWaiting(ids: readonly string[]): Promise<boolean>;
  /** Owners with rows that have something left to do, for the start of the server. */
  ownersWithWork(): Promise<string[]>;
}

const countsOf = (rows: readonly { category: string | null; n: string | number | bigint }[]): Record<string, number> =>
  Object.fromEntries(rows.map(({ category, n }) => [category ?? '', Number(n)]));

/** As an expression of its own, because that is what the index for counting holds. */
const isCurrent = sql<SqlBool>`(deleted_at is null and superseded_by is null) = true`;

type PlaceRow = Pick<MemoryRow, 'id' | 'run_id' | 'run_no' | 'occurred_at'>;

const createReads = (db: Connection, kind: DatabaseKind) => {
  const current = (ownerId: string, on: Connection = db) => currentRows(on, ownerId);

  const scoped = (ownerId: string, query: ListQuery) => {
    const all = db.selectFrom('memories').where('owner_id', '=', ownerId);
    let rows = query.superseded === 'false' ? all.where(isCurrent) : all.where('deleted_at', 'is', null);
    if (query.agent_id !== undefined) rows = rows.where('agent_id', '=', query.agent_id);
    if (query.run_id !== undefined) rows = rows.where('run_id', '=', query.run_id);
    if (query.author !== undefined) rows = rows.where('author', '=', query.author);
    return rows;
  };

  const list: MemoryStore['list'] = async (ownerId, query) => {
    const all = scoped(ownerId, query);
    const wanted = query.category === undefined ? all : all.where('category', '=', query.category);
    const [rows, count, categories] = await Promise.all([
      wanted
        .selectAll()
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(query.page_size)
        .offset((query.page - 1) * query.page_size)
        .execute(),
      wanted.select((eb) => eb.fn.countAll().as('n')).executeTakeFirstOrThrow(),
      all
        .select((eb) => ['category', eb.fn.countAll().as('n')])
        .groupBy('category')
        .execute(),
    ]);
    return { rows, total: Number(count.n), categories: countsOf(categories) };
  };

  const byIds: MemoryStore['byIds'] = async (ownerId, ids, how = 'current', on = db) => {
    const all = on.selectFrom('memories').where('owner_id', '=', ownerId).where('deleted_at', 'is', null);
    const wanted = all.where('id', 'in', oneOf(kind, ids)).selectAll();
    return how === 'all' ? wanted.execute() : wanted.where('superseded_by', 'is', null).execute();
  };

  const placesIn = async (rows: RawBuilder<PlaceRow>): Promise<Place[]> =>
    (await rows.execute(db)).rows.map((row) => ({
      id: row.id,
      runId: row.run_id,
      runNo: row.run_no,
      occurredAt: row.occurred_at,
    }));

  const places: MemoryStore['places'] = (ownerId, ids) =>
    placesIn(sql`
      select id, run_id, run_no, occurred_at from memories
      where owner_id = ${ownerId} and id in ${oneOf(kind, ids)} and deleted_at is null and superseded_by is null`);

  const placesBeside: MemoryStore['placesBeside'] = (ownerId, ids, reach) =>
    placesIn(sql`
      select m.id, m.run_id, m.run_no, m.occurred_at from memories one
      join memories m on m.owner_id = one.owner_id and m.run_id = one.run_id
        and m.run_no between one.run_no - ${reach} and one.run_no + ${reach}
      where one.owner_id = ${ownerId} and one.id in ${oneOf(kind, ids)}
        and one.deleted_at is null and one.superseded_by is null
        and m.deleted_at is null and m.superseded_by is null`);

  const chain: MemoryStore['chain'] = async (ownerId, id, on = db) => {
    const found = new Map<string, MemoryRow>();
    let wanted: string[] = [id];
    while (wanted.length > 0 && found.size < 1_000) {
      const rows = await on
        .selectFrom('memories')
        .where('owner_id', '=', ownerId)
        .where('deleted_at', 'is', null)
        .where('id', 'in', wanted)
        .selectAll()
        .execute();
      for (const row of rows) found.set(row.id, row);
      wanted = rows
        .flatMap(({ supersedes, superseded_by }) => [supersedes, superseded_by])
        .filter((one): one is string => one !== null && !found.has(one));
    }
    return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  };
  return { current, list, byIds, places, placesBeside, chain };
};

/**
 * Every kind of work by the rows that wait for it: nothing else has to be remembered to go on after a crash. Each has an
 * index with exactly these words as its condition (migration 0010), so no value may become a parameter.
 */
export const workConditions = {
  /** Deleted: index and graph have to forget it, then the row goes. */
  forget: sql<SqlBool>`deleted_at is not null`,
  /** Corrected: the index has to drop it. */
  drop: sql<SqlBool>`superseded_by is not null and deleted_at is null and indexed > 0`,
  /** Corrected: the graph has to end what it said. */
  retire: sql<SqlBool>`superseded_by is not null and deleted_at is null and graphed = 1`,
  index: sql<SqlBool>`deleted_at is null and superseded_by is null and indexed < 2`,
  graph: sql<SqlBool>`deleted_at is null and superseded_by is null and graphed = 0 and graph is not null`,
};
export type Work = keyof typeof workConditions;
const works = Object.values(workConditions);

const createUpkeep = (
  db: Connection,
  kind: DatabaseKind,
  words: WordStore,
): Pick<
  MemoryStore,
  | 'bury'
  | 'waiting'
  | 'markIndexed'
  | 'markDropped'
  | 'markGraphed'
  | 'markUnindexed'
  | 'countIndexed'
  | 'markUnembedded'
  | 'erase'
  | 'ownersWithWork'
  | 'hasWork'
  | 'areWaiting'
> => ({
  async bury(ownerId, ids, at, tx) {
    const all = tx.selectFrom('memories').where('owner_id', '=', ownerId).where('deleted_at', 'is', null);
    const rows = ids === 'all' ? all : all.where('id', 'in', oneOf(kind, ids));
    const found = (await rows.select('id').execute()).map(({ id }) => id);
    for (const some of inParts(found)) {
      await words.remove(some, tx);
      await tx
        .updateTable('memories')
        .set({
          deleted_at: at,
          text: '',
          metadata: '{}',
          graph: null,
          hash: '',
          likeness: '',
          category: null,
          word_id: null,
        })
        .where('id', 'in', some)
        .execute();
    }
    return found.length;
  },
  waiting: (ownerId, work, limit) =>
    db
      .selectFrom('memories')
      .where('owner_id', '=', ownerId)
      .where(workConditions[work])
      .orderBy('id')
      .limit(limit)
      .selectAll()
      .execute(),
  async markIndexed(ids, state) {
    await db.updateTable('memories').set({ indexed: state }).where('id', 'in', ids).execute();
    const gone = await db
      .selectFrom('memories')
      .where('id', 'in', ids)
      .where((eb) => eb.or([eb('deleted_at', 'is not', null), eb('superseded_by', 'is not', null)]))
      .select('id')
      .execute();
    return gone.map(({ id }) => id);
  },
  async markDropped(ids) {
    await db.updateTable('memories').set({ indexed: 0 }).where('id', 'in', ids).execute();
  },
  async markGraphed(ids, state) {
    await db.updateTable('memories').set({ graphed: state }).where('id', 'in', ids).execute();
    const gone = db.selectFrom('memories').where('id', 'in', ids).where('deleted_at', 'is not', null).select('id');
    return (await gone.execute()).map(({ id }) => id);
  },
  async markUnindexed(ownerId) {
    await db
      .updateTable('memories')
      .set({ indexed: 0 })
      .where('owner_id', '=', ownerId)
      .where('indexed', '>', 0)
      .where(isCurrent)
      .execute();
  },
  async countIndexed(ownerId) {
    const rows = await db
      .selectFrom('memories')
      .where('owner_id', '=', ownerId)
      .where(isCurrent)
      .where('indexed', '>', 0)
      .select((eb) => ['indexed', eb.fn.countAll().as('n')])
      .groupBy('indexed')
      .execute();
    const count = (state: number): number => Number(rows.find(({ indexed }) => indexed === state)?.n ?? 0);
    return { items: count(1) + count(2), embedded: count(2) };
  },
  async markUnembedded() {
    await db.updateTable('memories').set({ indexed: 1 }).where('indexed', '=', 2).execute();
  },
  async erase(ids) {
    if (ids.length > 0)
      await db.deleteFrom('memories').where('id', 'in', ids).where('deleted_at', 'is not', null).execute();
  },
  async areWaiting(ids) {
    const anyWork = sql<SqlBool>`(${sql.join(
      works.map((work) => sql`(${work})`),
      sql` or `,
    )})`;
    const rows = db.selectFrom('memories').where('id', 'in', oneOf(kind, ids)).where(anyWork);
    return (await rows.select('id').executeTakeFirst()) !== undefined;
  },
  async hasWork(ownerId) {
    const some = works.map(
      (work) => sql<SqlBool>`exists (select 1 from memories where owner_id = ${ownerId} and ${work})`,
    );
    const { rows } = await sql<{ n: number }>`select 1 as n where ${sql.join(some, sql` or `)}`.execute(db);
    return rows.length > 0;
  },
  async ownersWithWork() {
    const each = works.map((work) => sql<{ owner_id: string }>`select distinct owner_id from memories where ${work}`);
    const { rows } = await sql<{ owner_id: string }>`${sql.join(each, sql` union `)}`.execute(db);
    return rows.map((row) => row.owner_id);
  },
});

export const createMemoryStore = (database: Pick<Db, 'kysely' | 'kind'>): MemoryStore => {
  const db = database.kysely;
  const words = createWordStore(db, database.kind);
  const { current, ...reads } = createReads(db, database.kind);
  return {
    words,
    ...reads,
    ...createUpkeep(db, database.kind, words),
    ...createTimeReads(db),
    async insert(rows, tx) {
      for (const part of inParts(rows)) await tx.insertInto('memories').values(part).execute();
      await words.put(
        rows.map(({ id, owner_id, text }) => ({ id, ownerId: owner_id, text })),
        tx,
      );
    },
    async alike(ownerId, { agentId, runId, likenesses }, tx) {
      const rows = current(ownerId, tx).where('likeness', 'in', likenesses).where('agent_id', '=', agentId).selectAll();
      return (runId === null ? rows.where('run_id', 'is', null) : rows.where('run_id', '=', runId)).execute();
    },
    async lastRunNo(ownerId, runId, tx) {
      const row = await tx
        .selectFrom('memories')
        .where('owner_id', '=', ownerId)
        .where('run_id', '=', runId)
        .select((eb) => eb.fn.max('run_no').as('last'))
        .executeTakeFirst();
      return Number(row?.last ?? 0);
    },
    after(ownerId, last, limit) {
      let rows = db.selectFrom('memories').where('owner_id', '=', ownerId).where('deleted_at', 'is', null);
      if (last !== null)
        rows = rows.where((eb) =>
          eb.or([
            eb('created_at', '>', last.created_at),
            eb.and([eb('created_at', '=', last.created_at), eb('id', '>', last.id)]),
          ]),
        );
      return rows.orderBy('created_at').orderBy('id').limit(limit).selectAll().execute();
    },
    async hasAny(ownerId) {
      return (await current(ownerId).select('id').limit(1).executeTakeFirst()) !== undefined;
    },
    async update(id, set, tx) {
      await tx.updateTable('memories').set(set).where('id', '=', id).execute();
    },
  };
};
