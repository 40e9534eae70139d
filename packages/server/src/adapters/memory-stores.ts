/**
 * Opens what memory stands on: index, embedder, graph and the model that finds facts; built in, or on services that the
 * configuration names. They start when they are first needed. `probes` are for health: a part that is built in has none.
 */
import { join } from 'node:path';
import type { AgentProvider, WorkerProfile } from '@hearth/runtime';
import type { MemoryServices } from '../config/services.ts';
import type { Db } from '../db/index.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Lifecycle } from '../kernel/lifecycle.ts';
import { createPolicies } from '../kernel/policies.ts';
import type { Embedder } from '../ports/embedder.ts';
import type { GraphStore } from '../ports/graph-store.ts';
import type { MemoryEngine } from '../ports/memory-engine.ts';
import type { SearchIndex } from '../ports/search-index.ts';
import type { StructuredModel } from '../ports/structured-model.ts';
import { createSqlGraphStore } from './graph-store/sql.ts';
import { createSqliteSearchIndex } from './search-index/sqlite/index.ts';
import { createAgentModel } from './structured-model/agent.ts';

export interface MemoryStoresDeps {
  services: MemoryServices;
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

export interface MemoryProbe {
  name: string;
  ping: () => Promise<void>;
  /** What is lost or weaker while it is away. */
  features: string[];
  critical: false;
}

export interface MemoryStores {
  index: SearchIndex;
  embedder: Embedder;
  graph: GraphStore;
  model: StructuredModel;
  /** Null: our own, over the parts above. */
  engine: MemoryEngine | null;
  probes: MemoryProbe[];
}

type Policies = ReturnType<typeof createPolicies>;

const probe = (name: string, part: { ping(): Promise<void> }, features: string[]): MemoryProbe => ({
  name,
  ping: () => part.ping(),
  features,
  critical: false,
});

const openIndex = async ({ services, dataDir, clock }: MemoryStoresDeps, policies: Policies): Promise<SearchIndex> => {
  if (services.qdrant === null) return createSqliteSearchIndex({ dir: join(dataDir, 'index'), clock });
  const { createQdrantSearchIndex } = await import('./search-index/qdrant/qdrant.ts');
  return createQdrantSearchIndex({ ...services.qdrant, clock, policy: policies.qdrant });
};

const openEmbedder = async (
  { services: { embedder }, clock }: MemoryStoresDeps,
  policies: Policies,
): Promise<Embedder> => {
  switch (embedder.kind) {
    case 'bundled':
      return (await import('./embedder/bundled.ts')).createBundledEmbedder({ clock });
    case 'tei':
      return (await import('./embedder/tei.ts')).createTeiEmbedder({ ...embedder, clock, policy: policies.tei });
    case 'openai': {
      const { createOpenAiEmbedder } = await import('./embedder/openai.ts');
      return createOpenAiEmbedder({ ...embedder, clock, policy: policies.embeddings });
    }
  }
};

const openGraph = async ({ services, db, clock }: MemoryStoresDeps, policies: Policies): Promise<GraphStore> => {
  if (services.neo4j === null) return createSqlGraphStore(db);
  const { createNeo4jGraphStore } = await import('./graph-store/neo4j.ts');
  return createNeo4jGraphStore({ ...services.neo4j, clock, policy: policies.neo4j });
};

const openModel = async (
  { services, lifecycle, ...deps }: MemoryStoresDeps,
  policies: Policies,
): Promise<{ model: StructuredModel; probes: MemoryProbe[] }> => {
  if (services.model === null) return { model: createAgentModel({ ...deps, timeoutMs: 120_000 }), probes: [] };
  const { createOpenAiModel } = await import('./structured-model/openai.ts');
  const model = createOpenAiModel({ ...services.model, clock: deps.clock, policy: policies.extraction });
  lifecycle.onStop('extraction model', async () => model.close());
  return { model, probes: [probe('llm', model, ['learning_from_chats'])] };
};

/** It stands on the same services as ours: the model, the embedder and Qdrant. */
const openEngine = async (
  { services, dataDir }: MemoryStoresDeps,
  embedder: Embedder,
): Promise<MemoryEngine | null> => {
  if (services.engine === 'hearth' || services.model === null) return null;
  const { mem0Folder, openMem0 } = await import('./memory-engine/mem0.ts');
  return openMem0({ dir: mem0Folder(dataDir), embedder, llm: services.model, qdrant: services.qdrant });
};

export const openMemoryStores = async (deps: MemoryStoresDeps): Promise<MemoryStores> => {
  const { services, lifecycle } = deps;
  const policies = createPolicies();
  const index = await openIndex(deps, policies);
  lifecycle.onStop('search index', () => index.close());
  const embedder = await openEmbedder(deps, policies);
  lifecycle.onStop('embedder', () => embedder.close());
  const graph = await openGraph(deps, policies);
  lifecycle.onStop('graph store', () => graph.close());
  const { model, probes } = await openModel(deps, policies);
  const engine = await openEngine(deps, embedder);
  lifecycle.onStop('memory engine', async () => engine?.close());
  const embeds = services.embedder.kind === 'openai' ? 'embeddings' : services.embedder.kind;
  return {
    index,
    embedder,
    graph,
    model,
    engine,
    probes: [
      ...(services.qdrant === null ? [] : [probe('qdrant', index, ['semantic_search'])]),
      ...(embeds === 'bundled' ? [] : [probe(embeds, embedder, ['semantic_search'])]),
      ...(services.neo4j === null ? [] : [probe('neo4j', graph, ['knowledge_graph'])]),
      ...probes,
    ],
  };
};
