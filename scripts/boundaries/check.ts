/** Reads every source file of a repository and collects what breaks the boundary rules. */
import { globSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { cycleProblems } from './cycles.ts';
import { environmentProblems } from './environment.ts';
import { checkPackageArrow } from './package-rules.ts';
import type { Problem } from './problem.ts';
import { resolveImport } from './resolve.ts';
import { checkServerArrow } from './server-rules.ts';
import { sizeProblems } from './sizes.ts';
import { parseSource, type SourceFile } from './source-file.ts';

const patterns = [
  'packages/**/*.{ts,tsx}',
  'extras/**/*.ts',
  'scripts/**/*.ts',
  'bench/**/*.ts',
  'tests/**/*.ts',
  'examples/**/*.ts',
];
const skipped = ['node_modules', '.next', 'out', 'dist', 'coverage'];

export const readSources = (root: string): SourceFile[] => {
  const exclude = (path: string): boolean => path.split(sep).some((part) => skipped.includes(part));
  const paths = globSync(patterns, { cwd: root, exclude }).map((path) => path.split(sep).join('/'));
  return paths
    .filter((path) => !path.endsWith('.d.ts'))
    .toSorted()
    .map((path) => parseSource(path, readFileSync(join(root, path), 'utf8')));
};

export const checkSources = (files: readonly SourceFile[]): Problem[] => {
  const known = new Set(files.map((file) => file.path));
  const problems: Problem[] = [];
  const graph = new Map<string, string[]>();
  for (const file of files) {
    const edges: string[] = [];
    for (const used of file.imports) {
      const target = resolveImport(file.path, used.specifier, known);
      const broken = checkPackageArrow(file, used, target) ?? checkServerArrow(file, used, target);
      if (broken !== undefined) problems.push(broken);
      if (used.kind === 'value' && target.path !== undefined) edges.push(target.path);
    }
    if (!file.isTest) graph.set(file.path, edges);
    problems.push(...environmentProblems(file), ...sizeProblems(file));
  }
  return [...problems, ...cycleProblems(graph)];
};
