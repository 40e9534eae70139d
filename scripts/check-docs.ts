/**
 * Checks that the documents tell the truth about paths: every relative link and every path of this repository in
 * backticks must exist. Placeholders count as wildcards: `packages/server/src/modules/<noun>/` needs one match.
 * Usage: `node scripts/check-docs.ts [folder]`.
 */
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { formatProblem, type Problem } from './boundaries/problem.ts';

const documents = ['README.md', 'AGENTS.md', 'CHANGELOG.md', 'docs/**/*.md', 'packages/*/README.md'];
/** Folders that belong to the repository's plan: a path below them is meant as one of ours even when all of it is gone. */
const planned = [
  'packages',
  'extras',
  'scripts',
  'docs',
  'tests',
  'bench',
  'deploy',
  'skills',
  'examples',
  '.ci',
  'bin',
];

const looksLikePath = (text: string, folders: ReadonlySet<string>): boolean => {
  const [first = '', ...rest] = text.replace(/^\.\//, '').split('/');
  return rest.length > 0 && folders.has(first) && /^[\w.@<>{}*,[\]()+/-]+(:\d+)?$/.test(text);
};

const asPattern = (path: string): string =>
  path
    .replace(/^\.\//, '')
    .replace(/:\d+$/, '')
    .replace(/<[^>]*>/g, '*')
    .replace(/\/+$/, '');

const pathExists = (root: string, path: string): boolean => {
  const pattern = asPattern(path);
  return existsSync(join(root, pattern)) || (/[*{]/.test(pattern) && globSync(pattern, { cwd: root }).length > 0);
};

const isOutside = (link: string): boolean => /^([a-z][a-z0-9+.-]*:|\/\/|#|\/)/i.test(link);

const linkExists = (root: string, document: string, link: string): boolean => {
  const [path = ''] = link.split(/[#?]/);
  return existsSync(join(root, dirname(document), decodeURIComponent(path)));
};

const checkLine = (root: string, document: string, line: string, folders: ReadonlySet<string>): string[] => {
  const messages: string[] = [];
  for (const [, path = ''] of line.matchAll(/`([^`]+)`/g)) {
    if (looksLikePath(path, folders) && !pathExists(root, path)) messages.push(`no such path: ${path}`);
  }
  const withoutCode = line.replace(/`[^`]*`/g, '');
  for (const [, link = ''] of withoutCode.matchAll(/\]\(\s*<?([^)\s>]+)/g)) {
    if (!isOutside(link) && !linkExists(root, document, link)) messages.push(`broken link: ${link}`);
  }
  return messages;
};

/** Fenced blocks show trees and commands of any kind; only prose is checked. */
export const checkDocument = (root: string, document: string, folders: ReadonlySet<string>): Problem[] => {
  const problems: Problem[] = [];
  let fenced = false;
  for (const [index, line] of readFileSync(join(root, document), 'utf8').split('\n').entries()) {
    if (/^\s*(```|~~~)/.test(line)) fenced = !fenced;
    else if (!fenced) {
      for (const message of checkLine(root, document, line, folders)) {
        problems.push({ path: document, line: index + 1, message });
      }
    }
  }
  return problems;
};

export const checkDocs = (root: string): Problem[] => {
  const present = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const folders = new Set([...planned, ...present.map((entry) => entry.name)]);
  folders.delete('node_modules');
  return globSync(documents, { cwd: root }).flatMap((document) => checkDocument(root, document, folders));
};

if (import.meta.main) {
  const problems = checkDocs(process.argv[2] ?? process.cwd());
  for (const problem of problems) console.error(formatProblem(problem));
  if (problems.length > 0) process.exitCode = 1;
}
