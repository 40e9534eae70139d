/**
 * The one gate: format and lint, types, boundaries, dead code, documents, generated files. Prints a line per step with
 * its time, then the full output of every step that failed. Two steps run at a time, the slow ones first.
 */
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';

export interface Step {
  name: string;
  command: readonly [string, ...string[]];
}

export interface Outcome {
  step: Step;
  ok: boolean;
  seconds: number;
  output: string;
}

const steps: readonly Step[] = [
  { name: 'types', command: ['tsc', '-p', 'tsconfig.json'] },
  { name: 'types of web', command: ['tsc', '-p', 'packages/web/tsconfig.json'] },
  { name: 'dead code', command: ['knip', '--no-progress'] },
  { name: 'format, lint', command: ['biome', 'ci', '--colors=off', '--error-on-warnings', '.'] },
  { name: 'generated', command: ['node', 'scripts/generate.ts', '--check'] },
  { name: 'boundaries', command: ['node', 'scripts/check-boundaries.ts'] },
  { name: 'docs', command: ['node', 'scripts/check-docs.ts'] },
];

const runStep = (step: Step, root: string): Promise<Outcome> =>
  new Promise((resolve) => {
    const started = performance.now();
    const [command, ...args] = step.command;
    // The tools are the project's own, whatever else the machine has under the same name.
    const path = [join(root, 'node_modules/.bin'), process.env.PATH ?? ''].join(delimiter);
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, PATH: path, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const collect = (chunk: Buffer): void => {
      output += chunk.toString('utf8');
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const end = (ok: boolean): void => resolve({ step, ok, seconds: (performance.now() - started) / 1000, output });
    child.on('error', (error) => {
      output += `${command} cannot be started: ${error.message}`;
      end(false);
    });
    child.on('close', (code) => end(code === 0));
  });

export const runSteps = async (
  list: readonly Step[],
  root: string,
  report: (outcome: Outcome) => void,
): Promise<Outcome[]> => {
  const queue = [...list];
  const outcomes: Outcome[] = [];
  const worker = async (): Promise<void> => {
    for (let step = queue.shift(); step !== undefined; step = queue.shift()) {
      const outcome = await runStep(step, root);
      outcomes.push(outcome);
      report(outcome);
    }
  };
  await Promise.all([worker(), worker()]);
  return outcomes;
};

if (import.meta.main) {
  const started = performance.now();
  const outcomes = await runSteps(steps, process.cwd(), ({ step, ok, seconds }) => {
    console.log(`${ok ? 'ok  ' : 'FAIL'}  ${step.name.padEnd(14)}${seconds.toFixed(1).padStart(6)} s`);
  });
  const failed = outcomes.filter((outcome) => !outcome.ok);
  for (const { step, output } of failed)
    console.error(`\n--- ${step.name}: ${step.command.join(' ')}\n${output.trimEnd()}`);
  console.log(
    `\n${failed.length === 0 ? 'all good' : `${failed.length} failed`} in ${((performance.now() - started) / 1000).toFixed(1)} s`,
  );
  process.exitCode = failed.length === 0 ? 0 : 1;
}
