/**
 * `npm test`: unit tests, integration tests on real services (both with coverage), then browser tests; prints the floors and one closing line
 * with the counts. Arguments are passed on to vitest and switch the floors off, because then only a part runs.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkFloors } from './coverage-floors.ts';

const root = process.cwd();
const folder = join(root, 'coverage');

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const countsIn = (file: string): Counts => {
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 };
  const report = JSON.parse(readFileSync(file, 'utf8'));
  return { passed: report.numPassedTests, failed: report.numFailedTests, skipped: report.numPendingTests };
};

const runProject = (project: string, more: string[]): { ok: boolean; counts: Counts } => {
  const out = join(folder, project);
  const results = join(folder, `${project}-results.json`);
  const args = [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--project',
    project,
    ...(project === 'browser' ? [] : ['--coverage', '--coverage.reporter=json', `--coverage.reportsDirectory=${out}`]),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${results}`,
    ...more,
  ];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', cwd: root });
  return { ok: status === 0, counts: countsIn(results) };
};

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const more = process.argv.slice(2);
const runs = ['unit', 'integration', 'browser'].map((project) => runProject(project, more));
let ok = runs.every((run) => run.ok);
if (ok && more.length === 0) {
  const files = ['unit', 'integration'].map((project) => join(folder, project, 'coverage-final.json'));
  for (const { name, percent, floor, ok: enough } of checkFloors(root, files[0] ?? '', files[1] ?? '')) {
    console.log(
      `coverage, ${name}: ${percent.toFixed(1)} % of statements (floor ${floor} %)${enough ? '' : '  TOO LOW'}`,
    );
    ok &&= enough;
  }
}
const sum = (key: keyof Counts): number => runs.reduce((total, run) => total + run.counts[key], 0);
console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
process.exitCode = ok ? 0 : 1;
