/**
 * A request as scripts and brains see it: who asks, what the human last said, which tool results came back.
 * Invariants: reminders and system messages never count as what the human said, unless they carry the human's words; "last" means after the last
 * answer of the model, except that text from before an interruption is dropped.
 */

import { humanText, interruptionMark, reminderText, steeredText } from './human-text.ts';
import {
  type InputBlock,
  type InputMessage,
  type MessagesBody,
  resultBlocksSchema,
  type ToolOffer,
} from './protocol.ts';

export interface ToolResult {
  toolUseId: string;
  /** Empty when the tool use is not in the conversation. */
  name: string;
  input: Record<string, unknown>;
  text: string;
  isError: boolean;
  images: InputBlock[];
}

export interface ModelRequest {
  sessionId: string | null;
  model: string;
  /** A small request beside the conversation (title, summary): a haiku model and no tools. */
  isSide: boolean;
  /** What the human last said; empty when only tool results came. */
  prompt: string;
  toolResults: ToolResult[];
  /** Images and documents beside the prompt. */
  attachments: InputBlock[];
  /** Everything the human said, oldest first, the prompt included. */
  humanTexts: string[];
  /** What the client, not the human, tells the model: system prompt, system messages and reminders, as one text. */
  systemText: string;
  tools: ToolOffer[];
  body: MessagesBody;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const toolUses = (messages: InputMessage[]): Map<string, InputBlock> => {
  const found = new Map<string, InputBlock>();
  for (const message of messages) {
    for (const block of message.content) {
      if (block.type === 'tool_use' && block.id !== undefined) found.set(block.id, block);
    }
  }
  return found;
};

const toToolResult = (block: InputBlock, uses: Map<string, InputBlock>): ToolResult => {
  const use = uses.get(block.tool_use_id ?? '');
  const content = resultBlocksSchema.safeParse(block.content ?? '');
  const inner = content.success ? content.data : [];
  return {
    toolUseId: block.tool_use_id ?? '',
    name: use?.name ?? '',
    input: isRecord(use?.input) ? use.input : {},
    text: inner
      .map((part) => part.text ?? (typeof part.tool_name === 'string' ? part.tool_name : ''))
      .filter((part) => part !== '')
      .join('\n'),
    isError: block.is_error === true,
    images: inner.filter((part) => part.type === 'image'),
  };
};

/** The blocks of a user message; of a system message only what the human sent while the model was working. */
const humanBlocks = ({ role, content }: InputMessage): InputBlock[] => {
  if (role === 'user') return content;
  if (role === 'assistant') return [];
  return content.map(({ text = '' }) => ({ type: 'text', text: steeredText(text) })).filter(({ text }) => text !== '');
};

/** The user blocks after the model's last answer, cut at the last interruption when something was said after it. */
const latestBlocks = (messages: InputMessage[]): InputBlock[] => {
  const lastAnswer = messages.findLastIndex((message) => message.role === 'assistant');
  const latest = messages.slice(lastAnswer + 1).flatMap(humanBlocks);
  const mark = latest.findLastIndex((block) => block.text?.trimStart().startsWith(interruptionMark) ?? false);
  const after = latest.slice(mark + 1);
  return after.some((block) => humanText(block.text ?? '') !== '') ? after : latest;
};

const said = (block: InputBlock): string => (block.type === 'text' ? humanText(block.text ?? '') : '');

const systemTextOf = (body: MessagesBody): string =>
  [
    ...(body.system ?? []).map((block) => block.text ?? ''),
    ...body.messages.flatMap(({ role, content }) =>
      content.map(({ text = '' }) => (role === 'system' ? text : role === 'user' ? reminderText(text) : '')),
    ),
  ]
    .filter((part) => part !== '')
    .join('\n\n');

/** Reads what scripts and brains need from a parsed body. */
export const toModelRequest = (body: MessagesBody, sessionId: string | null): ModelRequest => {
  const latest = latestBlocks(body.messages);
  const uses = toolUses(body.messages);
  // Parallel uses come back in the order they end; the order they were asked for reads better.
  const order = [...uses.keys()];
  const tools = body.tools ?? [];
  const humanTexts = body.messages.flatMap((message) => humanBlocks(message).map(said)).filter((part) => part !== '');
  return {
    sessionId,
    model: body.model,
    isSide: tools.length === 0 && body.model.includes('haiku'),
    prompt: latest.map(said).findLast((part) => part !== '') ?? '',
    toolResults: latest
      .filter(({ type }) => type === 'tool_result')
      .toSorted((one, other) => order.indexOf(one.tool_use_id ?? '') - order.indexOf(other.tool_use_id ?? ''))
      .map((block) => toToolResult(block, uses)),
    attachments: latest.filter(({ type }) => type === 'image' || type === 'document'),
    humanTexts,
    systemText: systemTextOf(body),
    tools,
    body,
  };
};
