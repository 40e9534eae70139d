/** Opens what memory stands on: index, embedder, graph and the model that finds facts. They start when first needed. */
import { join } from 'node:path';
import type { AgentProvider, WorkerProfile } from '@hearth/runtime';
import type { Db } from '../db/index.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Lifecycle } from '../kernel/lifecycle.ts';
import type { Embedder } from '../ports/embedder.ts';
import type { GraphStore } from '../ports/graph-store.ts';
import type { SearchIndex } from '../ports/search-index.ts';
import type { StructuredModel } from '../ports/structured-model.ts';
import { createBundledEmbedder } from './embedder/bundled.ts';
import { createSqlGraphStore } from './graph-store/sql.ts';
import { createSqliteSearchIndex } from './search-index/sqlite/index.ts';
import { createAgentModel } from './structured-model/agent.ts';

export interface MemoryStoresDeps {
  db: Db;
  clock: Clock;
  lifecycle: Lifecycle;
  dataDir: string;
  provider: AgentProvider;
  /** What a worker that belongs to nobody is opened with. */
  profile: () => Promise<WorkerProfile>;
  /** The Claude model that finds facts. */
  model: string;
}

export interface MemoryStores {
  index: SearchIndex;
  embedder: Embedder;
  graph: GraphStore;
  model: StructuredModel;
}

export const openMemoryStores = ({ db, clock, lifecycle, ...deps }: MemoryStoresDeps): MemoryStores => {
  const index = createSqliteSearchIndex({ dir: join(deps.dataDir, 'index'), clock });
  lifecycle.onStop('search index', () => index.close());
  const embedder = createBundledEmbedder({ clock });
  lifecycle.onStop('embedder', () => embedder.close());
  const graph = createSqlGraphStore(db);
  const model = createAgentModel({ ...deps, clock, timeoutMs: 120_000 });
  return { index, embedder, graph, model };
};
