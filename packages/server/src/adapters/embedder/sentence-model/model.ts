/**
 * The sentence model (Universal Sentence Encoder Lite, English): two layers of a transformer over the word pieces of a
 * text, the mean of what they make of it, one layer more, and unit length. Its vectors are those of the library that the
 * package of weights was made for; the test beside this holds both against each other.
 */
import { toUnit } from '../vectors.ts';
import { placeTable, placeWeights } from './arena.ts';
import { type Kernel, startKernel } from './kernel.ts';
import { createLayer, placeScratch, readLayer, rowsOf, width } from './layer.ts';
import { createTokenizer } from './tokenizer.ts';
import { readWeights } from './weights.ts';

const pieceWidth = 256;
/** The model was trained on no more; what comes after them is not looked at. */
const mostPieces = 128;
/** Texts go through together until they have so many pieces. */
const rowsAtOnce = 2 * mostPieces;

export interface SentenceModel {
  /** One vector of 512 numbers and unit length per text. */
  embed(texts: readonly string[]): Float32Array[];
}

/** Each place in a text has its own mixture of waves, so that the order of words counts. */
const wavesOf = (speeds: Float32Array): Float32Array => {
  const waves = new Float32Array(mostPieces * pieceWidth);
  for (let place = 0; place < mostPieces; place += 1) {
    for (const [at, speed] of speeds.entries()) {
      waves[place * pieceWidth + at] = Math.sin(place * speed);
      waves[place * pieceWidth + speeds.length + at] = Math.cos(place * speed);
    }
  }
  return waves;
};

/** Runs of texts that together have at most `rowsAtOnce` pieces. */
const groupsOf = (lists: readonly number[][]): number[][][] => {
  const groups: number[][][] = [];
  let rows = Number.POSITIVE_INFINITY;
  for (const list of lists) {
    rows += list.length;
    if (rows > rowsAtOnce) {
      groups.push([]);
      rows = list.length;
    }
    groups.at(-1)?.push(list);
  }
  return groups;
};

/** What has been learnt goes into the kernel's memory; the files it came from are not kept. */
const readModel = (kernel: Kernel) => {
  const weights = readWeights();
  const { tensor } = weights;
  const dense = 'Layer_0/TransformerLayer/dense';
  return {
    pieces: tensor('module/Embeddings_en').slice(),
    waves: wavesOf(tensor('AddTimingSignal/TimingSignal/ExpandDims_1')),
    dense: placeWeights(
      kernel,
      tensor(`${dense}/kernel/ConcatPartitions/concat`),
      tensor(`${dense}/bias/ConcatPartitions/concat`),
    ),
    first: readLayer(kernel, weights, { at: 0, inputWidth: pieceWidth }),
    second: readLayer(kernel, weights, { at: 1, inputWidth: width }),
    last: placeWeights(kernel, tensor('tanh_layer_0/weights'), tensor('tanh_layer_0/bias')),
    tokenize: createTokenizer(weights.pieces),
  };
};

type Model = Omit<ReturnType<typeof readModel>, 'tokenize'>;

const createEncoder = (kernel: Kernel, { pieces, waves, dense, last, ...layers }: Model) => {
  const scratch = placeScratch(kernel, rowsAtOnce);
  const first = createLayer(kernel, layers.first, scratch, mostPieces);
  const second = createLayer(kernel, layers.second, scratch, mostPieces);
  const input = placeTable(kernel, rowsAtOnce, pieceWidth);
  const state = placeTable(kernel, rowsAtOnce, width);
  const means = placeTable(kernel, rowsAtOnce, width);
  const floats = kernel.floats();

  const read = (lists: readonly number[][]): void => {
    let to = input.at;
    for (const list of lists) {
      for (const [place, piece] of list.entries()) {
        // The model was trained so: the piece twice, its place once.
        for (let at = 0; at < pieceWidth; at += 1, to += 1) {
          floats[to] = 2 * (pieces[piece * pieceWidth + at] ?? 0) + (waves[place * pieceWidth + at] ?? 0);
        }
      }
    }
  };

  return (lists: readonly number[][]): Float32Array[] => {
    const lengths = lists.map(({ length }) => length);
    read(lists);
    kernel.product({ left: input, rows: rowsOf(lengths), right: dense, to: state });
    first.run(input, state, lengths);
    floats.fill(0, means.at, means.at + lists.length * width);
    second.runToMeans(state, state, lengths, means);
    kernel.product({ left: means, rows: lists.length, right: last, to: scratch.calm });
    return lists.map((_list, text) => {
      const at = scratch.calm.at + text * width;
      const vector = floats.slice(at, at + width).map(Math.tanh);
      return toUnit(vector) ?? vector;
    });
  };
};

export const loadSentenceModel = async (): Promise<SentenceModel> => {
  const kernel = await startKernel();
  const { tokenize, ...model } = readModel(kernel);
  const encode = createEncoder(kernel, model);
  return { embed: (texts) => groupsOf(texts.map((text) => tokenize(text).slice(0, mostPieces))).flatMap(encode) };
};
