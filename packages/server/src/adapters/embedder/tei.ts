/** Hugging Face Text Embeddings Inference by its own API. It cuts texts that are too long itself. */
import { z } from 'zod';
import type { Clock } from '../../kernel/clock.ts';
import type { DependencyPolicy } from '../../kernel/policies.ts';
import type { Embedder } from '../../ports/embedder.ts';
import { createEmbeddingHttp, type EmbeddingHttp, wrongAnswer } from './http.ts';
import { createAsQuestion } from './instruction.ts';
import { createRemoteEmbedder, type EmbeddingService } from './remote.ts';

export interface TeiEmbedderDeps {
  /** For example "http://tei:8080". */
  url: string;
  apiKey?: string | undefined;
  /** For models that read an instruction with each question; see `createAsQuestion`. */
  queryInstruction?: string | undefined;
  clock: Clock;
  /** Of `createPolicies().tei`. */
  policy: DependencyPolicy;
}

const infoShape = z.object({
  model_id: z.string().trim().min(1),
  max_client_batch_size: z.int().min(1).default(32),
});
const vectorsShape = z.array(z.array(z.number()).min(1));

const createService = (http: EmbeddingHttp, queryInstruction: string | undefined): EmbeddingService => {
  let asQuestion = createAsQuestion('', queryInstruction);
  const embed = (inputs: readonly string[], signal: AbortSignal): Promise<number[][] | null> => {
    const body = { inputs, truncate: true, normalize: true };
    return http.ask({ method: 'POST', path: '/embed', body }, vectorsShape, signal);
  };
  return {
    discover: async (signal) => {
      const info = await http.ask({ method: 'GET', path: '/info' }, infoShape, signal);
      // It does not say how long its vectors are, so one is made.
      const [vector] = (await embed(['word'], signal)) ?? [];
      if (!info || !vector) throw wrongAnswer('no vector for one word');
      asQuestion = createAsQuestion(info.model_id, queryInstruction);
      return {
        embedderId: `tei:${info.model_id.replaceAll(/\s/g, '_')}`,
        dimensions: vector.length,
        batchLimit: info.max_client_batch_size,
      };
    },
    vectors: (texts, kind, signal) => embed(kind === 'query' ? texts.map(asQuestion) : texts, signal),
    ping: (signal) => http.probe('/health', signal),
    close: http.close,
  };
};

export const createTeiEmbedder = ({ url, apiKey, queryInstruction, clock, policy }: TeiEmbedderDeps): Embedder => {
  const http = createEmbeddingHttp({ url, apiKey, connectMs: policy.limits.connectMs, clock });
  return createRemoteEmbedder(createService(http, queryInstruction), policy);
};
