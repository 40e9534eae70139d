import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeFolder, picture } from '../testing/home.ts';
import { moveAll } from './swap.ts';

const scene = () => {
  const folder = makeFolder();
  for (const name of ['a', 'b']) mkdirSync(join(folder, name));
  const moves = ['a', 'b', 'missing'].map((name) => ({ from: join(folder, name), to: join(folder, `${name}2`) }));
  return { folder, moves };
};

it('all moves happen, or none', () => {
  const { folder, moves } = scene();
  const before = picture(folder);
  expect(() => moveAll(moves)).toThrow('A folder could not be moved');
  expect(picture(folder)).toEqual(before);
  moveAll(moves.slice(0, 2));
  expect(existsSync(join(folder, 'b2'))).toBe(true);
});

it('what cannot be put back is named', () => {
  const { folder, moves } = scene();
  let calls = 0;
  const rename = (from: string, to: string): void => {
    calls += 1;
    if (calls > 2) throw Object.assign(new Error('busy'), { code: 'EBUSY', path: from });
    renameSync(from, to);
  };
  let fix = '';
  try {
    moveAll(moves, rename);
  } catch (error) {
    fix = String((Object(error) as { fix?: unknown }).fix);
  }
  expect(fix).toContain(`${join(folder, 'b2')} to ${join(folder, 'b')}; ${join(folder, 'a2')} to ${join(folder, 'a')}`);
});
