import { idSchema } from '@hearth/contract';
import { expect, it } from 'vitest';
import { newId, sha256Hex } from './ids.ts';

it('makes ids that the contract accepts and that sort by time', () => {
  const ids = Array.from({ length: 1_000 }, newId);
  expect(new Set(ids).size).toBe(1_000);
  for (const id of ids) expect(idSchema.safeParse(id).success).toBe(true);
  const times = ids.map((id) => id.slice(0, 13));
  expect(times).toEqual([...times].sort());
});

it('hashes text as UTF-8', () => {
  expect(sha256Hex('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  expect(sha256Hex('ü')).toBe(sha256Hex(Buffer.from('ü')));
});
