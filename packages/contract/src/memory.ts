/**
 * What the assistant remembers: facts with where they came from, search with reasons, and the graph of people and things.
 * Shapes of the seed ("Memory Endpoints"); what the seed does not have is optional for callers and always answered.
 */
import { z } from 'zod';
import { idSchema, pageQuerySchema, plainTextSchema, timeSchema } from './common.ts';

/** The seed's metadata: flat, with plain values. Names that Hearth itself answers with cannot be taken. */
const reservedMetadata = ['contains_pii', 'pii_types', 'id', 'user_id', 'owner_id', 'agent_id', 'hash'] as const;
const metadataName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/, 'must begin with a letter and hold only letters, digits, "_", "." and "-"')
  .refine((name) => !reservedMetadata.some((reserved) => reserved === name), 'is a name that Hearth uses itself')
  .refine((name) => name !== 'constructor' && name !== 'prototype', 'cannot be a name');
export const memoryMetadataSchema = z
  .record(metadataName, z.union([plainTextSchema.max(2_000), z.number(), z.boolean()]))
  .refine((value) => Object.keys(value).length <= 50, 'has more than 50 entries');
export type MemoryMetadata = z.infer<typeof memoryMetadataSchema>;

/** Who said it. What untrusted sources said (web pages, mail, files) is quoted, never followed. */
export const memoryAuthorSchema = z.enum(['owner', 'assistant', 'untrusted']);
export type MemoryAuthor = z.infer<typeof memoryAuthorSchema>;

const agentIdSchema = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, 'may hold letters, digits, "_", "." and "-"');
const runIdSchema = plainTextSchema.min(1).max(128).describe('The conversation it belongs to');

export const memorySchema = z
  .object({
    id: idSchema,
    memory: z.string(),
    hash: z.string().describe('SHA-256 of the text'),
    created_at: timeSchema,
    updated_at: timeSchema,
    user_id: z.string().describe('The owner, opaque'),
    agent_id: z.string(),
    run_id: z.string().nullable(),
    metadata: z.record(z.string(), z.unknown()),
    category: z.string().nullable(),
    occurred_at: timeSchema.describe('When it was said'),
    author: memoryAuthorSchema,
    source: z
      .object({ session_id: idSchema.nullable(), message_id: idSchema.nullable() })
      .describe('The chat and the message it was learned from'),
    supersedes: idSchema.nullable().describe('The memory that this one corrects'),
    superseded_by: idSchema.nullable(),
    searchable: z.enum(['yes', 'words', 'soon']).describe('"words": not embedded yet; "soon": not in the index yet'),
  })
  .meta({ id: 'Memory' });
export type Memory = z.infer<typeof memorySchema>;

const messageTextSchema = plainTextSchema
  .refine((text) => text.trim() !== '', 'is empty')
  .refine((text) => !/[^\P{Cc}\t\n\v\f\r]/u.test(text), 'holds control characters; send text');

export const memoryMessageSchema = z.strictObject({
  role: z.enum(['user', 'assistant', 'system']).default('user'),
  content: messageTextSchema.max(100_000),
});

export const addMemoriesSchema = z
  .strictObject({
    messages: z
      .union([messageTextSchema.max(100_000), z.array(memoryMessageSchema).min(1).max(200)])
      .describe('Text, or the messages of a conversation'),
    metadata: memoryMetadataSchema.optional(),
    agent_id: agentIdSchema.optional(),
    run_id: runIdSchema.optional(),
    occurred_at: timeSchema.optional(),
    enable_graph: z.boolean().optional(),
    infer: z
      .boolean()
      .optional()
      .describe('true: a model finds the facts; false: each message is stored as it is. Default: true'),
  })
  .meta({ id: 'AddMemories' });
export type AddMemories = z.infer<typeof addMemoriesSchema>;

export const addedMemoriesSchema = z
  .object({
    memories: z.array(memorySchema),
    count: z.number().int(),
    merged: z.number().int().describe('Facts that were known already'),
    superseded: z.array(idSchema).describe('Memories that these ones correct'),
    queued: z.boolean().describe('The facts are still being looked for; nothing is lost'),
    notes: z.array(z.string()).describe('What was left out or not done, in words'),
  })
  .meta({ id: 'AddedMemories' });
export type AddedMemories = z.infer<typeof addedMemoriesSchema>;

export const searchMemoriesSchema = z
  .strictObject({
    query: messageTextSchema.max(10_000),
    limit: z.number().int().min(1).max(100).default(5),
    agent_id: agentIdSchema.optional(),
    run_id: runIdSchema.optional(),
    category: z.string().min(1).max(100).optional(),
    enable_graph: z.boolean().default(true),
    explain: z.boolean().default(false),
  })
  .meta({ id: 'SearchMemories' });
export type SearchMemories = z.infer<typeof searchMemoriesSchema>;

