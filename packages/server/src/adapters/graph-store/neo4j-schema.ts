/**
 * What is kept in Neo4j. Labels and types carry our name, for the database may hold other things too; every node and
 * relation carries its owner. Relations of entities are kept once for each memory that says so, as in the SQL tables.
 *
 * (HearthMemory)-[:HEARTH_MENTIONS {holds}]->(HearthEntity)-[:HEARTH_RELATES {type, memory, since, until}]->(HearthEntity)
 *
 * A HearthOwner is what writers of one owner take turns at.
 */
export const schemaStatements: readonly string[] = [
  'CREATE CONSTRAINT hearth_owner IF NOT EXISTS FOR (n:HearthOwner) REQUIRE n.owner IS UNIQUE',
  'CREATE CONSTRAINT hearth_entity_key IF NOT EXISTS FOR (n:HearthEntity) REQUIRE (n.owner, n.key) IS UNIQUE',
  'CREATE CONSTRAINT hearth_entity_id IF NOT EXISTS FOR (n:HearthEntity) REQUIRE (n.owner, n.id) IS UNIQUE',
  'CREATE CONSTRAINT hearth_memory IF NOT EXISTS FOR (n:HearthMemory) REQUIRE (n.owner, n.id) IS UNIQUE',
  'CREATE INDEX hearth_relation_memory IF NOT EXISTS FOR ()-[r:HEARTH_RELATES]-() ON (r.owner, r.memory)',
];
