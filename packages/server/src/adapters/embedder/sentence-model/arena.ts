/** Places in the kernel's memory: rows of numbers that can be written, and the packed right sides of products. */
import { blockColumns, blockRows, type Kernel, type Panels, type Table } from './kernel.ts';

/** Has room for the rows that are read to fill a block, whichever row a product begins at. */
export const placeTable = (kernel: Kernel, rows: number, width: number): Table => ({
  at: kernel.place((rows + blockRows - 1) * width),
  stride: width,
});

/** The same table from another row and column on. */
export const within = ({ at, stride }: Table, row: number, column = 0): Table => ({
  at: at + row * stride + column,
  stride,
});

export const placeNumbers = (kernel: Kernel, values: Float32Array): number => {
  const at = kernel.place(values.length);
  kernel.floats().set(values, at);
  return at;
};

/** Packs the first `rows` rows of a table of `values` for the right side of a product; the panels' other rows are zeros. */
export const packRows = (
  floats: Float32Array,
  { at, length, columns }: Panels,
  values: Float32Array,
  table: Table,
  rows: number,
): void => {
  let to = at;
  for (let column = 0; column < columns; column += blockColumns) {
    for (let row = 0; row < length; row += 1) {
      const from = table.at + row * table.stride + column;
      for (let n = from; n < from + blockColumns; n += 1, to += 1) floats[to] = row < rows ? (values[n] ?? 0) : 0;
    }
  }
};

/** A matrix of weights, row after row, and what is added to each column. */
export const placeWeights = (kernel: Kernel, values: Float32Array, bias: Float32Array): Panels => {
  const columns = bias.length;
  const length = values.length / columns;
  const panels = { at: kernel.place(values.length), length, columns, bias: placeNumbers(kernel, bias) };
  packRows(kernel.floats(), panels, values, { at: 0, stride: columns }, length);
  return panels;
};
