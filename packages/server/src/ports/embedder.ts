/**
 * Turns text into vectors. Which one is used is fixed per collection (`SearchIndex.prepare`): vectors of different
 * embedders cannot be compared.
 *
 * Errors: SERVICE_UNAVAILABLE when it is away, does not answer in time (seed: TEI 3 s to connect, 30 s a request, 2
 * retries) or answers with something that is not vectors. Nothing of the texts is ever logged.
 */
export interface EmbedderSpace {
  /** Names model and version, for example "bundled:use-en-512" or "tei:Qwen/Qwen3-Embedding-0.6B". */
  embedderId: string;
  dimensions: number;
}

export interface EmbedOptions {
  /** Some models embed a question in another way than a text. */
  kind: 'query' | 'text';
  signal?: AbortSignal;
}

export interface Embedder {
  /** Asks a remote service once and remembers; SERVICE_UNAVAILABLE when it cannot be asked. */
  space(): Promise<EmbedderSpace>;
  /**
   * One vector of unit length per text, in the same order; any number of texts, each up to 100,000 characters (models
   * read only as much of it as they can). A text without a readable character gets a vector too (zeros).
   */
  embed(texts: readonly string[], options: EmbedOptions): Promise<Float32Array[]>;
  /**
   * This question will be asked in a moment: an embedder that keeps texts to itself begins with it, so that `embed` has
   * less to wait for. One that sends them elsewhere does not have this: perhaps the question is not to be asked at all.
   */
  expect?(question: string): void;
  /** Rejects when it is away. Cheap: never loads a model. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
