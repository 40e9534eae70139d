/** Engines in folders of their own, removed with everything else at the end of a suite. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { createBundledEmbedder } from '../../../packages/server/src/adapters/embedder/bundled.ts';
import type { Mem0Options } from '../../../packages/server/src/adapters/memory-engine/mem0.ts';
import { systemClock } from '../../../packages/server/src/kernel/clock.ts';
import type { MemoryEngine } from '../../../packages/server/src/ports/memory-engine.ts';
import { createMem0Engine } from '../src/index.ts';

/** Nothing listens there. */
const noModel = { url: 'http://127.0.0.1:9/v1', model: 'small', apiKey: undefined };

/** Call it inside `describe`. */
export const useEngines = () => {
  const embedder = createBundledEmbedder({ clock: systemClock });
  const tasks: (() => void | Promise<void>)[] = [];
  afterAll(async () => {
    for (const task of tasks.reverse()) await task();
    await embedder.close();
  });
  return async (more: Partial<Mem0Options> = {}): Promise<{ engine: MemoryEngine; dir: string }> => {
    const dir = more.dir ?? mkdtempSync(join(tmpdir(), 'hearth-mem0-'));
    const engine = await createMem0Engine({ dir, embedder, llm: noModel, qdrant: null, ...more });
    tasks.push(() => rmSync(dir, { recursive: true, force: true }), engine.close);
    return { engine, dir };
  };
};
