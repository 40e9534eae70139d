/** Servers for tests that run once per SQL engine. */
import type { Engine } from '../../packages/server/src/db/test-db.ts';

/** What makes a server use a fresh database of this engine; SQLite is a file in the server's own home. */
export const databaseEnv = async (engine: Engine): Promise<Record<string, string>> => {
  if (engine.name === 'sqlite') return {};
  const options = await engine.makeOptions();
  return options.kind === 'postgres' ? { DATABASE_URL: options.url } : {};
};
