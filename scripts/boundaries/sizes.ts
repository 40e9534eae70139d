/**
 * Size limits: 400 lines a file, 60 a function. Functions of tests are exempt, since a `describe` is one.
 * An exception needs a reason: `// long-on-purpose: why` on the line above the function, or in a file's first ten lines.
 */
import type { Problem } from './problem.ts';
import type { SourceFile } from './source-file.ts';

export const maxFileLines = 400;
export const maxFunctionLines = 60;
const headerLines = 10;

export const sizeProblems = (file: SourceFile): Problem[] => {
  const problems: Problem[] = [];
  const excused = file.exceptions.some((line) => line <= headerLines);
  if (file.lines > maxFileLines && !excused) {
    problems.push({ path: file.path, line: 1, message: `${file.lines} lines; the limit is ${maxFileLines}` });
  }
  if (file.isTest) return problems;
  for (const { line, lines } of file.functions) {
    if (lines <= maxFunctionLines || file.exceptions.includes(line - 1)) continue;
    problems.push({ path: file.path, line, message: `a function of ${lines} lines; the limit is ${maxFunctionLines}` });
  }
  return problems;
};
