/**
 * Checks the repository's import arrows, cycles, sizes and reads of the environment: `node scripts/check-boundaries.ts`.
 * Takes the repository's folder as an optional argument, so that a test can point it at a copy.
 */
import { checkSources, readSources } from './boundaries/check.ts';
import { formatProblem } from './boundaries/problem.ts';

const root = process.argv[2] ?? process.cwd();
const files = readSources(root);
const problems = checkSources(files);
for (const problem of problems) console.error(formatProblem(problem));
console.log(problems.length === 0 ? `${files.length} files keep the boundaries` : `${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
