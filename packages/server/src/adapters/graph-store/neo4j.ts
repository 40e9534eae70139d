/** The graph in Neo4j. Every statement is fixed, names the owner for each node and relation, and gets all values as parameters. */
import { z } from 'zod';
import { newId } from '../../kernel/ids.ts';
import type { GraphEntity, GraphFact, GraphStore } from '../../ports/graph-store.ts';
import { entitiesIn, nameKey, namesIn } from './names.ts';
import { createNeo4jLine, type Neo4jLine, type Neo4jLineDeps, type Query } from './neo4j-line.ts';
import { createWalks, type GraphReads, nothing } from './walks.ts';

const entityRows = z.array(
  z.object({ id: z.string(), name: z.string(), kind: z.string(), memoryIds: z.array(z.string()) }),
);
const relationRows = z.array(
  z.object({
    from_id: z.string(),
    type: z.string(),
    to_id: z.string(),
    memory_id: z.string(),
    since: z.string(),
    until: z.string().nullable(),
  }),
);
const idRows = z.array(z.object({ id: z.string() }));
const numberRows = z.array(z.object({ n: z.number() }));
const idsIn = (rows: unknown): string[] => idRows.parse(rows).map(({ id }) => id);
const numberIn = (rows: unknown): number => numberRows.parse(rows)[0]?.n ?? 0;

/** Most nodes that one transaction removes: it holds them in the server's memory until it ends. */
const perTransaction = 5_000;

const createReads = ({ read }: Pick<Neo4jLine, 'read'>): GraphReads => ({
  async entitiesOf(ownerId, ids) {
    if (ids.length === 0) return [];
    const rows = await read(
      `UNWIND $ids AS id
       MATCH (e:HearthEntity {owner: $owner, id: id})
       MATCH (e)<-[:HEARTH_MENTIONS {owner: $owner, holds: true}]-(m:HearthMemory {owner: $owner})
       RETURN e.id AS id, e.name AS name, e.kind AS kind, collect(DISTINCT m.id) AS memoryIds`,
      { owner: ownerId, ids },
    );
    const place = new Map(ids.map((id, at) => [id, at]));
    return entityRows.parse(rows).sort((a, b) => (place.get(a.id) ?? 0) - (place.get(b.id) ?? 0));
  },
  async touching(ownerId, ids) {
    if (ids.length === 0) return [];
    const rows = await read(
      `UNWIND $ids AS id
       MATCH (e:HearthEntity {owner: $owner, id: id})
       MATCH (e)-[r:HEARTH_RELATES {owner: $owner}]-(:HearthEntity {owner: $owner})
       WHERE r.until IS NULL
       WITH DISTINCT r
       RETURN startNode(r).id AS from_id, r.type AS type, endNode(r).id AS to_id, r.memory AS memory_id,
         r.since AS since, r.until AS until`,
      { owner: ownerId, ids },
    );
    return relationRows.parse(rows);
  },
});

/**
 * From here on to the end of the transaction no other writer of this owner does anything; false when nothing is kept of
 * this owner. Looks again after it has waited: what it waited for may have been the end of the owner.
 */
const takeTurn = async (query: Query, owner: string): Promise<boolean> => {
  const rows = await query(
    `MATCH (o:HearthOwner {owner: $owner})
     SET o.writes = coalesce(o.writes, 0) + 1
     WITH o WHERE o.owner = $owner
     RETURN count(o) AS n`,
    { owner },
  );
  return numberIn(rows) > 0;
};

