/**
 * Matrix products for the sentence model, in WebAssembly: multiplying and adding in one instruction, four numbers at a
 * time. `kernel.wasm` is made by `scripts/sentence-kernel.ts`. Everything lives in its memory; a place says how many
 * numbers come before it.
 *
 * A product is counted in blocks of `blockRows` x `blockColumns`. The left side is packed block by block on the way in;
 * the right side is packed once: panels of `blockColumns` columns, row after row. Left sides are read up to a full block,
 * so they need room for `roundUp(rows, blockRows)` rows; no more than `rows` are counted and written.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

export const blockRows = 6;
export const blockColumns = 8;

const floatBytes = 4;
const pageBytes = 65_536;
/** Every place begins a line of the processor's cache. */
const lineFloats = 16;
/** Whole blocks; so many rows of the left side stay in the processor's cache while all of the right side passes by. */
const rowsAtOnce = 48;
const widestRow = 1_536;

/** Places and strides in bytes, lengths in numbers; the last two are yes or no. */
type ProductFunction = (
  from: number,
  fromStride: number,
  rows: number,
  packed: number,
  right: number,
  length: number,
  columns: number,
  bias: number,
  to: number,
  stride: number,
  onTop: number,
  onlyPositive: number,
) => void;

interface Memory {
  buffer: ArrayBuffer;
  grow(pages: number): number;
}
type MemoryClass = new (size: { initial: number }) => Memory;
type Instantiate = (bytes: Uint8Array, imports: object) => Promise<{ instance: { exports: unknown } }>;

const isFunction = (one: unknown): boolean => one instanceof Function;
/** TypeScript knows WebAssembly only together with everything else that browsers have. */
const wasmShape = z.object({
  Memory: z.custom<MemoryClass>(isFunction),
  instantiate: z.custom<Instantiate>(isFunction),
});
const exportsShape = z.object({ product: z.custom<ProductFunction>(isFunction) });

/** Rows of numbers, `stride` of them from one row to the next. */
export interface Table {
  at: number;
  stride: number;
}

/** The right side of a product, packed; `length` must be even. */
export interface Panels {
  at: number;
  length: number;
  columns: number;
  /** One number per column that is added to each row. */
  bias: number;
}

export interface Product {
  left: Table;
  rows: number;
  right: Panels;
  to: Table;
  /** The product is added to what is there. */
  onTop?: boolean;
  /** What is below zero becomes zero. */
  onlyPositive?: boolean;
}

export interface Kernel {
  /** A place for so many numbers, zeros at first. */
  place(count: number): number;
  /** All of memory as numbers; taken anew after `place`. */
  floats(): Float32Array;
  product(product: Product): void;
}

export const roundUp = (count: number, step: number): number => Math.ceil(count / step) * step;

export const startKernel = async (): Promise<Kernel> => {
  const bytes = readFileSync(new URL('./kernel.wasm', import.meta.url));
  const wasm = wasmShape.parse(Reflect.get(globalThis, 'WebAssembly'));
  const memory = new wasm.Memory({ initial: 1 });
  const { instance } = await wasm.instantiate(bytes, { env: { memory } });
  const { product } = exportsShape.parse(instance.exports);
  let end = 0;

  const place = (count: number): number => {
    const at = end;
    end += roundUp(count, lineFloats);
    const missing = end * floatBytes - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
    return at;
  };

  const packed = place(rowsAtOnce * widestRow);

  return {
    place,
    floats: () => new Float32Array(memory.buffer),
    product({ left, rows, right, to, onTop = false, onlyPositive = false }) {
      const bytes = (numbers: number): number => numbers * floatBytes;
      for (let row = 0; row < rows; row += rowsAtOnce) {
        product(
          bytes(left.at + row * left.stride),
          bytes(left.stride),
          Math.min(rowsAtOnce, rows - row),
          bytes(packed),
          bytes(right.at),
          right.length,
          right.columns,
          bytes(right.bias),
          bytes(to.at + row * to.stride),
          bytes(to.stride),
          Number(onTop),
          Number(onlyPositive),
        );
      }
    },
  };
};
