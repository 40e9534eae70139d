import { expect, it } from 'vitest';
import { createWatch } from './watch.ts';

it('tells once when a part that was away is there again', async () => {
  const state = { up: true, told: 0 };
  const ping = async (): Promise<void> => {
    if (!state.up) throw new Error('away');
  };
  const onBack = async (): Promise<void> => {
    state.told += 1;
  };
  const look = createWatch([{ name: 'tei', ping }], onBack);
  for (const up of [true, false, false, true, true]) {
    state.up = up;
    await look();
  }
  expect(state.told).toBe(1);
});