const forgetIn = async (query: Query, owner: string, memories: readonly string[]): Promise<void> => {
  const touched = idsIn(
    await query(
      `UNWIND $memories AS memory
       MATCH (:HearthMemory {owner: $owner, id: memory})-[:HEARTH_MENTIONS {owner: $owner}]->(e:HearthEntity {owner: $owner})
       RETURN DISTINCT e.id AS id`,
      { owner, memories },
    ),
  );
  // Whatever is known of a memory, it mentions something: both ends of each relation, too.
  if (touched.length === 0) return;
  await query('MATCH ()-[r:HEARTH_RELATES {owner: $owner}]->() WHERE r.memory IN $memories DELETE r', {
    owner,
    memories,
  });
  await query('UNWIND $memories AS memory MATCH (m:HearthMemory {owner: $owner, id: memory}) DETACH DELETE m', {
    owner,
    memories,
  });
  await query(
    `UNWIND $touched AS id
     MATCH (e:HearthEntity {owner: $owner, id: id})
     WHERE NOT EXISTS { MATCH (e)<-[:HEARTH_MENTIONS {owner: $owner}]-(:HearthMemory {owner: $owner}) }
     DETACH DELETE e`,
    { owner, touched },
  );
};

/** Each relation once, by the keys of its ends. */
const relationsIn = (fact: GraphFact): { from: string; type: string; to: string }[] => {
  const found = new Map<string, { from: string; type: string; to: string }>();
  for (const one of fact.relations) {
    const [from, to] = [nameKey(one.from), nameKey(one.to)];
    if (from !== '' && to !== '') found.set([from, one.type, to].join('\n'), { from, type: one.type, to });
  }
  return [...found.values()];
};

const putIn = async (query: Query, owner: string, fact: GraphFact): Promise<void> => {
  while (!(await takeTurn(query, owner))) await query('MERGE (:HearthOwner {owner: $owner})', { owner });
  await forgetIn(query, owner, [fact.memoryId]);
  const entities = entitiesIn(fact).map((one) => ({ id: newId(), ...one }));
  if (entities.length === 0) return;
  await query(
    `MERGE (m:HearthMemory {owner: $owner, id: $memory})
     WITH m
     UNWIND $entities AS one
     MERGE (e:HearthEntity {owner: $owner, key: one.key})
     ON CREATE SET e.id = one.id, e.name = one.name, e.kind = one.kind
     CREATE (m)-[:HEARTH_MENTIONS {owner: $owner, holds: true}]->(e)`,
    { owner, memory: fact.memoryId, entities },
  );
  const relations = relationsIn(fact);
  if (relations.length === 0) return;
  await query(
    `UNWIND $relations AS one
     MATCH (from:HearthEntity {owner: $owner, key: one.from})
     MATCH (to:HearthEntity {owner: $owner, key: one.to})
     CREATE (from)-[:HEARTH_RELATES {owner: $owner, type: one.type, memory: $memory, since: $since}]->(to)`,
    { owner, memory: fact.memoryId, since: fact.since, relations },
  );
};

const retireIn = async (query: Query, owner: string, memories: readonly string[], at: string): Promise<void> => {
  if (!(await takeTurn(query, owner))) return;
  await query(
    `UNWIND $memories AS memory
     MATCH (:HearthMemory {owner: $owner, id: memory})-[r:HEARTH_MENTIONS {owner: $owner}]->(:HearthEntity {owner: $owner})
     SET r.holds = false`,
    { owner, memories },
  );
  await query(
    `MATCH ()-[r:HEARTH_RELATES {owner: $owner}]->()
     WHERE r.memory IN $memories AND r.until IS NULL
     SET r.until = $at`,
    { owner, memories, at },
  );
};

/** Removes a part; true while there is more. */
const clearPart = async (query: Query, owner: string): Promise<boolean> => {
  if (!(await takeTurn(query, owner))) return false;
  const most = BigInt(perTransaction);
  const removed = [
    'MATCH (n:HearthEntity {owner: $owner}) WITH n LIMIT $most DETACH DELETE n RETURN count(*) AS n',
    'MATCH (n:HearthMemory {owner: $owner}) WITH n LIMIT $most DETACH DELETE n RETURN count(*) AS n',
  ];
  for (const statement of removed) if (numberIn(await query(statement, { owner, most })) > 0) return true;
  await query('MATCH (o:HearthOwner {owner: $owner}) DETACH DELETE o', { owner });
  return false;
};

