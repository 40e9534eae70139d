import { describe, expect, it } from 'vitest';
import { placeTable, placeWeights } from './arena.ts';
import { blockRows, startKernel } from './kernel.ts';

const [length, columns] = [4, 16];
const left = (row: number, at: number): number => row + 1 + at / 8;
const weight = (at: number, column: number): number => (at + 1) * (column - 5);
const wanted = (row: number, column: number): number =>
  Array.from({ length }, (_, at) => left(row, at) * weight(at, column)).reduce((sum, one) => sum + one, column);

describe('a product', () => {
  const heights = Array.from({ length: 2 * blockRows + 1 }, (_, at) => at + 1);
  it.each(heights)('of %i rows is counted row by row, and writes no row more', async (rows) => {
    const kernel = await startKernel();
    const from = placeTable(kernel, rows, length);
    const to = placeTable(kernel, rows + 1, columns);
    const right = placeWeights(
      kernel,
      Float32Array.from({ length: length * columns }, (_, n) => weight(Math.floor(n / columns), n % columns)),
      Float32Array.from({ length: columns }, (_, column) => column),
    );
    const floats = kernel.floats();
    for (let n = 0; n < rows * length; n += 1) floats[from.at + n] = left(Math.floor(n / length), n % length);
    floats.fill(7, to.at, to.at + (rows + 1) * columns);
    kernel.product({ left: from, rows, right, to });
    for (let row = 0; row < rows; row += 1) {
      const found = floats.slice(to.at + row * columns, to.at + (row + 1) * columns);
      expect([...found]).toEqual(Array.from({ length: columns }, (_, column) => wanted(row, column)));
    }
    expect(floats.slice(to.at + rows * columns, to.at + (rows + 1) * columns).every((one) => one === 7)).toBe(true);
  });
});
