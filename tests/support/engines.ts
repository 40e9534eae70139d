/** Servers for tests that run once per SQL engine. */
import type { Engine } from '../../packages/server/src/db/test-db.ts';
import { testNeo4j } from '../neo4j/offer.ts';

/** What makes a server use a fresh database of this engine; SQLite is a file in the server's own home. */
export const databaseEnv = async (engine: Engine): Promise<Record<string, string>> => {
  if (engine.name === 'sqlite') return {};
  const options = await engine.makeOptions();
  return options.kind === 'postgres' ? { DATABASE_URL: options.url } : {};
};

/** The graph in the test run's Neo4j; nothing where there is none: the graph is then in the database. */
export const neo4jEnv = async (): Promise<Record<string, string>> => {
  const neo4j = await testNeo4j();
  return neo4j.url === undefined
    ? {}
    : { NEO4J_URL: neo4j.url, NEO4J_USERNAME: neo4j.user, NEO4J_PASSWORD: neo4j.password };
};
