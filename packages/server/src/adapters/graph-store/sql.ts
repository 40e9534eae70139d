/** The graph in the SQL database, on SQLite and PostgreSQL. Every query goes by an index that begins with the owner. */
import type { Kysely, Selectable } from 'kysely';
import type { Database, Db } from '../../db/index.ts';
import { newId } from '../../kernel/ids.ts';
import type { Graph, GraphEntity, GraphFact, GraphRelation, GraphStore } from '../../ports/graph-store.ts';
import { nameKey, namesIn } from './names.ts';

type Connection = Kysely<Database>;
type RelationRow = Selectable<Database['graph_relations']>;

const perStatement = 400;
const inParts = <T>(all: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(all.length / perStatement) }, (_, at) =>
    all.slice(at * perStatement, (at + 1) * perStatement),
  );
/** How many entities a search for a path looks at. */
const mostVisited = 5_000;

const nothing: Graph = { entities: [], relations: [] };

/** One relation for each pair and type, with everything that says so. */
const toRelations = (rows: readonly RelationRow[]): GraphRelation[] => {
  const found = new Map<string, GraphRelation & { memoryIds: string[] }>();
  for (const row of rows) {
    const key = [row.from_id, row.type, row.to_id].join('\n');
    const known = found.get(key);
    if (known) {
      known.memoryIds.push(row.memory_id);
      if (row.since < known.since) known.since = row.since;
      if (row.until === null) known.until = null;
    } else
      found.set(key, {
        from: row.from_id,
        to: row.to_id,
        type: row.type,
        since: row.since,
        until: row.until,
        memoryIds: [row.memory_id],
      });
  }
  return [...found.values()];
};

const createReads = (db: Connection) => {
  const entitiesOf = async (ownerId: string, ids: readonly string[]): Promise<GraphEntity[]> => {
    const parts = inParts(ids).map(async (part) => {
      const [entities, mentions] = await Promise.all([
        db.selectFrom('graph_entities').where('owner_id', '=', ownerId).where('id', 'in', part).selectAll().execute(),
        db
          .selectFrom('graph_mentions')
          .where('owner_id', '=', ownerId)
          .where('entity_id', 'in', part)
          .where('holds', '=', 1)
          .select(['entity_id', 'memory_id'])
          .execute(),
      ]);
      return entities.map(({ id, name, kind }) => ({
        id,
        name,
        kind,
        memoryIds: mentions.filter((one) => one.entity_id === id).map((one) => one.memory_id),
      }));
    });
    const found = (await Promise.all(parts)).flat().filter(({ memoryIds }) => memoryIds.length > 0);
    return found.sort((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id));
  };

  /** Relations that hold and touch any of these. */
  const touching = async (ownerId: string, ids: readonly string[]): Promise<RelationRow[]> => {
    const rows = (column: 'from_id' | 'to_id', part: readonly string[]) =>
      db
        .selectFrom('graph_relations')
        .where('owner_id', '=', ownerId)
        .where(column, 'in', part)
        .where('until', 'is', null)
        .selectAll()
        .execute();
    const parts = inParts(ids).flatMap((part) => [rows('from_id', part), rows('to_id', part)]);
    return (await Promise.all(parts)).flat();
  };

  const within = (rows: readonly RelationRow[], ids: ReadonlySet<string>): RelationRow[] => [
    ...new Map(
      rows
        .filter((row) => ids.has(row.from_id) && ids.has(row.to_id))
        .map((row) => [[row.from_id, row.type, row.to_id, row.memory_id].join('\n'), row]),
    ).values(),
  ];

  const graphOf = async (ownerId: string, ids: readonly string[], rows: readonly RelationRow[]): Promise<Graph> => ({
    entities: await entitiesOf(ownerId, ids),
    relations: toRelations(within(rows, new Set(ids))),
  });
  return { entitiesOf, touching, graphOf };
};

