/** A small throw-away copy of a repository for the tests of the gate scripts. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const scripts = join(import.meta.dirname, '..');

export interface TempRepository {
  root: string;
  write(files: Readonly<Record<string, string>>): void;
  /** Runs one of the gate scripts, by its real file, in this copy. */
  run(script: string, ...args: string[]): { code: number | null; output: string };
  remove(): void;
}

export const createTempRepository = (files: Readonly<Record<string, string>>): TempRepository => {
  const root = mkdtempSync(join(tmpdir(), 'gate-'));
  const write: TempRepository['write'] = (more) => {
    for (const [path, text] of Object.entries(more)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
  };
  write(files);
  const run: TempRepository['run'] = (script, ...args) => {
    const done = spawnSync(process.execPath, [join(scripts, script), ...args], { cwd: root, encoding: 'utf8' });
    return { code: done.status, output: done.stdout + done.stderr };
  };
  return { root, write, run, remove: () => rmSync(root, { recursive: true, force: true }) };
};
