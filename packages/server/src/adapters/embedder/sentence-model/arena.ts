/** Places in the kernel's memory: rows of numbers that can be written, and the packed right sides of products. */
import { blockColumns, blockRows, type Kernel, type Panels, type Rows } from './kernel.ts';

export const floatBytes = 4;

/** A table of numbers: `stride` numbers from one row to the next, the first at `from` in all of memory. */
export interface Table {
  rows: Rows;
  from: number;
  stride: number;
}

/** Has room for the rows that fill a block, whichever row a product begins at. */
export const placeTable = (kernel: Kernel, rows: number, width: number): Table => {
  const at = kernel.place((rows + blockRows - 1) * width);
  return { rows: { at, stride: width * floatBytes }, from: at / floatBytes, stride: width };
};

/** The same table from another row and column on. */
export const within = ({ rows, from, stride }: Table, row: number, column = 0): Table => ({
  rows: { at: rows.at + (row * stride + column) * floatBytes, stride: rows.stride },
  from: from + row * stride + column,
  stride,
});

export const placeNumbers = (kernel: Kernel, values: Float32Array): number => {
  const at = kernel.place(values.length);
  kernel.floats().set(values, at / floatBytes);
  return at;
};

/** A matrix of weights, row after row, and what is added to each column. */
export const placeWeights = (kernel: Kernel, values: Float32Array, bias: Float32Array): Panels => {
  const columns = bias.length;
  const panels = {
    at: kernel.place(values.length),
    length: values.length / columns,
    columns,
    bias: placeNumbers(kernel, bias),
  };
  const floats = kernel.floats();
  let to = panels.at / floatBytes;
  for (let column = 0; column < columns; column += blockColumns) {
    for (let row = 0; row < panels.length; row += 1) {
      const from = row * columns + column;
      for (let at = from; at < from + blockColumns; at += 1, to += 1) floats[to] = values[at] ?? 0;
    }
  }
  return panels;
};
