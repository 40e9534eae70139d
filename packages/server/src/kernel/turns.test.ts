import { expect, it } from 'vitest';
import { createTurns } from './turns.ts';

it('does the work of a key one after the other, of other keys beside it, and goes on after a failure', async () => {
  const inTurn = createTurns();
  const seen: string[] = [];
  const gate = Promise.withResolvers<void>();
  const work = (name: string, until?: Promise<void>) => async () => {
    seen.push(`${name} begins`);
    await until;
    seen.push(`${name} ends`);
    if (name === 'b') throw new Error('b failed');
    return name;
  };
  const a = inTurn('x', work('a', gate.promise));
  const b = inTurn('x', work('b'));
  const c = inTurn('x', work('c'));
  expect(await inTurn('y', work('d'))).toBe('d');
  expect(seen).toEqual(['a begins', 'd begins', 'd ends']);
  gate.resolve();
  expect(await a).toBe('a');
  await expect(b).rejects.toThrow('b failed');
  expect(await c).toBe('c');
  expect(seen.slice(3)).toEqual(['a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});
