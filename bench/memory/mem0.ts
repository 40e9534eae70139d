/** Mem0 as a contender, where its package is installed (`npm install --prefix extras/mem0`): its own local store, our embedder. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openMem0 as openEngine } from '../../packages/server/src/adapters/memory-engine/mem0.ts';
import type { Embedder } from '../../packages/server/src/ports/embedder.ts';
import type { Text } from './library.ts';

export interface Mem0 {
  add(ownerId: string, texts: readonly Text[]): Promise<void>;
  /** Best first. */
  find(ownerId: string, query: string, limit: number): Promise<Text[]>;
  close(): Promise<void>;
}

/** Nothing is learned here, so no model is asked. */
const noModel = { url: 'http://127.0.0.1:9/v1', model: 'none', apiKey: undefined };

/** Null: it is not installed. */
export const openMem0 = async (embedder: Embedder): Promise<Mem0 | null> => {
  if (!existsSync(join(import.meta.dirname, '../../extras/mem0/node_modules/mem0ai'))) return null;
  const dir = mkdtempSync(join(tmpdir(), 'hearth-bench-mem0-'));
  const engine = await openEngine({ dir, embedder, llm: noModel, qdrant: null });
  return {
    async add(ownerId, texts) {
      for (const { text, runId } of texts)
        await engine.add(ownerId, {
          messages: [{ role: 'user', text }],
          agentId: 'main',
          runId,
          metadata: {},
          infer: false,
        });
    },
    async find(ownerId, query, limit) {
      const hits = await engine.search(ownerId, { text: query, limit });
      return hits.map(({ memory }) => ({ text: memory.text, runId: memory.runId ?? '' }));
    },
    async close() {
      await engine.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
};
