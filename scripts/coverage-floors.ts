/**
 * The coverage floors of the specification, checked on what vitest wrote: unit tests 90 % of the code that can be tested
 * without a database, network or process; integration tests 80 % of server and runtime; both together 85 % of everything.
 */
import { readFileSync } from 'node:fs';
import { matchesGlob } from 'node:path';

/** Istanbul's format: how often each statement ran, by file. */
type Report = Record<string, { s: Record<string, number> }>;

export interface Floor {
  name: string;
  percent: number;
  floor: number;
  ok: boolean;
}

const unitScope = [
  'packages/{contract,client,stand-in}/src/**',
  'packages/web/src/{lib,features/markdown,features/chat/model}/**',
  'packages/web/src/{features/sessions/groups,shell/route}.ts',
  'packages/runtime/src/*',
  'packages/runtime/src/scripted/**',
  'packages/runtime/src/claude/{environment,failures,gate-hook,map-message}.ts',
  'packages/server/src/config.ts',
  'packages/server/src/kernel/*',
  'packages/server/src/modules/{policy,account,health}/{service,metrics,policy,tools,paths,urls,commands}.ts',
];
/** Entry points and process plumbing of the unit scope: they have integration tests. */
const notUnit = [
  'packages/server/src/kernel/{instance-lock,fake-clock}.ts',
  'packages/stand-in/src/main.ts',
  '**/testing/**',
  '**/testing.ts',
];
const integrationScope = ['packages/server/src/**', 'packages/runtime/src/**'];

const matches = (path: string, globs: string[]): boolean => globs.some((glob) => matchesGlob(path, glob));

const percentOf = (report: Report, root: string, covers: (path: string) => boolean): number => {
  let all = 0;
  let ran = 0;
  for (const [file, { s }] of Object.entries(report)) {
    if (!covers(file.slice(root.length + 1))) continue;
    all += Object.keys(s).length;
    ran += Object.values(s).filter((count) => count > 0).length;
  }
  return all === 0 ? 0 : (100 * ran) / all;
};

const merge = (a: Report, b: Report): Report => {
  const merged: Report = structuredClone(a);
  for (const [file, { s }] of Object.entries(b)) {
    const into = merged[file];
    if (into === undefined) merged[file] = { s };
    else for (const [id, count] of Object.entries(s)) into.s[id] = (into.s[id] ?? 0) + count;
  }
  return merged;
};

const read = (file: string): Report => JSON.parse(readFileSync(file, 'utf8'));

export const checkFloors = (root: string, unitFile: string, integrationFile: string): Floor[] => {
  const unit = read(unitFile);
  const integration = read(integrationFile);
  const floor = (name: string, percent: number, least: number): Floor => ({
    name,
    percent,
    floor: least,
    ok: percent >= least,
  });
  return [
    floor(
      'unit',
      percentOf(unit, root, (path) => matches(path, unitScope) && !matches(path, notUnit)),
      90,
    ),
    floor(
      'integration',
      percentOf(integration, root, (path) => matches(path, integrationScope)),
      80,
    ),
    floor(
      'together',
      percentOf(merge(unit, integration), root, () => true),
      85,
    ),
  ];
};
