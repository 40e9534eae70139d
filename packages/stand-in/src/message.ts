/**
 * Turns an answer into the message object of the API: ids, stop reason, usage.
 * Invariants: the same request and number give the same ids, and ids of one conversation never repeat, even when the
 * server was started anew in between: they are derived from the conversation so far.
 */
import { createHash } from 'node:crypto';
import type { InputUsage } from './prompt-cache.ts';
import type { Block, MessagesBody, StopReason } from './protocol.ts';
import { tokensOfBlock } from './tokens.ts';

export type MessageBlock =
  | { type: 'text'; text: string }
  | { type: 'thinking'; thinking: string; signature: string }
  | { type: 'tool_use'; id: string; name: string; input: Record<string, unknown> };

export interface Usage extends InputUsage {
  cache_creation: { ephemeral_5m_input_tokens: number; ephemeral_1h_input_tokens: number };
  output_tokens: number;
  output_tokens_details: { thinking_tokens: number };
  service_tier: 'standard';
}

export interface Message {
  id: string;
  type: 'message';
  role: 'assistant';
  model: string;
  content: MessageBlock[];
  stop_reason: StopReason;
  stop_sequence: string | null;
  usage: Usage;
}

export interface MessageInput {
  body: MessagesBody;
  content: Block[];
  stopReason?: StopReason;
  stopSequence?: string;
  usage: InputUsage;
  /** How many messages this server has made, as part of the id. */
  number: number;
}

const digest = (value: string): string => createHash('sha256').update(value).digest('hex');

const tokensOf = (content: Block[]): number => content.reduce((sum, block) => sum + tokensOfBlock(block), 0);

const toMessageBlock = (block: Block, id: string): MessageBlock => {
  if (block.type === 'text') return block;
  if (block.type === 'thinking') return { ...block, signature: Buffer.from(digest(block.thinking)).toString('base64') };
  return { type: 'tool_use', id, name: block.name, input: block.input };
};

export const createMessage = (input: MessageInput): Message => {
  const { body, content, usage } = input;
  const seed = `${digest(JSON.stringify(body.messages)).slice(0, 12)}${String(input.number).padStart(6, '0')}`;
  const usesTool = content.some(({ type }) => type === 'tool_use');
  return {
    id: `msg_01${seed}`,
    type: 'message',
    role: 'assistant',
    model: body.model,
    content: content.map((block, index) => toMessageBlock(block, `toolu_01${seed}${String(index).padStart(2, '0')}`)),
    stop_reason: input.stopReason ?? (usesTool ? 'tool_use' : 'end_turn'),
    stop_sequence: input.stopSequence ?? null,
    usage: {
      ...usage,
      cache_creation: {
        ephemeral_5m_input_tokens: usage.cache_creation_input_tokens,
        ephemeral_1h_input_tokens: 0,
      },
      output_tokens: tokensOf(content),
      output_tokens_details: { thinking_tokens: tokensOf(content.filter(({ type }) => type === 'thinking')) },
      service_tier: 'standard',
    },
  };
};
