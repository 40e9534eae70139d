/**
 * `npm test`: unit tests, integration tests on real services (both with coverage), then browser tests; prints the floors and one closing line
 * with the counts, after what failed is named once more: a log that was cut at its start still tells. Arguments are passed on to vitest
 * and switch the floors off, because then only a part runs.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { checkFloors } from './coverage-floors.ts';

const root = process.cwd();
const folder = join(root, 'coverage');

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** The part used here of what vitest writes in the shape of Jest's report. */
interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  testResults: {
    name: string;
    message: string;
    assertionResults: { status: string; fullName: string; failureMessages: string[] | null }[];
  }[];
}

const beginningOf = (text: string): string => stripVTControlCharacters(text).slice(0, 1500);

/** What failed, each with where and why; a file that could not even be read counts too. */
const failuresIn = ({ testResults }: Report): string[] =>
  testResults.flatMap(({ name, message, assertionResults }) => {
    const tests = assertionResults
      .filter(({ status }) => status === 'failed')
      .map(({ fullName, failureMessages }) => `${fullName}\n${beginningOf((failureMessages ?? []).join('\n'))}`);
    return [...(message === '' ? [] : [beginningOf(message)]), ...tests].map(
      (one) => `${relative(root, name)}: ${one}`,
    );
  });

interface Run {
  ok: boolean;
  counts: Counts;
  failures: string[];
}

const readRun = (project: string, ok: boolean, file: string): Run => {
  if (!existsSync(file)) {
    return {
      ok: false,
      counts: { passed: 0, failed: 1, skipped: 0 },
      failures: [`${project}: ended without a report`],
    };
  }
  const report: Report = JSON.parse(readFileSync(file, 'utf8'));
  const { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped } = report;
  return { ok, counts: { passed, failed, skipped }, failures: failuresIn(report) };
};

const runProject = (project: string, more: string[]): Run => {
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
  return readRun(project, status === 0, results);
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
for (const failure of runs.flatMap(({ failures }) => failures)) console.log(`FAILED ${failure}\n`);
const sum = (key: keyof Counts): number => runs.reduce((total, run) => total + run.counts[key], 0);
console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
process.exitCode = ok ? 0 : 1;