/** Why a result ranks where it does; the parts add up to the score. */
export const memoryReasonsSchema = z
  .object({
    words: z.number(),
    meaning: z.number(),
    neighbours: z.number(),
    graph: z.number(),
    time: z.number().describe('Newer than others, or said in the time that the question names'),
    matched_words: z.array(z.string()),
    through: z.array(z.string()).describe('People and things that led here'),
  })
  .meta({ id: 'MemoryReasons' });
export type MemoryReasons = z.infer<typeof memoryReasonsSchema>;

export const memoryResultSchema = z
  .object({
    id: idSchema,
    memory: z.string(),
    score: z.number().min(0).max(1),
    metadata: z.record(z.string(), z.unknown()),
    created_at: timeSchema,
    occurred_at: timeSchema,
    run_id: z.string().nullable(),
    author: memoryAuthorSchema,
    reasons: memoryReasonsSchema.optional(),
  })
  .meta({ id: 'MemoryResult' });
export type MemoryResult = z.infer<typeof memoryResultSchema>;

export const memoryResultsSchema = z
  .object({
    results: z.array(memoryResultSchema),
    count: z.number().int(),
    degraded: z.array(z.enum(['meaning', 'index', 'graph'])).describe('What was not used because it is away'),
    took_ms: z.object({ embed: z.number(), search: z.number() }).optional().describe('With `explain`'),
  })
  .meta({ id: 'MemoryResults' });
export type MemoryResults = z.infer<typeof memoryResultsSchema>;

export const memoryListQuerySchema = pageQuerySchema.extend({
  agent_id: agentIdSchema.optional(),
  run_id: runIdSchema.optional(),
  category: z.string().min(1).max(100).optional(),
  author: memoryAuthorSchema.optional(),
  superseded: z.enum(['true', 'false']).default('false').describe('Also those that were corrected'),
});

export const memoryListSchema = z
  .object({
    memories: z.array(memorySchema),
    count: z.number().int().describe('On this page'),
    total: z.number().int(),
    categories: z.record(z.string(), z.number().int()).describe('How many of each; "" has none'),
    waiting: z.number().int().describe('Conversations in which facts are still being looked for'),
  })
  .meta({ id: 'MemoryList' });
export type MemoryList = z.infer<typeof memoryListSchema>;

export const updateMemorySchema = z
  .strictObject({ memory: messageTextSchema.max(10_000), metadata: memoryMetadataSchema.optional() })
  .meta({ id: 'UpdateMemory' });
export type UpdateMemory = z.infer<typeof updateMemorySchema>;

export const deletedSchema = z.object({ deleted: z.boolean(), message: z.string() }).meta({ id: 'Deleted' });

export const memoryHistorySchema = z
  .object({
    history: z.array(
      z.object({
        memory: memorySchema,
        event: z.enum(['added', 'corrected', 'merged']),
        at: timeSchema,
      }),
    ),
  })
  .meta({ id: 'MemoryHistory' });
export type MemoryHistory = z.infer<typeof memoryHistorySchema>;

export const memoryGraphQuerySchema = z.object({
  about: plainTextSchema.min(1).max(200).optional().describe('A name; without it the most spoken of'),
  to: plainTextSchema.min(1).max(200).optional().describe('A second name: the way between the two'),
  depth: z.coerce.number().int().min(1).max(3).default(1),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

export const memoryGraphSchema = z
  .object({
    entities: z.array(z.object({ id: z.string(), name: z.string(), kind: z.string(), memory_ids: z.array(idSchema) })),
    relations: z.array(
      z.object({
        from: z.string(),
        to: z.string(),
        type: z.string(),
        since: timeSchema,
        until: timeSchema.nullable(),
        memory_ids: z.array(idSchema),
      }),
    ),
    total: z.object({ entities: z.number().int(), relations: z.number().int() }),
  })
  .meta({ id: 'MemoryGraph' });
export type MemoryGraph = z.infer<typeof memoryGraphSchema>;

export const memorySettingsSchema = z
  .object({
    enabled: z.boolean().describe('Off: nothing is recalled in chats and nothing is learned from them'),
    pii_mode: z.enum(['block', 'redact', 'flag', 'allow']),
    retention: z
      .record(z.string(), z.number().int().min(1).max(36_500).nullable())
      .describe('Days per category; "*" is all others, null is for ever'),
    enable_graph: z.boolean(),
    keeps_graph: z
      .boolean()
      .describe('The memory engine keeps people and things; no setting, it comes with the engine'),
  })
  .meta({ id: 'MemorySettings' });
export type MemorySettings = z.infer<typeof memorySettingsSchema>;
export const updateMemorySettingsSchema = memorySettingsSchema
  .omit({ keeps_graph: true })
  .partial()
  .strict()
  .meta({ id: 'UpdateMemorySettings' });

export const importedMemoriesSchema = z
  .object({
    imported: z.number().int(),
    merged: z.number().int(),
    refused: z.array(z.object({ line: z.number().int(), message: z.string() })),
  })
  .meta({ id: 'ImportedMemories' });
