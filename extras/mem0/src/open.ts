/** Mem0 itself: its configuration, on our embedder, and nothing written or sent anywhere else. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { closeBelow } from 'better-sqlite3';
import { z } from 'zod';
import type { Mem0Options } from '../../../packages/server/src/adapters/memory-engine/mem0.ts';
import { AppError } from '../../../packages/server/src/kernel/errors.ts';
import type { Embedder, EmbedderSpace } from '../../../packages/server/src/ports/embedder.ts';
import { createQdrantClient } from './qdrant.ts';
import { openTraces, type Traces } from './traces.ts';

type Library = typeof import('mem0ai/oss');

export interface Opened {
  mem0: InstanceType<Library['Memory']>;
  traces: Traces;
  close(): void;
}

/** The seed's; another than that of our own search index. */
const collectionName = 'mem0_memories';
/** As for our own model that finds facts. */
const modelTimeoutMs = 120_000;

/** Both are read when Mem0 is loaded, so they are set before. */
const loadMem0 = async (dir: string): Promise<Library> => {
  process.env.MEM0_TELEMETRY = 'false';
  process.env.MEM0_DIR = dir;
  return import('mem0ai/oss');
};

const spaceShape = z.object({ embedderId: z.string(), dimensions: z.number() });

/** Vectors of two embedders cannot be compared, and Mem0 does not notice as long as they are equally long. */
const checkSpace = (dir: string, space: EmbedderSpace): void => {
  const file = join(dir, 'embedder.json');
  if (!existsSync(file)) writeFileSync(file, JSON.stringify(space), { mode: 0o600 });
  const before = spaceShape.parse(JSON.parse(readFileSync(file, 'utf8')));
  if (before.embedderId === space.embedderId && before.dimensions === space.dimensions) return;
  throw new AppError(
    'CONFLICT',
    `Mem0's memories were embedded by "${before.embedderId}", and it cannot embed them again with "${space.embedderId}". ` +
      'Go back to that embedder; or export the memories, delete the folder mem0 of the data folder (and the collection in Qdrant), and import them.',
  );
};

/** A text without a readable character has a vector of zeros, which has no angle to any other. */
const pointing = (vector: Float32Array): number[] => {
  const numbers = Array.from(vector);
  return numbers.every((value) => value === 0) ? numbers.map((_, at) => (at === 0 ? 1 : 0)) : numbers;
};

/** Mem0 embeds a whole conversation as one text; an embedder takes this much. */
const shortened = (text: string): string => text.slice(0, 100_000).toWellFormed();

/** Mem0 does not say whether it embeds a question or a text, so both are embedded as texts. */
const asLangchain = (embedder: Embedder) => {
  const embedDocuments = async (texts: string[]): Promise<number[][]> =>
    (await embedder.embed(texts.map(shortened), { kind: 'text' })).map(pointing);
  return { embedDocuments, embedQuery: async (text: string) => (await embedDocuments([text]))[0] };
};

const configOf = ({ dir, embedder, llm }: Mem0Options, { dimensions }: EmbedderSpace, client: object | undefined) => ({
  version: 'v1.1',
  llm: {
    provider: 'openai',
    config: { baseURL: llm.url, model: llm.model, apiKey: llm.apiKey ?? 'not-needed', timeout: modelTimeoutMs },
  },
  embedder: { provider: 'langchain', config: { model: asLangchain(embedder) } },
  vectorStore:
    client === undefined
      ? { provider: 'memory', config: { collectionName, dimension: dimensions, dbPath: join(dir, 'memories.db') } }
      : { provider: 'qdrant', config: { collectionName, dimension: dimensions, client } },
  historyStore: { provider: 'sqlite', config: { historyDbPath: join(dir, 'history.db') } },
});

export const openMem0 = async (options: Mem0Options): Promise<Opened> => {
  const { dir } = options;
  const space = await options.embedder.space();
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  checkSpace(dir, space);
  const { Memory } = await loadMem0(dir);
  const client = options.qdrant === null ? undefined : createQdrantClient(options.qdrant);
  const mem0 = new Memory(configOf(options, space, client));
  const traces = openTraces(join(dir, 'history.db'));
  return {
    mem0,
    traces,
    close() {
      client?.close();
      traces.close();
      closeBelow(dir);
    },
  };
};
