/**
 * People, places and things, and how they relate. Derived like the search index: each entity and relation stands only as
 * long as a memory says so (its evidence), and can be built again from the SQL database.
 *
 * Everything is scoped by owner; the same name of two owners is two entities (security.md, case 12). Names are compared
 * without regard to case, accents of width and surrounding blanks (NFKC, lower case, single blanks); the first spelling
 * is shown. Names, types and kinds are literal values, never part of a query language.
 *
 * Errors: SERVICE_UNAVAILABLE when the backend is away or does not answer in time.
 */
export interface GraphFact {
  memoryId: string;
  /** ISO 8601; from when on it holds. */
  since: string;
  entities: readonly { name: string; kind: string }[];
  /** Ends that are not among `entities` are made with the kind "thing". */
  relations: readonly { from: string; type: string; to: string }[];
}

export interface GraphEntity {
  /** UUID, stable while the entity stands. */
  id: string;
  name: string;
  kind: string;
  /** Memories that mention it and still hold. */
  memoryIds: readonly string[];
}

export interface GraphRelation {
  /** Ids of entities. */
  from: string;
  to: string;
  type: string;
  since: string;
  /** ISO 8601; null while it holds. */
  until: string | null;
  memoryIds: readonly string[];
}

export interface Graph {
  entities: readonly GraphEntity[];
  relations: readonly GraphRelation[];
}

export interface GraphAround {
  /** How many relations away: 0 answers the entities themselves; 1-3. */
  depth: number;
  /** Most entities in the answer, nearest first; 1-500. */
  limit: number;
}

export interface GraphStore {
  /** Replaces what the memory said before. */
  put(ownerId: string, fact: GraphFact): Promise<void>;
  /** The memories hold no more (they were corrected): their relations get an end, they are found by nobody but history. */
  retire(ownerId: string, memoryIds: readonly string[], at: string): Promise<void>;
  /** The memories are gone: entities and relations that no other memory speaks of are gone too, in all their parts. */
  forget(ownerId: string, memoryIds: readonly string[]): Promise<void>;
  clear(ownerId: string): Promise<void>;
  /** Entities whose name occurs in the text as whole words, longest names first; at most 20. */
  mentioned(ownerId: string, text: string): Promise<GraphEntity[]>;
  /** What lies around some entities, of what holds now. Unknown ids are passed over. */
  around(ownerId: string, entityIds: readonly string[], around: GraphAround): Promise<Graph>;
  /** A shortest way between two entities over what holds now, in either direction; null when there is none within `most`. */
  path(ownerId: string, from: string, to: string, most: number): Promise<Graph | null>;
  /** The entities most memories speak of, and the relations between them. */
  overview(ownerId: string, limit: number): Promise<Graph>;
  /** Counts of what holds now. */
  count(ownerId: string): Promise<{ entities: number; relations: number }>;
  /** Memory ids that have anything in the graph, up to 1,000 after `after` in the order of ids. */
  memoryIds(ownerId: string, after: string | null): Promise<string[]>;
  ping(): Promise<void>;
  close(): Promise<void>;
}
