/**
 * Pure translation from SDK messages to worker events. Unknown message kinds become nothing: a newer CLI may say more
 * than we know, and that must not end a run.
 */
import type { SDKMessage, SDKPartialAssistantMessage, SDKSystemMessage } from '@anthropic-ai/claude-agent-sdk';
import { type ContentBlock, contentBlockSchema, type JsonObject, type Usage } from '@hearth/contract';
import { z } from 'zod';
import type { WorkerEvent } from '../provider.ts';

const usageShape = z.object({
  input_tokens: z.number().catch(0),
  output_tokens: z.number().catch(0),
  cache_read_input_tokens: z.number().nullish().catch(0),
  cache_creation_input_tokens: z.number().nullish().catch(0),
});

export const toUsage = (raw: unknown): Usage => {
  const parsed = usageShape.safeParse(raw);
  const usage = parsed.success ? parsed.data : { input_tokens: 0, output_tokens: 0 };
  return {
    input_tokens: usage.input_tokens,
    output_tokens: usage.output_tokens,
    cache_read_input_tokens: ('cache_read_input_tokens' in usage && usage.cache_read_input_tokens) || 0,
    cache_creation_input_tokens: ('cache_creation_input_tokens' in usage && usage.cache_creation_input_tokens) || 0,
  };
};

const imageShape = z.object({
  type: z.literal('image'),
  source: z.object({
    type: z.string(),
    media_type: z.string().optional(),
    data: z.string().optional(),
    url: z.string().optional(),
  }),
});

/** Blocks we know, in the contract's shape; others are left out. */
export const toBlocks = (content: unknown): ContentBlock[] => {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  if (!Array.isArray(content)) return [];
  return content.flatMap((raw): ContentBlock[] => {
    const image = imageShape.safeParse(raw);
    if (image.success) {
      const { media_type, data, url } = image.data.source;
      return [{ type: 'image', media_type: media_type ?? '', source: url ? 'url' : 'base64', data: url ?? data ?? '' }];
    }
    const block = contentBlockSchema.safeParse(raw);
    return block.success ? [block.data] : [];
  });
};

const toInit = (message: SDKSystemMessage): WorkerEvent => ({
  type: 'init',
  data: {
    model: message.model,
    tools: message.tools,
    mcp_servers: message.mcp_servers.map(({ name, status }) => ({ name, status })),
    plugins: message.plugins.map(({ name, path }) => ({ name, path })),
    commands: message.slash_commands.map((name) => ({ name, path: '' })),
    permission_mode: 'default',
  },
});

const deltaShape = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text_delta'), text: z.string() }),
  z.object({ type: z.literal('thinking_delta'), thinking: z.string() }),
  z.object({ type: z.literal('input_json_delta'), partial_json: z.string() }),
]);

const toPartial = (message: SDKPartialAssistantMessage, messageId: string): WorkerEvent | null => {
  const event = message.event;
  const common = { message_id: messageId, parent_tool_use_id: message.parent_tool_use_id };
  if (event.type === 'content_block_start') {
    const block: JsonObject = { ...event.content_block };
    return { type: 'partial', data: { ...common, type: event.type, index: event.index, content_block: block } };
  }
  if (event.type === 'content_block_delta') {
    const delta = deltaShape.safeParse(event.delta);
    if (!delta.success) return null;
    return { type: 'partial', data: { ...common, type: event.type, index: event.index, delta: delta.data } };
  }
  if (event.type === 'content_block_stop')
    return { type: 'partial', data: { ...common, type: event.type, index: event.index } };
  return null;
};

const toStatus = (message: Extract<SDKMessage, { type: 'system' }>): WorkerEvent | null => {
  switch (message.subtype) {
    case 'api_retry':
      return { type: 'status', data: { status: 'retrying', message: 'Claude did not answer; trying again.' } };
    case 'status':
      return message.status === 'compacting'
        ? { type: 'status', data: { status: 'compacting', message: 'Shortening the conversation for the model.' } }
        : null;
    case 'task_started':
    case 'task_progress':
      return {
        type: 'status',
        data: { status: 'subagent', message: message.description, tool_use_id: message.tool_use_id },
      };
    default:
      return null;
  }
};

const todoShape = z.object({
  todos: z.array(z.object({ content: z.string(), status: z.string(), activeForm: z.string().optional() })),
});

const todosIn = (blocks: ContentBlock[]): WorkerEvent[] =>
  blocks.flatMap((block) => {
    if (block.type !== 'tool_use' || block.name !== 'TodoWrite') return [];
    const parsed = todoShape.safeParse(block.input);
    return parsed.success ? [{ type: 'todo', data: { todos: parsed.data.todos } }] : [];
  });

/** What the binary adds to its own transcript at an interruption; nobody wrote it. */
const isInterruptionMark = (content: ContentBlock[]): boolean => {
  const [block] = content;
  return content.length === 1 && block?.type === 'text' && block.text.startsWith('[Request interrupted by user');
};

/** After an interruption was asked for, an answer that arrives is the part that had been said. */
export const asCutOff = (event: WorkerEvent): WorkerEvent =>
  event.type === 'message' && event.data.type === 'assistant'
    ? { ...event, data: { ...event.data, status: 'interrupted' } }
    : event;

/** `messageId` names the model answer that is being streamed; the caller keeps it (see `nextMessageId`). */
export const toWorkerEvents = (message: SDKMessage, messageId: string): WorkerEvent[] => {
  switch (message.type) {
    case 'stream_event': {
      const event = toPartial(message, messageId);
      return event ? [event] : [];
    }
    case 'assistant': {
      if (message.message.model === '<synthetic>') return [];
      const content = toBlocks(message.message.content);
      const data = {
        uuid: message.uuid,
        type: 'assistant' as const,
        content,
        model: message.message.model,
        usage: toUsage(message.message.usage),
        message_id: message.message.id,
        parent_tool_use_id: message.parent_tool_use_id,
      };
      return content.length === 0 ? [] : [{ type: 'message', data }, ...todosIn(content)];
    }
    case 'user': {
      if (message.uuid === undefined || message.isSynthetic) return [];
      const content = toBlocks(message.message.content);
      const ofTool = content.some((block) => block.type === 'tool_result') || message.parent_tool_use_id !== null;
      const data = {
        uuid: message.uuid,
        // People's messages do not come from the process: anything else it says here is a remark of its own.
        type: ofTool ? ('user' as const) : ('system' as const),
        content,
        parent_tool_use_id: message.parent_tool_use_id,
      };
      return content.length === 0 || isInterruptionMark(content) ? [] : [{ type: 'message', data }];
    }
    case 'system': {
      if (message.subtype === 'init') return [toInit(message)];
      const status = toStatus(message);
      return status ? [status] : [];
    }
    default:
      return [];
  }
};

/** The id of the model answer a stream event belongs to: `message_start` opens a new one. */
export const nextMessageId = (message: SDKMessage, current: string): string =>
  message.type === 'stream_event' && message.event.type === 'message_start' ? message.event.message.id : current;