const createWrites = (db: Connection) => {
  const forgetIn = async (tx: Connection, ownerId: string, memoryIds: readonly string[]): Promise<void> => {
    for (const part of inParts(memoryIds)) {
      const touched = await tx
        .selectFrom('graph_mentions')
        .where('owner_id', '=', ownerId)
        .where('memory_id', 'in', part)
        .select('entity_id')
        .distinct()
        .execute();
      await tx.deleteFrom('graph_relations').where('owner_id', '=', ownerId).where('memory_id', 'in', part).execute();
      await tx.deleteFrom('graph_mentions').where('owner_id', '=', ownerId).where('memory_id', 'in', part).execute();
      for (const ids of inParts(touched.map(({ entity_id }) => entity_id)))
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
    }
  };

  /** Ids by key; entities that are new are made. In the order of keys, so that two writers never wait for each other. */
  const ensure = async (tx: Connection, ownerId: string, fact: GraphFact): Promise<Map<string, string>> => {
    const ends = fact.relations.flatMap(({ from, to }) => [from, to]).map((name) => ({ name, kind: 'thing' }));
    const wanted = new Map<string, { name: string; kind: string }>();
    for (const one of [...fact.entities, ...ends]) {
      const key = nameKey(one.name);
      if (key !== '' && !wanted.has(key)) wanted.set(key, one);
    }
    const keys = [...wanted.keys()].sort();
    for (const key of keys) {
      const { name, kind } = wanted.get(key) ?? { name: key, kind: 'thing' };
      await tx
        .insertInto('graph_entities')
        .values({ id: newId(), owner_id: ownerId, key, name: name.trim(), kind })
        .onConflict((conflict) => conflict.columns(['owner_id', 'key']).doNothing())
        .execute();
    }
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

export const createSqlGraphStore = (database: Pick<Db, 'kysely' | 'ping'>): GraphStore => {
  const db = database.kysely;
  const { entitiesOf, touching, graphOf } = createReads(db);
  const { put, forget } = createWrites(db);

  const around: GraphStore['around'] = async (ownerId, entityIds, { depth, limit }) => {
    const near = new Set((await entitiesOf(ownerId, entityIds.slice(0, limit))).map(({ id }) => id));
    const rows: RelationRow[] = [];
    let edge = [...near];
    for (let step = 0; step < depth && edge.length > 0; step += 1) {
      const found = await touching(ownerId, edge);
      rows.push(...found);
      const next = [...new Set(found.flatMap((row) => [row.from_id, row.to_id]))].filter((id) => !near.has(id));
      edge = next.slice(0, Math.max(0, limit - near.size));
      for (const id of edge) near.add(id);
    }
    return graphOf(ownerId, [...near], rows);
  };

  const path: GraphStore['path'] = async (ownerId, from, to, most) => {
    const cameFrom = new Map<string, string | null>([[from, null]]);
    const rows: RelationRow[] = [];
    let edge = [from];
    for (let step = 0; step < most && edge.length > 0 && !cameFrom.has(to) && cameFrom.size < mostVisited; step += 1) {
      const found = await touching(ownerId, edge);
      rows.push(...found);
      const next: string[] = [];
      for (const { from_id, to_id } of found)
        for (const [near, far] of [
          [from_id, to_id],
          [to_id, from_id],
        ] as const)
          if (cameFrom.has(near) && !cameFrom.has(far)) {
            cameFrom.set(far, near);
            next.push(far);
          }
      edge = next;
    }
    if (!cameFrom.has(to)) return null;
    const way: string[] = [];
    for (let at: string | null | undefined = to; at; at = cameFrom.get(at)) way.unshift(at);
    const steps = new Set(way.slice(1).flatMap((id, at) => [`${way[at]}\n${id}`, `${id}\n${way[at]}`]));
    return graphOf(
      ownerId,
      way,
      rows.filter((row) => steps.has(`${row.from_id}\n${row.to_id}`)),
    );
  };

  return {
    put,
    forget,
    around,
    path,
    async retire(ownerId, memoryIds, at) {
      for (const part of inParts(memoryIds)) {
        await db
          .updateTable('graph_mentions')
          .set({ holds: 0 })
          .where('owner_id', '=', ownerId)
          .where('memory_id', 'in', part)
          .execute();
        await db
          .updateTable('graph_relations')
          .set({ until: at })
          .where('owner_id', '=', ownerId)
          .where('memory_id', 'in', part)
          .where('until', 'is', null)
          .execute();
      }
    },
    async clear(ownerId) {
      for (const table of ['graph_relations', 'graph_mentions', 'graph_entities'] as const)
        await db.deleteFrom(table).where('owner_id', '=', ownerId).execute();
    },
    async mentioned(ownerId, text) {
      const keys = namesIn(text);
      const rows = (
        await Promise.all(
          inParts(keys).map((part) =>
            db
              .selectFrom('graph_entities')
              .where('owner_id', '=', ownerId)
              .where('key', 'in', part)
              .select(['id', 'key'])
              .execute(),
          ),
        )
      ).flat();
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
