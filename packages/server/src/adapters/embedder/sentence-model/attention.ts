/**
 * Multi-head attention within one text: each word piece looks at all others, in four ways at once. Both products go
 * through the kernel; what is looked at is packed for it first.
 */
import { packRows, placeNumbers, placeTable, within } from './arena.ts';
import { blockColumns, type Kernel, type Panels, roundUp, type Table } from './kernel.ts';

const heads = 4;

/** `qkv`: what each piece asks, offers and says, `width` numbers each; `to`: what each has heard. */
export type Attention = (qkv: Table, count: number, to: Table) => void;

/** In place: each row becomes shares of one. Columns beyond `count` become zero. */
const toShares = (floats: Float32Array, table: Table, count: number, columns: number, scale: number): void => {
  for (let row = 0; row < count; row += 1) {
    const from = table.at + row * table.stride;
    let most = Number.NEGATIVE_INFINITY;
    for (let at = from; at < from + count; at += 1) most = Math.max(most, (floats[at] ?? 0) * scale);
    let sum = 0;
    for (let at = from; at < from + count; at += 1) {
      const share = Math.exp((floats[at] ?? 0) * scale - most);
      floats[at] = share;
      sum += share;
    }
    for (let at = from; at < from + count; at += 1) floats[at] = (floats[at] ?? 0) / sum;
    floats.fill(0, from + count, from + columns);
  }
};

/** What is offered stands upright in the product: a column for each piece, and zeros in the others. */
const packColumns = (floats: Float32Array, { at, length, columns }: Panels, table: Table, count: number): void => {
  for (let piece = 0; piece < columns; piece += 1) {
    const source = table.at + piece * table.stride;
    const to = at + (piece - (piece % blockColumns)) * length + (piece % blockColumns);
    for (let n = 0; n < length; n += 1) floats[to + n * blockColumns] = piece < count ? (floats[source + n] ?? 0) : 0;
  }
};

export const createAttention = (kernel: Kernel, width: number, most: number): Attention => {
  const depth = width / heads;
  const scale = 1 / Math.sqrt(depth);
  const room = roundUp(most, blockColumns);
  const shares = placeTable(kernel, room, room);
  const bias = placeNumbers(kernel, new Float32Array(Math.max(room, depth)));
  const offers = kernel.place(depth * room);
  const sayings = kernel.place(depth * room);

  return (qkv, count, to) => {
    const floats = kernel.floats();
    const columns = roundUp(count, blockColumns);
    const offered = { at: offers, length: depth, columns, bias };
    const said = { at: sayings, length: columns, columns: depth, bias };
    for (let head = 0; head < heads; head += 1) {
      const asks = within(qkv, 0, head * depth);
      packColumns(floats, offered, within(asks, 0, width), count);
      packRows(floats, said, floats, within(asks, 0, 2 * width), count);
      kernel.product({ left: asks, rows: count, right: offered, to: shares });
      toShares(floats, shares, count, columns, scale);
      kernel.product({ left: shares, rows: count, right: said, to: within(to, 0, head * depth) });
    }
  };
};
