/**
 * Where a restore puts things: each area of the backup is laid out beside the folder it will replace, so that replacing
 * is a rename. What the backup does not hold stays: the workspace, what Mem0 remembers and earlier backups move over, the
 * account is copied.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { mem0Folder } from '../../adapters/memory-engine/mem0.ts';
import type { Config } from '../../config.ts';
import { accountFile } from './index.ts';
import { type Area, areaOf, type Manifest } from './manifest.ts';
import type { Move } from './swap.ts';

export interface Plan {
  stamp: string;
  /** Folder each area is extracted into. */
  roots: Record<Area, string>;
  /** Folders that are replaced, and what takes their place. */
  units: { target: string; staged: string; aside: string }[];
  /** Names in the data folder that the new one takes over as they are. */
  carried: string[];
}

const isBelow = (path: string, folder: string): boolean => {
  const way = relative(folder, path);
  return way !== '' && !way.startsWith('..') && !way.startsWith('/');
};

export const stagedFolder = (target: string, stamp: string): string => `${target}.restoring-${stamp}`;

export const createPlan = (config: Config, manifest: Manifest, stamp: string): Plan => {
  const { dataDir, configDir, workspace } = config.paths;
  const has = (area: Area): boolean => manifest.files.some((file) => areaOf(file.path) === area);
  const data = stagedFolder(dataDir, stamp);
  const workspaceInside = isBelow(workspace, dataDir);
  const unit = (target: string) => ({
    target,
    staged: stagedFolder(target, stamp),
    aside: `${target}.before-restore-${stamp}`,
  });
  return {
    stamp,
    roots: {
      database: data,
      data,
      config: stagedFolder(configDir, stamp),
      workspace: workspaceInside ? join(data, relative(dataDir, workspace)) : stagedFolder(workspace, stamp),
    },
    units: [
      unit(dataDir),
      ...(has('config') ? [unit(configDir)] : []),
      ...(has('workspace') && !workspaceInside ? [unit(workspace)] : []),
    ],
    carried: [
      'backups',
      basename(mem0Folder(dataDir)),
      ...(workspaceInside && !has('workspace') ? [relative(dataDir, workspace).split('/')[0] ?? ''] : []),
    ].filter((name) => name !== '' && existsSync(join(dataDir, name))),
  };
};

/** Only what a lock leaves behind: nothing a person would miss. */
export const isUnused = (folder: string): boolean =>
  existsSync(folder) && readdirSync(folder).every((name) => /^hearth\.(lock(-journal)?|pid)$/.test(name));

export const keepAccount = (config: Config, plan: Plan): void => {
  const from = join(config.paths.dataDir, accountFile);
  const to = join(plan.roots.data, accountFile);
  if (existsSync(from) && !existsSync(to)) copyFileSync(from, to);
};

export const movesOf = (config: Config, { units, carried, roots }: Plan): Move[] => {
  const { dataDir } = config.paths;
  const carry = carried.map((name) => ({ from: join(dataDir, name), to: join(roots.data, name) }));
  const swaps = units.flatMap(({ target, staged, aside }) => [
    ...(existsSync(target) ? [{ from: target, to: aside }] : []),
    { from: staged, to: target },
  ]);
  return [...carry, ...swaps];
};

export const makeFolders = ({ units }: Plan): void => {
  for (const { staged } of units) mkdirSync(staged, { recursive: true, mode: 0o700 });
};
