/** The graph in the SQL database, on SQLite and PostgreSQL. Every query goes by an index that begins with the owner. */
import type { Kysely } from 'kysely';
import { type Database, type DatabaseKind, type Db, oneOf } from '../../db/index.ts';
import { newId } from '../../kernel/ids.ts';
import type { GraphEntity, GraphFact, GraphStore } from '../../ports/graph-store.ts';
import { entitiesIn, nameKey, namesIn } from './names.ts';
import { createWalks, nothing, type RelationRow } from './walks.ts';

type Connection = Kysely<Database>;

const createReads = (db: Connection, kind: DatabaseKind) => {
  const entitiesOf = async (ownerId: string, ids: readonly string[]): Promise<GraphEntity[]> => {
    if (ids.length === 0) return [];
    const wanted = oneOf(kind, ids);
    const [entities, mentions] = await Promise.all([
      db.selectFrom('graph_entities').where('owner_id', '=', ownerId).where('id', 'in', wanted).selectAll().execute(),
      db
        .selectFrom('graph_mentions')
        .where('owner_id', '=', ownerId)
        .where('entity_id', 'in', wanted)
        .where('holds', '=', 1)
        .select(['entity_id', 'memory_id'])
        .execute(),
    ]);
    const memories = Map.groupBy(mentions, (one) => one.entity_id);
    const places = new Map(ids.map((id, at) => [id, at]));
    return entities
      .map(({ id, name, kind: what }) => ({
        id,
        name,
        kind: what,
        memoryIds: (memories.get(id) ?? []).map((one) => one.memory_id),
      }))
      .filter(({ memoryIds }) => memoryIds.length > 0)
      .sort((a, b) => (places.get(a.id) ?? 0) - (places.get(b.id) ?? 0));
  };

  /** Relations that hold and touch any of these. */
  const touching = async (ownerId: string, ids: readonly string[]): Promise<RelationRow[]> => {
    if (ids.length === 0) return [];
    const rows = (column: 'from_id' | 'to_id') =>
      db
        .selectFrom('graph_relations')
        .where('owner_id', '=', ownerId)
        .where(column, 'in', oneOf(kind, ids))
        .where('until', 'is', null)
        .selectAll()
        .execute();
    return (await Promise.all([rows('from_id'), rows('to_id')])).flat();
  };

  return { entitiesOf, touching };
};

const createWrites = (db: Connection, kind: DatabaseKind) => {
  const forgetIn = async (tx: Connection, ownerId: string, memoryIds: readonly string[]): Promise<void> => {
    const gone = oneOf(kind, memoryIds);
    const touched = await tx
      .selectFrom('graph_mentions')
      .where('owner_id', '=', ownerId)
      .where('memory_id', 'in', gone)
      .select('entity_id')
      .distinct()
      .execute();
    await tx.deleteFrom('graph_relations').where('owner_id', '=', ownerId).where('memory_id', 'in', gone).execute();
    await tx.deleteFrom('graph_mentions').where('owner_id', '=', ownerId).where('memory_id', 'in', gone).execute();
    const ids = oneOf(
      kind,
      touched.map(({ entity_id }) => entity_id),
    );
    await tx
      .deleteFrom('graph_entities')
      .where('owner_id', '=', ownerId)
      .where('id', 'in', ids)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('graph_mentions')
              .whereRef('graph_mentions.entity_id', '=', 'graph_entities.id')
              .where('graph_mentions.owner_id', '=', ownerId)
              .select('memory_id'),
          ),
        ),
      )
      .execute();
  };

  /** Ids by key; entities that are new are made. */
  const ensure = async (tx: Connection, ownerId: string, fact: GraphFact): Promise<Map<string, string>> => {
    const wanted = entitiesIn(fact);
    const keys = wanted.map(({ key }) => key);
    for (const one of wanted)
      await tx
        .insertInto('graph_entities')
        .values({ id: newId(), owner_id: ownerId, ...one })
        .onConflict((conflict) => conflict.columns(['owner_id', 'key']).doNothing())
        .execute();
    if (keys.length === 0) return new Map();
    const rows = await tx
      .selectFrom('graph_entities')
      .where('owner_id', '=', ownerId)
      .where('key', 'in', keys)
      .select(['id', 'key'])
      .execute();
    return new Map(rows.map(({ id, key }) => [key, id]));
  };

  const put = (ownerId: string, fact: GraphFact): Promise<void> =>
    db.transaction().execute(async (tx) => {
      await forgetIn(tx, ownerId, [fact.memoryId]);
      const ids = await ensure(tx, ownerId, fact);
      if (ids.size === 0) return;
      const mention = { owner_id: ownerId, memory_id: fact.memoryId };
      await tx
        .insertInto('graph_mentions')
        .values([...ids.values()].map((entity_id) => ({ ...mention, entity_id })))
        .execute();
      for (const { from, type, to } of fact.relations) {
        const [from_id, to_id] = [ids.get(nameKey(from)), ids.get(nameKey(to))];
        if (from_id === undefined || to_id === undefined) continue;
        await tx
          .insertInto('graph_relations')
          .values({ ...mention, from_id, type, to_id, since: fact.since })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
      }
    });

  return {
    put,
    forget: (ownerId: string, memoryIds: readonly string[]) =>
      db.transaction().execute((tx) => forgetIn(tx, ownerId, memoryIds)),
  };
};

