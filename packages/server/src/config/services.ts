/** Services beside the server that memory can stand on: their variables, and what of the configuration they make. */
import { z } from 'zod';

const httpUrl = z
  .url('must be an address such as http://localhost:6333')
  .regex(/^https?:\/\//, 'must start with http:// or https://');
const boltUrl = z
  .string()
  .regex(
    /^(?:bolt|neo4j)(?:\+s|\+ssc)?:\/\/./,
    'must start with bolt:// or neo4j:// (leave it out for the built-in graph)',
  );
const text = z.string().min(1).optional();
const group = 'Memory on services of your own (none of these: built in)';

export const serviceVariables = {
  MEMORY_ENGINE: {
    schema: z.enum(['hearth', 'mem0']).default('hearth'),
    help: '"mem0": Mem0 keeps the memories instead; first run "npm install --prefix extras/mem0"',
    group,
  },
  QDRANT_URL: { schema: httpUrl.optional(), help: 'Qdrant instead of the built-in search index', group },
  QDRANT_API_KEY: { schema: text, secret: true, help: 'Key of Qdrant', group },
  NEO4J_URL: { schema: boltUrl.optional(), help: 'Neo4j instead of the graph in the database', group },
  NEO4J_USERNAME: { schema: z.string().min(1).default('neo4j'), help: 'Its user', group },
  NEO4J_PASSWORD: { schema: text, secret: true, help: 'Its password', group },
  TEI_URL: { schema: httpUrl.optional(), help: 'Text Embeddings Inference instead of the bundled model', group },
  TEI_API_KEY: { schema: text, secret: true, help: 'Its key, where it has one', group },
  EMBEDDINGS_URL: {
    schema: httpUrl.optional(),
    help: 'An OpenAI-compatible embedding service with its version, for example http://localhost:11434/v1',
    group,
  },
  EMBEDDINGS_MODEL: { schema: text, help: 'Its model; needed with EMBEDDINGS_URL', group },
  EMBEDDINGS_API_KEY: { schema: text, secret: true, help: 'Its key, where it has one', group },
  EMBEDDINGS_QUERY_INSTRUCTION: {
    schema: text,
    help: 'Instruction before each question, for embedding models that want one; Qwen3-Embedding has its own',
    group,
  },
  LLM_BASE_URL: {
    schema: httpUrl.optional(),
    help: 'An OpenAI-compatible model that finds facts in conversations, with its version; without it Claude Haiku does',
    group,
  },
  LLM_MODEL: { schema: text, help: 'Its model; needed with LLM_BASE_URL', group },
  LLM_API_KEY: { schema: text, secret: true, help: 'Its key, where it has one', group },
} as const;

type Values = { [K in keyof typeof serviceVariables]: z.infer<(typeof serviceVariables)[K]['schema']> };

export interface MemoryServices {
  readonly engine: 'hearth' | 'mem0';
  readonly qdrant: { readonly url: string; readonly apiKey: string | undefined } | null;
  readonly neo4j: { readonly url: string; readonly user: string; readonly password: string } | null;
  readonly embedder:
    | { readonly kind: 'bundled' }
    | {
        readonly kind: 'tei';
        readonly url: string;
        readonly apiKey: string | undefined;
        readonly queryInstruction: string | undefined;
      }
    | {
        readonly kind: 'openai';
        readonly url: string;
        readonly model: string;
        readonly apiKey: string | undefined;
        readonly queryInstruction: string | undefined;
      };
  readonly model: { readonly url: string; readonly model: string; readonly apiKey: string | undefined } | null;
}

/** Mem0 has its own way to find facts, and no graph. */
const engineIssues = (values: Values): string[] =>
  values.MEMORY_ENGINE === 'hearth'
    ? []
    : [
        ...(values.LLM_BASE_URL ? [] : ['LLM_BASE_URL: is needed with MEMORY_ENGINE=mem0']),
        ...(values.NEO4J_URL ? ['NEO4J_URL: cannot be used with MEMORY_ENGINE=mem0, which has no graph'] : []),
      ];

/** What does not fit together, each naming a variable. */
export const serviceIssues = (values: Values): string[] => [
  ...(values.NEO4J_URL && !values.NEO4J_PASSWORD ? ['NEO4J_PASSWORD: is needed with NEO4J_URL'] : []),
  ...(values.EMBEDDINGS_URL && !values.EMBEDDINGS_MODEL ? ['EMBEDDINGS_MODEL: is needed with EMBEDDINGS_URL'] : []),
  ...(values.LLM_BASE_URL && !values.LLM_MODEL ? ['LLM_MODEL: is needed with LLM_BASE_URL'] : []),
  ...(values.TEI_URL && values.EMBEDDINGS_URL ? ['TEI_URL: cannot be used together with EMBEDDINGS_URL'] : []),
  ...engineIssues(values),
];

const embedderOf = (values: Values): MemoryServices['embedder'] => {
  const queryInstruction = values.EMBEDDINGS_QUERY_INSTRUCTION;
  if (values.TEI_URL) return { kind: 'tei', url: values.TEI_URL, apiKey: values.TEI_API_KEY, queryInstruction };
  if (values.EMBEDDINGS_URL && values.EMBEDDINGS_MODEL) {
    const { EMBEDDINGS_URL: url, EMBEDDINGS_MODEL: model, EMBEDDINGS_API_KEY: apiKey } = values;
    return { kind: 'openai', url, model, apiKey, queryInstruction };
  }
  return { kind: 'bundled' };
};

export const memoryServices = (values: Values): MemoryServices => ({
  engine: values.MEMORY_ENGINE,
  qdrant: values.QDRANT_URL ? { url: values.QDRANT_URL, apiKey: values.QDRANT_API_KEY } : null,
  neo4j: values.NEO4J_URL
    ? { url: values.NEO4J_URL, user: values.NEO4J_USERNAME, password: values.NEO4J_PASSWORD ?? '' }
    : null,
  embedder: embedderOf(values),
  model:
    values.LLM_BASE_URL && values.LLM_MODEL
      ? { url: values.LLM_BASE_URL, model: values.LLM_MODEL, apiKey: values.LLM_API_KEY }
      : null,
});
