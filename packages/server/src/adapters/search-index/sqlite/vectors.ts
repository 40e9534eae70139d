/**
 * The vectors of one owner in a graph (HNSW) that is searched in logarithmic time. Everything in it comes from the
 * database beside it: a file that is missing, damaged or behind is made good from there.
 */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { Index, MetricKind, ScalarKind } from 'usearch';

export interface Vectors {
  put(keys: readonly number[], vectors: readonly Float32Array[]): void;
  remove(keys: readonly number[]): void;
  /** Nearest keys, best first. */
  near(vector: Float32Array, count: number): number[];
  size(): number;
  /** Old or new, never half: written beside and renamed. Answers the hash of the file. */
  save(): string;
}

/** A key that no row has. */
const filler = 2n ** 62n;

const createGraph = (dimensions: number): Index =>
  new Index({
    metric: MetricKind.IP,
    dimensions,
    connectivity: 16,
    quantization: ScalarKind.BF16,
    expansion_add: 128,
    expansion_search: 96,
    multi: false,
  });

/** What the file is known by; the library reads anything and a damaged file would end the whole process. */
const hashOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

/** Null: there is no file, or not the one that was written; the caller fills an empty graph. */
const loadGraph = (file: string, dimensions: number, hash: string): Index | null => {
  if (hash === '' || !existsSync(file) || hashOf(file) !== hash) return null;
  const graph = createGraph(dimensions);
  graph.load(file);
  return graph.dimensions() === dimensions ? graph : null;
};

const syncFile = (file: string): void => {
  const handle = openSync(file, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
};

/** `hash` is what `save` answered the last time; empty for none. */
export const openVectors = (
  file: string,
  { dimensions, hash }: { dimensions: number; hash: string },
): { vectors: Vectors; isFresh: boolean } => {
  const loaded = loadGraph(file, dimensions, hash);
  const graph = loaded ?? createGraph(dimensions);
  const nowhere = new Float32Array(dimensions).fill(1 / Math.sqrt(dimensions));
  /** Removing only marks a place as free; what is put there next is written over it, so nothing of the vector is left. */
  const drop = (key: bigint): void => {
    if (graph.contains(key) !== true) return;
    graph.remove(key);
    graph.add(filler, nowhere);
    graph.remove(filler);
  };
  const vectors: Vectors = {
    put(keys, values) {
      keys.forEach((key, at) => {
        const vector = values[at];
        if (vector === undefined) return;
        drop(BigInt(key));
        graph.add(BigInt(key), vector);
      });
    },
    remove: (keys) => {
      for (const key of keys) drop(BigInt(key));
    },
    near(vector, count) {
      if (graph.size() === 0) return [];
      const { keys } = graph.search(vector, Math.min(count, graph.size()), 1);
      return [...keys].map(Number);
    },
    size: () => graph.size(),
    save() {
      const part = `${file}.part`;
      rmSync(part, { force: true });
      graph.save(part);
      syncFile(part);
      const saved = hashOf(part);
      renameSync(part, file);
      return saved;
    },
  };
  return { vectors, isFresh: loaded === null };
};
