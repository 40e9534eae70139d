/**
 * Mem0 as the memory engine. It lives in a package of its own outside the workspaces (`extras/mem0`), so that nobody
 * else installs its dependencies; here it is looked for, and loaded.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { AppError } from '../../kernel/errors.ts';
import type { Embedder } from '../../ports/embedder.ts';
import type { MemoryEngine } from '../../ports/memory-engine.ts';

export interface Mem0Options {
  /** `mem0Folder` of the data folder. */
  dir: string;
  embedder: Embedder;
  /** An OpenAI-compatible model that finds facts. */
  llm: { readonly url: string; readonly model: string; readonly apiKey: string | undefined };
  /** Null: in a file in `dir`. */
  qdrant: { readonly url: string; readonly apiKey: string | undefined } | null;
}

type CreateEngine = (options: Mem0Options) => Promise<MemoryEngine>;

const packageShape = z.object({ createMem0Engine: z.custom<CreateEngine>((value) => typeof value === 'function') });

const usualFolder = new URL('../../../../../extras/mem0/', import.meta.url);

export const installMem0 = 'npm install --prefix extras/mem0';
export const isMem0Installed = (folder = usualFolder): boolean =>
  existsSync(fileURLToPath(new URL('node_modules/mem0ai/package.json', folder)));

/** Its databases and everything else it writes. */
export const mem0Folder = (dataDir: string): string => join(dataDir, 'mem0');

const notInstalled = (): AppError =>
  new AppError(
    'SERVICE_UNAVAILABLE',
    'MEMORY_ENGINE=mem0 needs a package that is not installed. Run this in the folder of Hearth and start again:\n' +
      `  ${installMem0}\n` +
      'Or leave MEMORY_ENGINE out: Hearth has a memory engine of its own.',
  );

export const openMem0 = async (options: Mem0Options, folder = usualFolder): Promise<MemoryEngine> => {
  if (!isMem0Installed(folder)) throw notInstalled();
  const { createMem0Engine } = packageShape.parse(await import(new URL('src/index.ts', folder).href));
  return createMem0Engine(options);
};
