/**
 * A message as the ordered server-sent events of the API.
 * Invariant: joining the deltas of a block gives exactly the block.
 */
import type { Message, MessageBlock } from './message.ts';
import { tokensOfText } from './tokens.ts';

export interface StreamEvent {
  name: string;
  data: Record<string, unknown>;
  /** What the event costs at a given pace; 0 for the frame around the deltas. */
  tokens: number;
}

const frame = (name: string, data: Record<string, unknown>): StreamEvent => ({
  name,
  data: { type: name, ...data },
  tokens: 0,
});

/** About three words a piece; `u` keeps characters beyond 16 bits whole. */
const textPieces = /(?:\s*\S{1,24}){1,3}\s*|\s+/gu;
const jsonPieces = /[\s\S]{1,24}/gu;

const pieces = (value: string, pattern: RegExp): string[] => value.match(pattern) ?? [];

const delta = (index: number, cost: string, body: Record<string, unknown>): StreamEvent => ({
  name: 'content_block_delta',
  data: { type: 'content_block_delta', index, delta: body },
  tokens: tokensOfText(cost),
});

const deltas = (block: MessageBlock, index: number): StreamEvent[] => {
  switch (block.type) {
    case 'text':
      return pieces(block.text, textPieces).map((text) => delta(index, text, { type: 'text_delta', text }));
    case 'thinking':
      return [
        ...pieces(block.thinking, textPieces).map((thinking) =>
          delta(index, thinking, { type: 'thinking_delta', thinking }),
        ),
        delta(index, '', { type: 'signature_delta', signature: block.signature }),
      ];
    case 'tool_use':
      return [
        delta(index, '', { type: 'input_json_delta', partial_json: '' }),
        ...pieces(JSON.stringify(block.input), jsonPieces).map((part) =>
          delta(index, part, { type: 'input_json_delta', partial_json: part }),
        ),
      ];
  }
};

const emptied = (block: MessageBlock): MessageBlock => {
  if (block.type === 'text') return { ...block, text: '' };
  if (block.type === 'thinking') return { ...block, thinking: '', signature: '' };
  return { ...block, input: {} };
};

export const toStreamEvents = (message: Message): StreamEvent[] => {
  const { usage } = message;
  const blockEvents = message.content.flatMap((block, index) => [
    frame('content_block_start', { index, content_block: emptied(block) }),
    ...deltas(block, index),
    frame('content_block_stop', { index }),
  ]);
  return [
    frame('message_start', {
      message: {
        ...message,
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { ...usage, output_tokens: 1 },
      },
    }),
    frame('ping', {}),
    ...blockEvents,
    frame('message_delta', {
      delta: { stop_reason: message.stop_reason, stop_sequence: message.stop_sequence },
      usage: {
        input_tokens: usage.input_tokens,
        cache_creation_input_tokens: usage.cache_creation_input_tokens,
        cache_read_input_tokens: usage.cache_read_input_tokens,
        output_tokens: usage.output_tokens,
      },
    }),
    frame('message_stop', {}),
  ];
};

export const toErrorEvent = (errorType: string, message: string): StreamEvent =>
  frame('error', { error: { type: errorType, message } });

export const encodeEvent = ({ name, data }: StreamEvent): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
