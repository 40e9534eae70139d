/** Folds `partial` events into the answers being written. A part ignores what it has seen, and what has no beginning. */
import type { EventData, LivePart, Message } from '@hearth/contract';

type Partial = EventData<'partial'>;
type Parts = Readonly<Record<string, LivePart>>;
type Block = LivePart['blocks'][number];

const deltaText = (delta: Partial['delta']): string => {
  if (delta === undefined) return '';
  if (delta.type === 'text_delta') return delta.text;
  return delta.type === 'thinking_delta' ? delta.thinking : delta.partial_json;
};

const optionalText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const newBlock = ({ index, content_block: given }: Partial): Block => ({
  index,
  type: given?.type === 'thinking' || given?.type === 'tool_use' ? given.type : 'text',
  text: optionalText(given?.text) ?? optionalText(given?.thinking) ?? '',
  id: optionalText(given?.id),
  name: optionalText(given?.name),
});

const newPart = (data: Partial, seq: number): LivePart => ({
  run_id: data.run_id,
  message_id: data.message_id,
  parent_tool_use_id: data.parent_tool_use_id,
  seq,
  blocks: [],
});

export const addPartial = (parts: Parts, data: Partial, seq: number): Parts => {
  const known = parts[data.message_id];
  if (known ? seq <= known.seq : data.type !== 'content_block_start') return parts;
  const part = known ?? newPart(data, seq);
  if (data.type === 'content_block_start') {
    return { ...parts, [data.message_id]: { ...part, seq, blocks: [...part.blocks, newBlock(data)] } };
  }
  const text = deltaText(data.delta);
  const blocks =
    text === ''
      ? part.blocks
      : part.blocks.map((block) => (block.index === data.index ? { ...block, text: block.text + text } : block));
  return { ...parts, [data.message_id]: { ...part, seq, blocks } };
};

/** A message carries the blocks that are finished, in their order: they are not live any more. */
export const settleParts = (parts: Parts, messageId: string | undefined, blocks: number, seq: number): Parts => {
  const part = messageId === undefined ? undefined : parts[messageId];
  if (!part || seq <= part.seq) return parts;
  return { ...parts, [part.message_id]: { ...part, seq, blocks: part.blocks.slice(blocks) } };
};

export const withoutRun = (parts: Parts, runId: string): Parts => {
  const kept = Object.entries(parts).filter(([, part]) => part.run_id !== runId);
  return kept.length === Object.keys(parts).length ? parts : Object.fromEntries(kept);
};

export const partsByMessage = (parts: readonly LivePart[]): Parts =>
  Object.fromEntries(parts.map((part) => [part.message_id, part]));

/** The message an event carries, as the list of messages would answer it. The event itself does not say when. */
export const messageOf = (data: EventData<'message'>, now: string): Message => ({
  id: data.uuid,
  session_id: data.session_id,
  run_id: data.run_id,
  type: data.type,
  content: data.content,
  status: data.status ?? 'complete',
  model: data.model ?? null,
  usage: data.usage ?? null,
  parent_tool_use_id: data.parent_tool_use_id,
  client_message_id: data.client_message_id ?? null,
  created_at: now,
});
