/** Embeddings from anything that speaks OpenAI's shape: OpenAI, Ollama, vLLM, LM Studio, llama.cpp, LiteLLM and others. */
import { z } from 'zod';
import type { Clock } from '../../kernel/clock.ts';
import type { DependencyPolicy } from '../../kernel/policies.ts';
import type { Embedder } from '../../ports/embedder.ts';
import { createEmbeddingHttp, type EmbeddingHttp, wrongAnswer } from './http.ts';
import { createAsQuestion } from './instruction.ts';
import { createRemoteEmbedder, type EmbeddingService } from './remote.ts';

export interface OpenAiEmbedderDeps {
  /** With its version, for example "http://ollama:11434/v1". */
  url: string;
  model: string;
  apiKey?: string | undefined;
  /** For models that read an instruction with each question; see `createAsQuestion`. */
  queryInstruction?: string | undefined;
  clock: Clock;
  /** Of `createPolicies().embeddings`. */
  policy: DependencyPolicy;
}

/** No service says what it takes; one that takes less refuses, and gets halves. */
const batchLimit = 64;
/** Few models read more, and sending it only to be refused would take several requests. */
const mostChars = 32_000;

const answerShape = z.object({
  data: z.array(z.object({ index: z.int().min(0), embedding: z.array(z.number()).min(1) })),
});

const createService = (http: EmbeddingHttp, { model, queryInstruction }: OpenAiEmbedderDeps): EmbeddingService => {
  const asQuestion = createAsQuestion(model, queryInstruction);
  const vectors: EmbeddingService['vectors'] = async (texts, kind, signal) => {
    const input = texts
      .map((text) => text.slice(0, mostChars).toWellFormed())
      .map((text) => (kind === 'query' ? asQuestion(text) : text));
    const call = { method: 'POST' as const, path: '/embeddings', body: { model, input } };
    const answer = await http.ask(call, answerShape, signal);
    if (!answer) return null;
    const byIndex = new Map(answer.data.map(({ index, embedding }) => [index, embedding]));
    return texts.map((_text, index) => {
      const embedding = byIndex.get(index);
      if (!embedding) throw wrongAnswer(`no vector for text ${index} of ${texts.length}`);
      return embedding;
    });
  };
  return {
    discover: async (signal) => {
      const [vector] = (await vectors(['word'], 'text', signal)) ?? [];
      if (!vector) throw wrongAnswer('no vector for one word');
      return { embedderId: `openai:${model.replaceAll(/\s/g, '_')}`, dimensions: vector.length, batchLimit };
    },
    vectors,
    ping: (signal) => http.probe('/models', signal),
    close: http.close,
  };
};

export const createOpenAiEmbedder = (deps: OpenAiEmbedderDeps): Embedder => {
  const { url, apiKey, clock, policy } = deps;
  const http = createEmbeddingHttp({ url, apiKey, connectMs: policy.limits.connectMs, clock });
  return createRemoteEmbedder(createService(http, deps), policy);
};
