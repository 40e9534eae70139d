/**
 * Several renames as one step: when one fails, those before it are taken back in reverse, so that everything is as it
 * was. Renames within a folder are the only change a restore makes to what exists.
 */
import { renameSync } from 'node:fs';
import { CliError, reasonOf } from '../failure.ts';

export interface Move {
  from: string;
  to: string;
}

type Rename = (from: string, to: string) => void;

/** Returns those that could not be put back. */
export const moveBack = (done: readonly Move[], rename: Rename = renameSync): Move[] => {
  const stuck: Move[] = [];
  for (const move of done.toReversed()) {
    try {
      rename(move.to, move.from);
    } catch {
      stuck.push(move); // told to the person, who has to do it
    }
  }
  return stuck;
};

export const moveAll = (moves: readonly Move[], rename: Rename = renameSync): void => {
  const done: Move[] = [];
  try {
    for (const move of moves) {
      rename(move.from, move.to);
      done.push(move);
    }
  } catch (error) {
    const stuck = moveBack(done, rename);
    if (stuck.length === 0)
      throw new CliError(
        `A folder could not be moved (${reasonOf(error)}).`,
        'Everything is as it was before. If the folder is a mount point, set HEARTH_HOME to a folder inside it.',
        error,
      );
    throw new CliError(
      `A folder could not be moved (${reasonOf(error)}), and neither could all be put back.`,
      `Move these yourself before you start Hearth: ${stuck.map(({ from, to }) => `${to} to ${from}`).join('; ')}`,
      error,
    );
  }
};
