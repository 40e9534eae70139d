/** Each broken rule is planted in a clean repository, and the script must find exactly it. */
import { afterEach, expect, test } from 'vitest';
import { checkSources } from './boundaries/check.ts';
import { parseSource } from './boundaries/source-file.ts';
import { createTempRepository, type TempRepository } from './testing/temp-repository.ts';

const server = 'packages/server/src';
/** Keeps every rule, and uses each arrow that is allowed. */
const clean: Readonly<Record<string, string>> = {
  'packages/contract/src/index.ts': "import { z } from 'zod';\nexport const a = z.string();\nexport type A = string;\n",
  'packages/runtime/src/index.ts': "import { a } from '@hearth/contract';\nexport const run = a;\n",
  'packages/stand-in/src/index.ts': 'export const standIn = 1;\n',
  'packages/runtime/src/run.test.ts': "import { standIn } from '@hearth/stand-in';\nstandIn;\n",
  'packages/client/src/index.ts': "import type { A } from '@hearth/contract';\nexport const call = (a: A) => a;\n",
  [`${server}/kernel/log.ts`]: 'export const log = 1;\n',
  [`${server}/ports/cache.ts`]: "import { log } from '../kernel/log.ts';\nexport const port = log;\n",
  [`${server}/http/guard.ts`]: "import { log } from '../kernel/log.ts';\nexport const guard = log;\n",
  [`${server}/adapters/cache/memory.ts`]: "import { port } from '../../ports/cache.ts';\nexport const memory = port;\n",
  [`${server}/modules/notes/index.ts`]: "export { routes } from './routes.ts';\nexport const notes = 1;\n",
  [`${server}/modules/notes/routes.ts`]: "import { guard } from '../../http/guard.ts';\nexport const routes = guard;\n",
  [`${server}/modules/notes/store.ts`]: 'export const store = 1;\n',
  [`${server}/modules/agent/index.ts`]: "import { notes } from '../notes/index.ts';\nexport const agent = notes;\n",
  [`${server}/config.ts`]: 'export interface Config { port: number }\nexport const read = () => process.env.PORT;\n',
  [`${server}/app.ts`]:
    "import { memory } from './adapters/cache/memory.ts';\nimport { agent } from './modules/agent/index.ts';\nexport const app = [memory, agent];\n",
  [`${server}/main.ts`]: "import { app } from './app.ts';\nimport { read } from './config.ts';\napp; read;\n",
  [`${server}/cli/chat.ts`]: "import { call } from '@hearth/client';\ncall;\n",
  'scripts/seed.ts': 'export const home = process.env.HOME;\n',
};

const problemsOf = (planted: Readonly<Record<string, string>>): string[] => {
  const files = Object.entries({ ...clean, ...planted }).map(([path, text]) => parseSource(path, text));
  return checkSources(files).map((problem) => `${problem.path}:${problem.line} ${problem.message}`);
};

let copy: TempRepository | undefined;
afterEach(() => {
  copy?.remove();
  copy = undefined;
});

test('a repository that keeps the rules passes, and a planted break fails the script', () => {
  copy = createTempRepository(clean);
  expect(copy.run('check-boundaries.ts')).toMatchObject({ code: 0 });
  copy.write({
    [`${server}/modules/agent/service.ts`]: "import { memory } from '../../adapters/cache/memory.ts';\nmemory;\n",
  });
  const { code, output } = copy.run('check-boundaries.ts');
  expect(code).toBe(1);
  expect(output).toContain(`${server}/modules/agent/service.ts:1  modules must not import adapters`);
});

