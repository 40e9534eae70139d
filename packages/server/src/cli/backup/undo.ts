/** The commands that take a restore back, exactly as they have to be typed. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../config.ts';
import type { Plan } from './plan.ts';

const quoted = (path: string): string => (/^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);
const move = (from: string, to: string): string => `mv ${quoted(from)} ${quoted(to)}`;

export const undoLines = (config: Config, { units, carried, stamp }: Plan): string[] => {
  const { dataDir } = config.paths;
  const undone = (target: string): string => `${target}.undone-${stamp}`;
  return units
    .filter(({ aside }) => existsSync(aside))
    .flatMap(({ target, aside }) => [
      move(target, undone(target)),
      move(aside, target),
      ...(target === dataDir ? carried.map((name) => move(join(undone(target), name), join(target, name))) : []),
    ]);
};
