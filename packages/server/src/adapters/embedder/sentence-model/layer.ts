/** One layer of the transformer: the pieces look at each other, then each is thought over by itself. */
import { placeTable, placeWeights, within } from './arena.ts';
import { createAttention } from './attention.ts';
import type { Kernel, Panels, Table } from './kernel.ts';
import type { Weights } from './weights.ts';

/** Numbers per piece between the layers, and inside the second half of one. */
export const width = 512;
const wide = 1_536;
/** Keeps a row that is the same all over from being divided by zero. */
const tiny = 1e-6;

interface Norm {
  scale: Float32Array;
  bias: Float32Array;
}

/** Room for what a layer makes on its way; layers take turns with it. */
export interface Scratch {
  calm: Table;
  heard: Table;
  broad: Table;
}

export const placeScratch = (kernel: Kernel, rows: number): Scratch => ({
  calm: placeTable(kernel, rows, width),
  heard: placeTable(kernel, rows, width),
  broad: placeTable(kernel, rows, wide),
});

/** Rows with mean zero and variance one, then stretched and moved as was learnt. */
const normalise = (floats: Float32Array, from: Table, to: Table, rows: number, { scale, bias }: Norm): void => {
  const count = scale.length;
  for (let row = 0; row < rows; row += 1) {
    const [source, target] = [from.at + row * from.stride, to.at + row * to.stride];
    let sum = 0;
    for (let at = 0; at < count; at += 1) sum += floats[source + at] ?? 0;
    const mean = sum / count;
    let squares = 0;
    for (let at = 0; at < count; at += 1) squares += ((floats[source + at] ?? 0) - mean) ** 2;
    const factor = 1 / Math.sqrt(squares / count + tiny);
    for (let at = 0; at < count; at += 1) {
      floats[target + at] = ((floats[source + at] ?? 0) - mean) * factor * (scale[at] ?? 0) + (bias[at] ?? 0);
    }
  }
};

/** One row per text, each at least one row long; `to` may be `from`: no row is written before it has been read. */
const average = (floats: Float32Array, from: Table, lengths: readonly number[], count: number, to: Table): void => {
  let row = 0;
  for (const [text, length] of lengths.entries()) {
    const [source, target] = [from.at + row * from.stride, to.at + text * to.stride];
    for (let at = 0; at < count; at += 1) {
      let sum = 0;
      for (let piece = 0; piece < length; piece += 1) sum += floats[source + piece * from.stride + at] ?? 0;
      floats[target + at] = sum / length;
    }
    row += length;
  }
};

export const rowsOf = (lengths: readonly number[]): number => lengths.reduce((sum, length) => sum + length, 0);

/** `lengths`: how many rows each text has. What the layer finds out about `input` is added to `state`. */
export interface Layer {
  /** `input` and `state` may be the same. */
  run(input: Table, state: Table, lengths: readonly number[]): void;
  /** The same, but only its mean over each text is wanted: one row of `to` per text. */
  runToMeans(input: Table, state: Table, lengths: readonly number[], to: Table): void;
}

export interface LayerPlace {
  /** Which of the model's layers. */
  at: number;
  /** Numbers per row of its input. */
  inputWidth: number;
}

/** What a layer has learnt, in the kernel's memory. */
export interface LayerParts {
  inputWidth: number;
  beforeLook: Norm;
  beforeThink: Norm;
  qkv: Panels;
  out: Panels;
  widen: Panels;
  narrow: Panels;
}

export const readLayer = (kernel: Kernel, { tensor }: Weights, { at, inputWidth }: LayerPlace): LayerParts => {
  const name = `Layer_${at}/TransformerLayer`;
  const learnt = (part: string): Float32Array => tensor(`${name}/${part}/ConcatPartitions/concat`).slice();
  const norm = (part: string): Norm => ({
    scale: learnt(`${part}layer_prepostprocess/layer_norm/layer_norm_scale`),
    bias: learnt(`${part}layer_prepostprocess/layer_norm/layer_norm_bias`),
  });
  const panels = (part: string, values: string): Panels =>
    placeWeights(kernel, tensor(`${name}/${part}/${values}`), learnt(`${part}/bias`));
  return {
    inputWidth,
    beforeLook: norm(''),
    beforeThink: norm('FFN/'),
    qkv: panels('MultiheadAttention/qkv_transform_single', 'kernel/part_0'),
    out: panels('MultiheadAttention/output_transform_single', 'kernel/part_0'),
    widen: panels('FFN/conv1', 'Tensordot/Reshape_1'),
    narrow: panels('FFN/conv2', 'Tensordot/Reshape_1'),
  };
};

/** `mostPieces`: of the longest text. */
export const createLayer = (kernel: Kernel, parts: LayerParts, scratch: Scratch, mostPieces: number): Layer => {
  const { beforeLook, beforeThink, qkv, out, widen, narrow } = parts;
  const attention = createAttention(kernel, parts.inputWidth, mostPieces);
  const { calm, heard, broad } = scratch;

  const look = (input: Table, state: Table, lengths: readonly number[]): void => {
    const rows = rowsOf(lengths);
    normalise(kernel.floats(), input, calm, rows, beforeLook);
    kernel.product({ left: calm, rows, right: qkv, to: broad });
    let row = 0;
    for (const length of lengths) {
      attention(within(broad, row), length, within(heard, row));
      row += length;
    }
    kernel.product({ left: heard, rows, right: out, to: state, onTop: true });
  };

  const beginToThink = (state: Table, rows: number): void => {
    normalise(kernel.floats(), state, calm, rows, beforeThink);
    kernel.product({ left: calm, rows, right: widen, to: broad, onlyPositive: true });
  };

  return {
    run(input, state, lengths) {
      const rows = rowsOf(lengths);
      look(input, state, lengths);
      beginToThink(state, rows);
      kernel.product({ left: broad, rows, right: narrow, to: state, onTop: true });
    },
    runToMeans(input, state, lengths, to) {
      look(input, state, lengths);
      beginToThink(state, rowsOf(lengths));
      // The mean of the products is the product of the mean, which is one row instead of many.
      average(kernel.floats(), state, lengths, width, to);
      average(kernel.floats(), broad, lengths, wide, broad);
      kernel.product({ left: broad, rows: lengths.length, right: narrow, to, onTop: true });
    },
  };
};
