/** Content blocks and messages of a conversation, in the shape of the Anthropic Messages API. */
import { z } from 'zod';
import { stepDecisionSchema } from './approval.ts';
import { idSchema, timeSchema, usageSchema } from './common.ts';

/** Smallest and largest size that a reader may name. */
export const maxBlockBytesSchema = z.coerce
  .number()
  .int()
  .min(1024)
  .max(1_048_576)
  .optional()
  .describe('Cut tool inputs and results to this many bytes, and give larger pictures as the path of their bytes');

const truncatedSchema = z
  .number()
  .int()
  .optional()
  .describe(
    'Only where the block was cut: bytes of the whole (tool_result: of its text, tool_use: of its input as JSON)',
  );

export const contentBlockSchema = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('text'), text: z.string() }),
    z.object({ type: z.literal('thinking'), thinking: z.string() }),
    z.object({
      type: z.literal('tool_use'),
      id: z.string(),
      name: z.string(),
      input: z.unknown(),
      truncated_bytes: truncatedSchema,
    }),
    z.object({
      type: z.literal('tool_result'),
      tool_use_id: z.string(),
      content: z.unknown(),
      is_error: z.boolean().optional(),
      truncated_bytes: truncatedSchema,
    }),
    z.object({ type: z.literal('image'), media_type: z.string(), source: z.enum(['base64', 'url']), data: z.string() }),
  ])
  .meta({ id: 'ContentBlock' });
export type ContentBlock = z.infer<typeof contentBlockSchema>;

export const messageTypeSchema = z.enum(['user', 'assistant', 'system']);

/** One stored message. `status` is `interrupted` when the text was cut by a stop or a crash. */
export const messageSchema = z
  .object({
    id: idSchema,
    session_id: idSchema,
    run_id: idSchema.nullable(),
    type: messageTypeSchema,
    content: z.array(contentBlockSchema),
    status: z.enum(['complete', 'interrupted']),
    model: z.string().nullable(),
    // A union, because the OpenAPI document cannot say "null" of a named schema in another way.
    usage: z.union([usageSchema, z.null()]),
    parent_tool_use_id: z.string().nullable(),
    client_message_id: z.string().nullable(),
    created_at: timeSchema,
  })
  .meta({ id: 'Message' });
export type Message = z.infer<typeof messageSchema>;

/**
 * True for what a person wrote; a turn begins there and lasts until the next one. Messages of type `user` are of three
 * kinds: a person's own (`parent_tool_use_id` is null, no `tool_result` block), the results of tools (nothing but
 * `tool_result` blocks), and what a subagent was told (`parent_tool_use_id` names the call). Remarks that the agent
 * adds to the conversation by itself are of type `system`.
 */
export const isPrompt = (message: Pick<Message, 'type' | 'content' | 'parent_tool_use_id'>): boolean =>
  message.type === 'user' &&
  message.parent_tool_use_id === null &&
  !message.content.some((block) => block.type === 'tool_result');

/** What became of a run, for the turn it belongs to. A run that is not over has no `ended_at`. */
export const runSummarySchema = z
  .object({
    id: idSchema,
    status: z.enum(['queued', 'running', 'waiting', 'parked', 'completed', 'interrupted', 'failed']),
    error: z.union([z.object({ code: z.string(), message: z.string() }), z.null()]),
    total_cost_usd: z.number().nullable(),
    memories_used: z.array(z.string()).describe('Ids of the memories that were recalled for it; known once it is over'),
    created_at: timeSchema,
    ended_at: timeSchema.nullable(),
  })
  .meta({ id: 'RunSummary' });
export type RunSummary = z.infer<typeof runSummarySchema>;

/**
 * An answer that is still being written: everything `partial` events have said of it up to event `seq`. Blocks that have
 * become a message are not in it.
 */
export const livePartSchema = z
  .object({
    run_id: idSchema,
    message_id: z.string(),
    parent_tool_use_id: z.string().nullable(),
    seq: z.number().int(),
    blocks: z.array(
      z.object({
        index: z.number().int(),
        type: z.enum(['text', 'thinking', 'tool_use']),
        text: z.string().describe('Text, thought, or the JSON of the input so far'),
        id: z.string().optional(),
        name: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'LivePart' });
export type LivePart = z.infer<typeof livePartSchema>;

export const messageListSchema = z
  .object({
    messages: z.array(messageSchema).describe('Oldest first'),
    has_more: z.boolean(),
    next_before: idSchema.nullable().describe('Pass as `before` for the page of older messages'),
    last_seq: z.number().int().describe('Events up to this number are already contained in this answer'),
    runs: z.array(runSummarySchema).describe('The runs these messages belong to, and the one that is not over'),
    decisions: z.array(stepDecisionSchema).describe('How the questions about tool calls of these runs ended'),
    live: z.array(livePartSchema).describe('Answers being written right now; only on the newest page'),
  })
  .meta({ id: 'MessageList' });

export const messagePageQuerySchema = z.object({
  before: idSchema.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(60),
  anchor: z
    .enum(['turn'])
    .optional()
    .describe('`turn`: the page begins where a turn does, with up to 400 messages more than `limit`'),
  max_block_bytes: maxBlockBytesSchema,
});

const indexSchema = z
  .string()
  .regex(/^\d{1,6}$/, 'must be a number from 0')
  .transform(Number);
/** A block by its place in the message, or a picture by its number among the pictures of the message. */
export const messagePartParamSchema = z.object({ id: idSchema, message_id: idSchema, index: indexSchema });
export const wholeBlockSchema = z.object({ block: contentBlockSchema }).meta({ id: 'WholeBlock' });
/** What a picture may be; nothing else is served from our own address. */
export const imageTypeSchema = z.enum(['image/jpeg', 'image/png', 'image/gif', 'image/webp']);
