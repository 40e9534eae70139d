/** Going from entity to entity, the same for every backend that can say what an entity is and what touches it. */
import type { Graph, GraphEntity, GraphRelation, GraphStore } from '../../ports/graph-store.ts';

/** One memory's word for one relation. */
export interface RelationRow {
  from_id: string;
  type: string;
  to_id: string;
  memory_id: string;
  since: string;
  until: string | null;
}

export interface GraphReads {
  /** What is known of these entities as far as it holds, in the order of the ids. */
  entitiesOf(ownerId: string, ids: readonly string[]): Promise<GraphEntity[]>;
  /** Relations that hold and touch any of these; one may come more than once. */
  touching(ownerId: string, ids: readonly string[]): Promise<RelationRow[]>;
}

export interface Walks extends Pick<GraphStore, 'around' | 'path'> {
  /** These entities, and of these relations the ones between them. */
  graphOf(ownerId: string, ids: readonly string[], rows: readonly RelationRow[]): Promise<Graph>;
}

export const nothing: Graph = { entities: [], relations: [] };
/** How many entities a search for a path looks at. */
const mostVisited = 5_000;

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

const within = (rows: readonly RelationRow[], ids: ReadonlySet<string>): RelationRow[] => [
  ...new Map(
    rows
      .filter((row) => ids.has(row.from_id) && ids.has(row.to_id))
      .map((row) => [[row.from_id, row.type, row.to_id, row.memory_id].join('\n'), row]),
  ).values(),
];

export const createWalks = ({ entitiesOf, touching }: GraphReads): Walks => {
  const graphOf: Walks['graphOf'] = async (ownerId, ids, rows) => ({
    entities: await entitiesOf(ownerId, ids),
    relations: toRelations(within(rows, new Set(ids))),
  });

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

  return { around, path, graphOf };
};
