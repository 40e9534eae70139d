/** Content blocks and messages of a conversation, in the shape of the Anthropic Messages API. */
import { z } from 'zod';
import { idSchema, timeSchema, usageSchema } from './common.ts';

export const contentBlockSchema = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('text'), text: z.string() }),
    z.object({ type: z.literal('thinking'), thinking: z.string() }),
    z.object({ type: z.literal('tool_use'), id: z.string(), name: z.string(), input: z.unknown() }),
    z.object({
      type: z.literal('tool_result'),
      tool_use_id: z.string(),
      content: z.unknown(),
      is_error: z.boolean().optional(),
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

export const messageListSchema = z
  .object({
    messages: z.array(messageSchema).describe('Oldest first'),
    has_more: z.boolean(),
    next_before: idSchema.nullable().describe('Pass as `before` for the page of older messages'),
    last_seq: z.number().int().describe('Events up to this number are already contained in this answer'),
  })
  .meta({ id: 'MessageList' });

export const messagePageQuerySchema = z.object({
  before: idSchema.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(60),
});
