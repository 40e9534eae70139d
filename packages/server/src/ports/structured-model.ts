/**
 * A language model that answers one question with one JSON value: for background work such as finding facts. No tools,
 * no conversation. What comes back is the model's: the caller checks its shape and trusts nothing in it.
 *
 * Errors: SERVICE_UNAVAILABLE when the model is away, limited, or answers with something that is not JSON.
 */
import type { JsonObject } from '@hearth/contract';

export interface StructuredQuestion {
  system: string;
  text: string;
  /** JSON schema of the answer. */
  schema: JsonObject;
  signal?: AbortSignal | undefined;
}

export interface StructuredModel {
  ask(question: StructuredQuestion): Promise<unknown>;
}
