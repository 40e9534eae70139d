/** Only a package's config.ts reads the environment; tests, scripts and benches may. */
import type { Problem } from './problem.ts';
import type { SourceFile } from './source-file.ts';

const mayRead = (file: SourceFile): boolean =>
  file.isTest || /^packages\/[^/]+\/src\/config\.ts$/.test(file.path) || !file.path.startsWith('packages/');

export const environmentProblems = (file: SourceFile): Problem[] =>
  mayRead(file)
    ? []
    : file.environmentReads.map((line) => ({ path: file.path, line, message: 'only config.ts reads process.env' }));
