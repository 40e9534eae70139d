/**
 * What Mem0 answers, checked once, in the words of the port. Our metadata stand below one name, so that they neither
 * meet Mem0's own fields nor mix with what was there before.
 */
import { z } from 'zod';
import type { EngineChange, EngineHit, EngineMemory } from '../../../packages/server/src/ports/memory-engine.ts';

const ours = 'hearth';

export const toMetadata = (metadata: Readonly<Record<string, unknown>>): object => ({ [ours]: metadata });

/** Mem0 refuses blanks in names of owners, agents and runs, and "*" stands for all of them. */
export const toName = (name: string): string => encodeURIComponent(name).replaceAll('*', '%2A');
const fromName = (name: string): string => {
  try {
    return decodeURIComponent(name);
  } catch {
    // Another program has written it.
    return name;
  }
};

const itemShape = z.object({
  id: z.string(),
  memory: z.string(),
  user_id: z.string(),
  agent_id: z.string().default('main'),
  run_id: z.string().nullish(),
  createdAt: z.string(),
  updatedAt: z.string().nullish(),
  attributedTo: z.string().nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
});
type Item = z.infer<typeof itemShape>;

const hitShape = itemShape.extend({
  score: z.number(),
  score_details: z.object({
    semanticScore: z.number(),
    bm25Score: z.number(),
    entityBoost: z.number(),
    maxPossibleScore: z.number().positive(),
  }),
});

const recordShape = z.record(z.string(), z.unknown());
const changesShape = z.array(
  z.object({
    action: z.string(),
    previous_value: z.string().nullable(),
    new_value: z.string().nullable(),
    created_at: z.string().nullable(),
    updated_at: z.string().nullable(),
  }),
);
const addedShape = z.object({ results: z.array(z.object({ id: z.string() })) });
const listedShape = z.object({ results: z.array(itemShape) });
const foundShape = z.object({ results: z.array(hitShape) });

const toMemory = (item: Item): EngineMemory => ({
  id: item.id,
  text: item.memory,
  agentId: fromName(item.agent_id),
  runId: item.run_id ? fromName(item.run_id) : null,
  metadata: recordShape.catch({}).parse(item.metadata?.[ours]),
  saidBy: item.attributedTo === 'user' || item.attributedTo === 'assistant' ? item.attributedTo : null,
  createdAt: item.createdAt,
  updatedAt: item.updatedAt ?? item.createdAt,
});

export const readIds = (answer: unknown): string[] => addedShape.parse(answer).results.map(({ id }) => id);
export const readList = (answer: unknown): EngineMemory[] => listedShape.parse(answer).results.map(toMemory);

/** Null: there is none, or it is somebody else's. */
export const readOne = (answer: unknown, owner: string): EngineMemory | null => {
  const item = itemShape.nullable().parse(answer);
  return item?.user_id === owner ? toMemory(item) : null;
};

const between = (value: number): number => Math.min(1, Math.max(0, value));

export const readHits = (answer: unknown): EngineHit[] =>
  foundShape.parse(answer).results.map(({ score, score_details: parts, ...item }) => ({
    memory: toMemory(item),
    score: between(score),
    words: parts.bm25Score / parts.maxPossibleScore,
    meaning: parts.semanticScore / parts.maxPossibleScore,
    names: parts.entityBoost / parts.maxPossibleScore,
  }));

/** Mem0 gives the newest first, and also counts a change of metadata alone. */
export const readChanges = (answer: unknown): EngineChange[] =>
  changesShape
    .parse(answer)
    .toReversed()
    .flatMap(({ action, previous_value: before, new_value: text, created_at: created, updated_at: updated }) => {
      if (text === null || text === before) return [];
      const at = (action === 'ADD' ? created : updated) ?? '';
      return [{ event: action === 'ADD' ? ('added' as const) : ('updated' as const), text, at }];
    });
