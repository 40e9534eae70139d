/** Generated files: written once, then true until their source changes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createTempRepository, type TempRepository } from './testing/temp-repository.ts';

const openapi = 'packages/server/src/http/openapi-document.ts';
const config = 'packages/server/src/config.ts';
const kernelFile = 'packages/server/src/adapters/embedder/sentence-model/kernel.wasm';
const kernel = 'scripts/sentence-kernel.ts';
const sources = {
  'package.json': '{"type":"module"}',
  [openapi]: "export const buildOpenApiDocument = (): object => ({ openapi: '3.1.0' });\n",
  [config]: "export const renderEnvExample = (): string => 'PORT=54000';\n",
  [kernel]: 'export const buildSentenceKernel = (): Uint8Array => Uint8Array.of(0, 97, 255);\n',
};

let copy: TempRepository | undefined;
afterEach(() => {
  copy?.remove();
  copy = undefined;
});

test('it writes all files, finds them fresh, and fails when code or file has changed since', () => {
  copy = createTempRepository(sources);
  expect(copy.run('generate.ts', '--check')).toMatchObject({ code: 1 });
  expect(copy.run('generate.ts')).toEqual({
    code: 0,
    output: `wrote docs/openapi.json\nwrote deploy/.env.example\nwrote ${kernelFile}\n`,
  });
  expect([...readFileSync(join(copy.root, kernelFile))]).toEqual([0, 97, 255]);
  expect(readFileSync(join(copy.root, 'deploy/.env.example'), 'utf8')).toBe('PORT=54000\n');
  expect(copy.run('generate.ts', '--check')).toEqual({ code: 0, output: '' });
  copy.write({ [config]: "export const renderEnvExample = (): string => 'PORT=1';\n" });
  const { code, output } = copy.run('generate.ts', '--check');
  expect(code).toBe(1);
  expect(output).toBe('deploy/.env.example is stale: run npm run generate\n');
  expect(readFileSync(join(copy.root, 'deploy/.env.example'), 'utf8'), 'a check writes nothing').toBe('PORT=54000\n');
});

test('a source without its function is an error, not an empty file', () => {
  copy = createTempRepository({ ...sources, [config]: 'export const other = 1;\n' });
  const { code, output } = copy.run('generate.ts');
  expect(code).not.toBe(0);
  expect(output).toContain(`${config} does not export renderEnvExample()`);
});
