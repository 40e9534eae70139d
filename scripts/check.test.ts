/** The gate itself, and the dead-code step with the repository's own configuration. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type Outcome, runSteps, type Step } from './check.ts';
import { createTempRepository, type TempRepository } from './testing/temp-repository.ts';

const repository = join(import.meta.dirname, '..');
let copy: TempRepository | undefined;
afterEach(() => {
  copy?.remove();
  copy = undefined;
});

const node = (name: string, code: string): Step => ({ name, command: ['node', '-e', code] });

test('every step runs even when one fails, and the failing one keeps its output', async () => {
  const reported: Outcome[] = [];
  const steps = [
    node('good', 'console.log(1)'),
    node('bad', 'console.error("broken here"); process.exit(3)'),
    { name: 'missing', command: ['no-such-tool-at-all'] },
    node('last', ''),
  ] satisfies Step[];
  const outcomes = await runSteps(steps, repository, (outcome) => reported.push(outcome));
  expect(reported).toEqual(outcomes);
  const failed = outcomes.filter((outcome) => !outcome.ok).toSorted((a, b) => a.step.name.localeCompare(b.step.name));
  expect(failed.map((outcome) => outcome.step.name)).toEqual(['bad', 'missing']);
  expect(failed[0]?.output).toContain('broken here');
  expect(failed[1]?.output).toContain('cannot be started');
  expect(outcomes).toHaveLength(4);
});

test('the dead-code step finds an export, a file and a dependency that nobody uses', () => {
  copy = createTempRepository({
    'package.json': '{"name":"x","private":true,"type":"module","workspaces":["packages/*"]}',
    'packages/kit/package.json':
      '{"name":"@hearth/kit","type":"module","exports":"./src/index.ts","dependencies":{"zod":"1"}}',
    'packages/kit/src/index.ts': "export { used } from './parts.ts';\n",
    'packages/kit/src/parts.ts': 'export const used = 1;\nexport const plantedDeadExport = 2;\n',
    'packages/kit/src/orphan.ts': 'export const nobody = 1;\n',
  });
  copyFileSync(join(repository, 'knip.json'), join(copy.root, 'knip.json'));
  symlinkSync(join(repository, 'node_modules'), join(copy.root, 'node_modules'));
  const knip = join(repository, 'node_modules/knip/bin/knip.js');
  const { status, stdout } = spawnSync(process.execPath, [knip, '--no-progress'], { cwd: copy.root, encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stdout).toContain('plantedDeadExport');
  expect(stdout).toContain('orphan.ts');
  expect(stdout).toContain('zod');
}, 30_000);
