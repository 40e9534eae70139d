/**
 * The part of the Messages API the stand-in understands. Requests are parsed leniently: every field we do not read is
 * passed through untouched, so a newer client is never refused for saying more than we know.
 * Invariant: what these schemas let in is safe to read without further checks.
 */
import { z } from 'zod';

const cacheControl = z.looseObject({ type: z.string() }).nullish();

const imageSource = z.looseObject({
  type: z.string(),
  media_type: z.string().optional(),
  data: z.string().optional(),
  url: z.string().optional(),
});

/** One block of a message as a client sends it. Which fields are set depends on `type`. */
const inputBlock = z.looseObject({
  type: z.string(),
  cache_control: cacheControl,
  text: z.string().optional(),
  source: imageSource.optional(),
  id: z.string().optional(),
  name: z.string().optional(),
  input: z.unknown().optional(),
  tool_use_id: z.string().optional(),
  is_error: z.boolean().nullish(),
  content: z.unknown().optional(),
});

const blocks = z.union([
  z.string().transform((text): z.infer<typeof inputBlock>[] => [{ type: 'text', text }]),
  z.array(inputBlock),
]);

const inputMessage = z.looseObject({ role: z.enum(['user', 'assistant', 'system']), content: blocks });

const toolOffer = z.looseObject({
  name: z.string(),
  description: z.string().optional(),
  input_schema: z.record(z.string(), z.unknown()).optional(),
  defer_loading: z.boolean().optional(),
  cache_control: cacheControl,
});

export const countRequestSchema = z.looseObject({
  model: z.string().min(1),
  messages: z.array(inputMessage).min(1),
  system: blocks.optional(),
  tools: z.array(toolOffer).optional(),
});

export const messagesRequestSchema = countRequestSchema.extend({
  max_tokens: z.number().int().min(1),
  stream: z.boolean().optional(),
  output_config: z
    .looseObject({
      format: z.looseObject({ type: z.string(), schema: z.record(z.string(), z.unknown()).optional() }).nullish(),
    })
    .nullish(),
});

/** The blocks inside a `tool_result`: a plain string or a list. */
export const resultBlocksSchema = blocks;

export type InputBlock = z.infer<typeof inputBlock>;
export type InputMessage = z.infer<typeof inputMessage>;
export type ToolOffer = z.infer<typeof toolOffer>;
export type CountBody = z.infer<typeof countRequestSchema>;
export type MessagesBody = z.infer<typeof messagesRequestSchema>;

/** A block the stand-in answers with. */
export type Block =
  | { type: 'text'; text: string }
  | { type: 'thinking'; thinking: string }
  | { type: 'tool_use'; name: string; input: Record<string, unknown> };

export const stopReasons = ['end_turn', 'tool_use', 'max_tokens', 'stop_sequence', 'refusal'] as const;
export type StopReason = (typeof stopReasons)[number];
