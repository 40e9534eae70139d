/** Memories of an engine that is not ours, in our shape. What the engine has no field for is in the metadata we gave it. */
import {
  type Memory,
  type MemoryAuthor,
  type MemoryResult,
  memoryAuthorSchema,
  type SearchMemories,
} from '@hearth/contract';
import { z } from 'zod';
import { sha256Hex } from '../../kernel/ids.ts';
import type { EngineHit, EngineMemory } from '../../ports/memory-engine.ts';
import type { PiiType } from './pii.ts';
import { matchedWords, round } from './recall.ts';

const noteShape = z.object({
  /** Null: the words of several people were looked through, and the engine says whose a fact is. */
  author: memoryAuthorSchema.nullable(),
  category: z.string().nullable(),
  occurred_at: z.string(),
  session_id: z.string().nullable(),
  message_id: z.string().nullable(),
  given: z.record(z.string(), z.unknown()),
});

/** What we know of a memory, kept beside its text. */
export type Note = z.infer<typeof noteShape>;

export const withFlags = (given: Record<string, unknown>, types: readonly PiiType[]): Record<string, unknown> =>
  types.length > 0 ? { ...given, contains_pii: true, pii_types: types } : given;

/** Of a memory that another program has put there we know nothing: it is somebody's note. */
export const noteOf = ({ metadata, createdAt }: EngineMemory): Note => {
  const parsed = noteShape.safeParse(metadata);
  if (parsed.success) return parsed.data;
  const unknown = { category: null, session_id: null, message_id: null, given: {} };
  return { author: 'untrusted', occurred_at: createdAt, ...unknown };
};

const authorOf = (note: Note, { saidBy }: EngineMemory): MemoryAuthor =>
  note.author ?? (saidBy === 'user' ? 'owner' : 'assistant');

export const toOurs = (ownerId: string, memory: EngineMemory): Memory => {
  const note = noteOf(memory);
  return {
    id: memory.id,
    memory: memory.text,
    hash: sha256Hex(memory.text),
    created_at: memory.createdAt,
    updated_at: memory.updatedAt,
    user_id: ownerId,
    agent_id: memory.agentId,
    run_id: memory.runId,
    metadata: note.given,
    category: note.category,
    occurred_at: note.occurred_at,
    author: authorOf(note, memory),
    source: { session_id: note.session_id, message_id: note.message_id },
    supersedes: null,
    superseded_by: null,
    searchable: 'yes',
  };
};

export const toOurResult = (ownerId: string, hit: EngineHit, { query, explain }: SearchMemories): MemoryResult => {
  const { id, memory, metadata, created_at, occurred_at, run_id, author } = toOurs(ownerId, hit.memory);
  const reasons = {
    words: round(hit.words),
    meaning: round(hit.meaning),
    neighbours: 0,
    graph: round(hit.names),
    time: 0,
    matched_words: matchedWords(memory, query),
    through: [],
  };
  const result = { id, memory, score: round(hit.score), metadata, created_at, occurred_at, run_id, author };
  return explain ? { ...result, reasons } : result;
};