test.each<[string, string, string, string]>([
  ['contract takes a library', 'packages/contract/src/x.ts', "import 'hono';", 'contract imports only zod, not hono'],
  ['contract takes node', 'packages/contract/src/x.ts', "import 'node:fs';", 'contract imports only zod'],
  [
    'runtime takes the server',
    'packages/runtime/src/x.ts',
    "import '@hearth/server';",
    'runtime must not import server',
  ],
  ['even by type', 'packages/runtime/src/x.ts', "import type { A } from '@hearth/server';", 'runtime must not import'],
  ['even in a test', 'packages/runtime/src/x.test.ts', "import '@hearth/server';", 'runtime must not import server'],
  ['even lazily', 'packages/runtime/src/x.ts', "await import('@hearth/server');", 'runtime must not import server'],
  ['runtime takes the stand-in', 'packages/runtime/src/x.ts', "import '@hearth/stand-in';", 'must not import stand-in'],
  [
    'stand-in takes ours',
    'packages/stand-in/src/x.ts',
    "import '@hearth/contract';",
    'stand-in must not import contract',
  ],
  [
    'a path into a package',
    'packages/runtime/src/x.ts',
    "import '../../contract/src/index.ts';",
    'import @hearth/contract',
  ],
  ['client takes a schema', 'packages/client/src/x.ts', "import { a } from '@hearth/contract';", 'write `import type`'],
  ['an inline type stays', 'packages/client/src/x.ts', "import { type A } from '@hearth/contract';", '`import type`'],
  ['re-exports count', 'packages/client/src/x.ts', "export * from '@hearth/contract';", '`import type`'],
  ['client takes node', 'packages/client/src/x.ts', "import 'node:http';", 'client runs in browsers'],
  ['server uses the client', `${server}/http/x.ts`, "import '@hearth/client';", 'only the command line'],
  ['module into module', `${server}/modules/agent/x.ts`, "import '../notes/store.ts';", 'through its index.ts'],
  [
    'service takes http',
    `${server}/modules/notes/x.ts`,
    "import '../../http/guard.ts';",
    'only the routes of a module',
  ],
  [
    'port takes a module',
    `${server}/ports/x.ts`,
    "import '../modules/notes/index.ts';",
    'ports must not import modules',
  ],
  ['kernel takes http', `${server}/kernel/x.ts`, "import '../http/guard.ts';", 'kernel must not import http'],
  ['db takes an adapter', `${server}/db/x.ts`, "import '../adapters/cache/memory.ts';", 'db must not import adapters'],
  [
    'adapter takes a module',
    `${server}/adapters/x.ts`,
    "import '../modules/notes/index.ts';",
    'adapters must not import',
  ],
  [
    'module reads config',
    `${server}/modules/notes/x.ts`,
    "import '../../config.ts';",
    'modules must not import config',
  ],
  ['environment', `${server}/kernel/x.ts`, 'export const x = process.env.X;', 'only config.ts reads process.env'],
  ['environment by name', `${server}/kernel/x.ts`, "import { env } from 'node:process';\nenv;", 'only config.ts'],
  ['environment unpacked', 'packages/client/src/x.ts', 'const { env } = process;\nenv;', 'only config.ts'],
])('%s', (_title, path, text, message) => {
  const problems = problemsOf({ [path]: `${text}\n` });
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(`${path}:1`);
  expect(problems[0]).toContain(message);
});

test('tests of the server may join modules and adapters, and types of the configuration may travel', () => {
  const join = "import '../../adapters/cache/memory.ts';\nimport '../notes/store.ts';\n";
  const typed = "import type { Config } from '../../config.ts';\nexport type Port = Config['port'];\n";
  expect(problemsOf({ [`${server}/modules/agent/x.test.ts`]: join, [`${server}/adapters/cache/x.ts`]: typed })).toEqual(
    [],
  );
});

test('a cycle over values is found once with all its members, one over types or lazy imports is none', () => {
  const link = (target: string, form = 'import') => `${form} './${target}.ts';\n`;
  const base = `${server}/kernel`;
  const cycle = { [`${base}/a.ts`]: link('b'), [`${base}/b.ts`]: link('c'), [`${base}/c.ts`]: link('a') };
  expect(problemsOf(cycle)).toEqual([`${base}/a.ts:1 import cycle: ${base}/a.ts <-> ${base}/b.ts <-> ${base}/c.ts`]);
  expect(problemsOf({ ...cycle, [`${base}/c.ts`]: link('a', 'import type A from') })).toEqual([]);
  expect(problemsOf({ ...cycle, [`${base}/c.ts`]: "void import('./a.ts');\n" })).toEqual([]);
});

test('a cycle through the name of the own package is found', () => {
  const planted = {
    'packages/runtime/src/index.ts': "export * from './b.ts';\n",
    'packages/runtime/src/b.ts': "import '@hearth/runtime';\n",
  };
  expect(problemsOf(planted)).toEqual([expect.stringContaining('import cycle')]);
});

test('long files and functions are errors, unless a reason is written down', () => {
  const body = 'void 0;\n'.repeat(60);
  const path = 'packages/runtime/src/x.ts';
  expect(problemsOf({ [path]: `export const f = () => {\n${body}};\n` })).toEqual([
    `${path}:1 a function of 62 lines; the limit is 60`,
  ]);
  expect(
    problemsOf({
      [path]: `// long-on-purpose: one table, read from top to bottom\nexport const f = () => {\n${body}};\n`,
    }),
  ).toEqual([]);
  expect(problemsOf({ [path]: `// long-on-purpose:\nexport const f = () => {\n${body}};\n` })).toHaveLength(1);
  expect(problemsOf({ 'packages/runtime/src/x.test.ts': `test(() => {\n${body}});\n` })).toEqual([]);
  expect(problemsOf({ [path]: 'void 0;\n'.repeat(401) })).toEqual([`${path}:1 401 lines; the limit is 400`]);
  expect(problemsOf({ [path]: 'void 0;\n'.repeat(400) })).toEqual([]);
});
