/**
 * Writes the files that are made from code: the OpenAPI document, the example environment and the kernel of the sentence
 * model. With `--check` it writes nothing and fails when one is stale. Usage: `node scripts/generate.ts [--check] [folder]`.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';

interface Generated {
  /** The file it writes. */
  path: string;
  /** The module it comes from, and the function there. */
  source: string;
  exportName: string;
  render: (value: unknown) => string | Uint8Array;
}

const outputs: readonly Generated[] = [
  {
    path: 'docs/openapi.json',
    source: 'packages/server/src/http/openapi-document.ts',
    exportName: 'buildOpenApiDocument',
    render: (document) => `${JSON.stringify(document, null, 2)}\n`,
  },
  {
    path: 'deploy/.env.example',
    source: 'packages/server/src/config.ts',
    exportName: 'renderEnvExample',
    render: (text) => `${String(text).trimEnd()}\n`,
  },
  {
    path: 'packages/server/src/adapters/embedder/sentence-model/kernel.wasm',
    source: 'scripts/sentence-kernel.ts',
    exportName: 'buildSentenceKernel',
    render: (bytes) => z.instanceof(Uint8Array).parse(bytes),
  },
];

const make = async (root: string, output: Generated): Promise<Buffer> => {
  const source: Record<string, unknown> = await import(pathToFileURL(join(root, output.source)).href);
  const build = source[output.exportName];
  if (typeof build !== 'function') throw new Error(`${output.source} does not export ${output.exportName}()`);
  return Buffer.from(output.render(await build()));
};

/** Returns the paths whose content differed from what the code makes. */
export const generate = async (root: string, write: boolean): Promise<string[]> => {
  const stale: string[] = [];
  for (const output of outputs) {
    const target = join(root, output.path);
    const content = await make(root, output);
    if (existsSync(target) && readFileSync(target).equals(content)) continue;
    stale.push(output.path);
    if (!write) continue;
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
  }
  return stale;
};

if (import.meta.main) {
  const args = process.argv.slice(2);
  const check = args.includes('--check');
  const stale = await generate(args.find((arg) => !arg.startsWith('--')) ?? process.cwd(), !check);
  for (const path of stale) console.log(check ? `${path} is stale: run npm run generate` : `wrote ${path}`);
  if (check && stale.length > 0) process.exitCode = 1;
}