const createFinds = ({ read }: Pick<Neo4jLine, 'read'>) => ({
  async mentioned(owner: string, text: string): Promise<GraphEntity[]> {
    const keys = namesIn(text);
    if (keys.length === 0) return [];
    const rows = await read(
      `UNWIND $keys AS key
       MATCH (e:HearthEntity {owner: $owner, key: key})
       WHERE EXISTS {
         MATCH (e)<-[:HEARTH_MENTIONS {owner: $owner, holds: true}]-(:HearthMemory {owner: $owner})
       }
       WITH e ORDER BY size(e.key) DESC, e.key LIMIT 20
       MATCH (e)<-[:HEARTH_MENTIONS {owner: $owner, holds: true}]-(m:HearthMemory {owner: $owner})
       WITH e, collect(DISTINCT m.id) AS memoryIds
       RETURN e.id AS id, e.name AS name, e.kind AS kind, memoryIds
       ORDER BY size(e.key) DESC, e.key`,
      { owner, keys },
    );
    return entityRows.parse(rows);
  },
  async mostMentioned(owner: string, limit: number): Promise<string[]> {
    const rows = await read(
      `MATCH (e:HearthEntity {owner: $owner})
       MATCH (e)<-[r:HEARTH_MENTIONS {owner: $owner, holds: true}]-(:HearthMemory {owner: $owner})
       WITH e.id AS id, count(r) AS n
       RETURN id ORDER BY n DESC, id LIMIT $limit`,
      { owner, limit: BigInt(limit) },
    );
    return idsIn(rows);
  },
  async count(owner: string): Promise<{ entities: number; relations: number }> {
    const [entities, relations] = await Promise.all([
      read(
        `MATCH (e:HearthEntity {owner: $owner})
         WHERE EXISTS {
           MATCH (e)<-[:HEARTH_MENTIONS {owner: $owner, holds: true}]-(:HearthMemory {owner: $owner})
         }
         RETURN count(e) AS n`,
        { owner },
      ),
      read(
        `MATCH (from:HearthEntity {owner: $owner})-[r:HEARTH_RELATES {owner: $owner}]->(to:HearthEntity {owner: $owner})
         WHERE r.until IS NULL
         WITH DISTINCT from, r.type AS type, to
         RETURN count(*) AS n`,
        { owner },
      ),
    ]);
    return { entities: numberIn(entities), relations: numberIn(relations) };
  },
  async memoryIds(owner: string, after: string | null): Promise<string[]> {
    const rows = await read(
      `MATCH (m:HearthMemory {owner: $owner})
       WHERE m.id > $after
       RETURN m.id AS id ORDER BY id LIMIT 1000`,
      { owner, after: after ?? '' },
    );
    return idsIn(rows);
  },
});

/** Nothing is opened here: the driver is loaded, and constraints are made, by the first call. */
export const createNeo4jGraphStore = (deps: Neo4jLineDeps): GraphStore => {
  const line = createNeo4jLine(deps);
  const reads = createReads(line);
  const finds = createFinds(line);
  const { around, path, graphOf } = createWalks(reads);

  return {
    around,
    path,
    mentioned: finds.mentioned,
    count: finds.count,
    memoryIds: finds.memoryIds,
    ping: line.ping,
    close: line.close,
    put: (ownerId, fact) => line.write((query) => putIn(query, ownerId, fact)),
    retire: (ownerId, memoryIds, at) => line.write((query) => retireIn(query, ownerId, memoryIds, at)),
    forget: (ownerId, memoryIds) =>
      line.write(async (query) => {
        if (await takeTurn(query, ownerId)) await forgetIn(query, ownerId, memoryIds);
      }),
    async clear(ownerId) {
      while (await line.write((query) => clearPart(query, ownerId)));
    },
    async overview(ownerId, limit) {
      const ids = await finds.mostMentioned(ownerId, limit);
      return ids.length === 0 ? nothing : graphOf(ownerId, ids, await reads.touching(ownerId, ids));
    },
  };
};