export const createSqlGraphStore = (database: Pick<Db, 'kysely' | 'kind' | 'ping'>): GraphStore => {
  const { kysely: db, kind } = database;
  const reads = createReads(db, kind);
  const { entitiesOf, touching } = reads;
  const { around, path, graphOf } = createWalks(reads);
  const { put, forget } = createWrites(db, kind);

  return {
    put,
    forget,
    around,
    path,
    async retire(ownerId, memoryIds, at) {
      const corrected = oneOf(kind, memoryIds);
      await db
        .updateTable('graph_mentions')
        .set({ holds: 0 })
        .where('owner_id', '=', ownerId)
        .where('memory_id', 'in', corrected)
        .execute();
      await db
        .updateTable('graph_relations')
        .set({ until: at })
        .where('owner_id', '=', ownerId)
        .where('memory_id', 'in', corrected)
        .where('until', 'is', null)
        .execute();
    },
    async clear(ownerId) {
      for (const table of ['graph_relations', 'graph_mentions', 'graph_entities'] as const)
        await db.deleteFrom(table).where('owner_id', '=', ownerId).execute();
    },
    async mentioned(ownerId, text) {
      const rows = await db
        .selectFrom('graph_entities')
        .where('owner_id', '=', ownerId)
        .where('key', 'in', oneOf(kind, namesIn(text)))
        .select(['id', 'key'])
        .execute();
      const longest = rows.sort((a, b) => b.key.length - a.key.length || (a.key < b.key ? -1 : 1)).slice(0, 20);
      return entitiesOf(
        ownerId,
        longest.map(({ id }) => id),
      );
    },
    async overview(ownerId, limit) {
      const top = await db
        .selectFrom('graph_mentions')
        .where('owner_id', '=', ownerId)
        .where('holds', '=', 1)
        .select((eb) => ['entity_id', eb.fn.countAll().as('n')])
        .groupBy('entity_id')
        .orderBy('n', 'desc')
        .orderBy('entity_id')
        .limit(limit)
        .execute();
      if (top.length === 0) return nothing;
      const ids = top.map(({ entity_id }) => entity_id);
      return graphOf(ownerId, ids, await touching(ownerId, ids));
    },
    async count(ownerId) {
      const [entities, relations] = await Promise.all([
        db
          .selectFrom('graph_mentions')
          .where('owner_id', '=', ownerId)
          .where('holds', '=', 1)
          .select((eb) => eb.fn.count('entity_id').distinct().as('n'))
          .executeTakeFirstOrThrow(),
        db
          .selectFrom((eb) =>
            eb
              .selectFrom('graph_relations')
              .where('owner_id', '=', ownerId)
              .where('until', 'is', null)
              .select(['from_id', 'type', 'to_id'])
              .distinct()
              .as('one'),
          )
          .select((eb) => eb.fn.countAll().as('n'))
          .executeTakeFirstOrThrow(),
      ]);
      return { entities: Number(entities.n), relations: Number(relations.n) };
    },
    async memoryIds(ownerId, after) {
      const rows = await db
        .selectFrom('graph_mentions')
        .where('owner_id', '=', ownerId)
        .where('memory_id', '>', after ?? '')
        .select('memory_id')
        .distinct()
        .orderBy('memory_id')
        .limit(1_000)
        .execute();
      return rows.map(({ memory_id }) => memory_id);
    },
    ping: database.ping,
    close: async () => {},
  };
};
