/**
 * What all embedders behind HTTP do alike: ask once who is there, send texts in batches the service takes, make smaller
 * what it refuses, check what comes back, and let nobody who asks a question wait longer than the policy's `quickMs`.
 */
import { AppError, isAppError } from '../../kernel/errors.ts';
import type { DependencyPolicy } from '../../kernel/policies.ts';
import type { Embedder, EmbedderSpace, EmbedOptions } from '../../ports/embedder.ts';
import { hopeless, unavailable, wrongAnswer } from './http.ts';
import { closedError, isReadable, toUnit, unlessAborted } from './vectors.ts';

export interface Discovered extends EmbedderSpace {
  /** How many texts a request may hold. */
  batchLimit: number;
}

export interface EmbeddingService {
  discover(signal: AbortSignal): Promise<Discovered>;
  /** One request, a vector per text in their order; null when it was too much or too long. */
  vectors(texts: readonly string[], kind: EmbedOptions['kind'], signal: AbortSignal): Promise<number[][] | null>;
  ping(signal: AbortSignal): Promise<void>;
  close(): void;
}

/** Services refuse bodies above some 2 MB. */
const batchBytes = 1_000_000;
/** A text that is refused alone is made shorter down to here: every model reads so much. */
const shortText = 1_000;

const batchesOf = (texts: readonly string[], limit: number): string[][] => {
  const batches: string[][] = [];
  let bytes = 0;
  for (const text of texts) {
    const size = Buffer.byteLength(text);
    const last = batches.at(-1);
    if (last && last.length < limit && bytes + size <= batchBytes) {
      last.push(text);
      bytes += size;
    } else {
      batches.push([text]);
      bytes = size;
    }
  }
  return batches;
};

const checked = (vectors: readonly number[][], count: number, dimensions: number): Float32Array[] => {
  if (vectors.length !== count) throw wrongAnswer(`${vectors.length} vectors for ${count} texts`);
  return vectors.map((values) => {
    if (values.length !== dimensions) {
      const cause = new Error(`${values.length} dimensions instead of ${dimensions}`);
      throw hopeless('The embedding service has another model than before; it is used after a restart', cause);
    }
    const vector = toUnit(values);
    if (!vector) throw wrongAnswer('a vector without a direction');
    return vector;
  });
};

/** Outside, a refusal is one more way of not being available: the caller cannot mend it. */
const outward = (error: unknown): unknown =>
  isAppError(error, 'BAD_REQUEST') ? unavailable(error.message, error.cause ?? error) : error;

type Run = DependencyPolicy['run'];

export const createRemoteEmbedder = (service: EmbeddingService, policy: DependencyPolicy): Embedder => {
  const closing = new AbortController();
  let known: Promise<Discovered> | undefined;

  /** What the caller calls off is nobody's failure: the policy neither repeats nor counts it. */
  const unlessStopped = async <T>(
    call: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
    stop: AbortSignal,
  ) => {
    try {
      stop.throwIfAborted();
      return await call(AbortSignal.any([signal, stop]));
    } catch (error) {
      throw stop.aborted ? new AppError('BAD_REQUEST', 'The call was given up', { cause: error }) : error;
    }
  };

  /** Shared by all who ask at the same time, so nobody's abort ends it. */
  const discover = (run: Run): Promise<Discovered> => {
    known ??= run((signal) => unlessStopped(service.discover, signal, closing.signal)).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };

  interface Job {
    kind: EmbedOptions['kind'];
    dimensions: number;
    run: Run;
    stop: AbortSignal;
  }
  const embedBatch = async (texts: readonly string[], job: Job): Promise<Float32Array[]> => {
    const { kind, dimensions, run, stop } = job;
    const vectors = await run((signal) =>
      unlessStopped((either) => service.vectors(texts, kind, either), signal, stop),
    );
    if (vectors) return checked(vectors, texts.length, dimensions);
    if (texts.length > 1) {
      const half = Math.ceil(texts.length / 2);
      const first = await embedBatch(texts.slice(0, half), job);
      return [...first, ...(await embedBatch(texts.slice(half), job))];
    }
    const [text = ''] = texts;
    if (text.length > shortText) return embedBatch([text.slice(0, text.length / 2).toWellFormed()], job);
    throw hopeless('The embedding service refused a text', new Error(`${text.length} characters`));
  };

  const embedAll = async (texts: readonly string[], { kind, run, stop }: Omit<Job, 'dimensions'>) => {
    const { dimensions, batchLimit } = await discover(run);
    const readable = texts.filter(isReadable).map((text) => text.toWellFormed());
    const made: Float32Array[] = [];
    for (const batch of batchesOf(readable, batchLimit)) {
      made.push(...(await embedBatch(batch, { kind, dimensions, run, stop })));
    }
    const rest = made.values();
    return texts.map((text) => (isReadable(text) ? rest.next().value : undefined) ?? new Float32Array(dimensions));
  };

  const answered = async <T>(running: () => Promise<T>, signal: AbortSignal): Promise<T> => {
    try {
      return await unlessAborted(running(), signal);
    } catch (error) {
      throw outward(error);
    }
  };
  /** Everything a question needs, in one time. */
  const inOneTime = <T>(work: (run: Run) => Promise<T>): Promise<T> =>
    policy.quick((signal) => work((call) => call(signal)));

  return {
    space: async () => {
      closing.signal.throwIfAborted();
      const { embedderId, dimensions } = await answered(() => discover(policy.run), closing.signal);
      return { embedderId, dimensions };
    },
    embed: async (texts, { kind, signal }) => {
      const stop = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
      stop.throwIfAborted();
      const job = { kind, stop };
      return answered(
        () =>
          kind === 'query'
            ? inOneTime((run) => embedAll(texts, { ...job, run }))
            : embedAll(texts, { ...job, run: policy.run }),
        stop,
      );
    },
    ping: async () => {
      closing.signal.throwIfAborted();
      await answered(
        () => policy.quick((signal) => unlessStopped(service.ping, signal, closing.signal)),
        closing.signal,
      );
    },
    close: async () => {
      if (closing.signal.aborted) return;
      closing.abort(closedError());
      service.close();
    },
  };
};
