/**
 * A double of an embedding service, over real HTTP on loopback: the API of Text Embeddings Inference and the one of
 * OpenAI (under "/v1"), with their shapes of errors and their limits. Texts with words in common have vectors alike.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import {
  type FakeAnswer,
  type FakeRequest,
  type FakeService,
  startFakeService,
} from '../../http/testing/fake-service.ts';

export interface FakeEmbeddings extends FakeService {
  /** May be changed: another model behind the same address. */
  dimensions: number;
  /** Every text it was given, in order. */
  readonly seen: string[];
  /** How many texts each request held. */
  readonly batches: number[];
}

export interface FakeEmbeddingsOptions {
  model?: string;
  dimensions?: number;
  batchLimit?: number;
  /** What OpenAI's shape takes of one text; TEI cuts by itself. */
  mostChars?: number;
  apiKey?: string;
}

const directionOf = (word: string, dimensions: number): Float32Array => {
  const bytes = createHash('shake256', { outputLength: dimensions }).update(word).digest();
  return Float32Array.from(bytes, (byte) => byte - 127.5);
};

/** The sum of its words' directions, at unit length. */
const vectorOf = (text: string, dimensions: number): number[] => {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [text];
  const sum = new Float64Array(dimensions);
  for (const [word, count] of Map.groupBy(words, (one) => one)
    .entries()
    .map(([one, all]) => [one, all.length] as const)) {
    directionOf(word, dimensions).forEach((value, at) => {
      sum[at] = (sum[at] ?? 0) + value * count;
    });
  }
  const length = Math.hypot(...sum);
  return Array.from(sum, (value) => value / length);
};

const teiShape = z.strictObject({ inputs: z.array(z.string()), truncate: z.literal(true), normalize: z.literal(true) });
const openAiShape = z.strictObject({ model: z.string(), input: z.array(z.string()) });

const teiFailed = (status: number, error: string, error_type = 'Backend'): FakeAnswer => ({
  status,
  body: { error, error_type },
});
const openAiFailed = (status: number, message: string, code: string | null = null): FakeAnswer => ({
  status,
  body: { error: { message, type: 'invalid_request_error', param: null, code } },
});

export const startFakeEmbeddings = async (options: FakeEmbeddingsOptions = {}): Promise<FakeEmbeddings> => {
  const { model = 'test/hash-of-words', batchLimit = 32, mostChars = 8_000, apiKey } = options;
  const own = { dimensions: options.dimensions ?? 64, seen: [] as string[], batches: [] as number[] };

  const vectors = (texts: readonly string[]): number[][] => {
    own.seen.push(...texts);
    own.batches.push(texts.length);
    return texts.map((text) => vectorOf(text, service.dimensions));
  };
  const onTei = (body: unknown): FakeAnswer => {
    const { inputs } = teiShape.parse(body);
    if (inputs.length > batchLimit) {
      const message = `batch size ${inputs.length} > maximum allowed batch size ${batchLimit}`;
      return teiFailed(413, message, 'Validation');
    }
    if (inputs.some((text) => text === '')) return teiFailed(400, '`inputs` cannot be empty', 'Empty');
    return { status: 200, body: vectors(inputs.map((text) => text.slice(0, mostChars))) };
  };
  const onOpenAi = (body: unknown): FakeAnswer => {
    const { model: asked, input } = openAiShape.parse(body);
    if (asked !== model) return openAiFailed(404, `The model \`${asked}\` does not exist`, 'model_not_found');
    if (input.length > batchLimit) return openAiFailed(400, `'$.input' is too long: ${input.length} items`);
    const long = input.find((text) => text.length > mostChars);
    if (long !== undefined) return openAiFailed(400, `This text is too long: ${long.slice(0, 100)}`);
    const data = vectors(input).map((embedding, index) => ({ object: 'embedding', index, embedding }));
    // Nobody promises their order.
    return { status: 200, body: { object: 'list', model, data: data.reverse(), usage: { prompt_tokens: 1 } } };
  };
  const answer = ({ method, path, body }: FakeRequest): FakeAnswer => {
    switch (`${method} ${path}`) {
      case 'GET /health':
        return { status: 200, body: '' };
      case 'GET /info':
        return { status: 200, body: { model_id: model, model_sha: null, max_client_batch_size: batchLimit } };
      case 'POST /embed':
        return onTei(body);
      case 'GET /v1/models':
        return { status: 200, body: { object: 'list', data: [{ id: model }] } };
      case 'POST /v1/embeddings':
        return onOpenAi(body);
      default:
        return { status: 404, body: '' };
    }
  };
  const key = apiKey === undefined ? {} : { key: { header: 'authorization', value: `Bearer ${apiKey}` } };
  const service: FakeEmbeddings = Object.assign(await startFakeService({ ...key, answer, failed: teiFailed }), own);
  return service;
};
