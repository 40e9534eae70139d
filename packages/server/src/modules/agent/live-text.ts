/**
 * The answers of one run that are still being written, folded from its `partial` events, for clients that come in the
 * middle: they start from here and go on with the events after `seq`, so no word is missing and none comes twice.
 */
import type { LivePart, NumberedEvent } from '@hearth/contract';

type LiveBlock = LivePart['blocks'][number];
type Partial = Extract<NumberedEvent, { type: 'partial' }>['data'];

export interface LiveText {
  take(event: NumberedEvent): void;
  parts(): LivePart[];
}

const deltaText = (delta: Partial['delta']): string => {
  if (delta === undefined) return '';
  if (delta.type === 'text_delta') return delta.text;
  return delta.type === 'thinking_delta' ? delta.thinking : delta.partial_json;
};

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const startOf = ({ index, content_block: given }: Partial): LiveBlock => {
  const type = given?.type === 'thinking' || given?.type === 'tool_use' ? given.type : 'text';
  return {
    index,
    type,
    text: textOf(given?.text) ?? textOf(given?.thinking) ?? '',
    id: textOf(given?.id),
    name: textOf(given?.name),
  };
};

export const createLiveText = (runId: string): LiveText => {
  const parts = new Map<string, LivePart>();

  const write = (data: Partial, seq: number): void => {
    const part = parts.get(data.message_id) ?? {
      run_id: runId,
      message_id: data.message_id,
      parent_tool_use_id: data.parent_tool_use_id,
      seq,
      blocks: [],
    };
    part.seq = seq;
    parts.set(data.message_id, part);
    if (data.type === 'content_block_start') part.blocks.push(startOf(data));
    const block = part.blocks.find((candidate) => candidate.index === data.index);
    if (block) block.text += deltaText(data.delta);
  };

  return {
    take(event) {
      if (event.type === 'done') return parts.clear();
      if (event.type === 'partial') return write(event.data, event.seq);
      if (event.type !== 'message' || event.data.message_id === undefined) return;
      const part = parts.get(event.data.message_id);
      if (!part) return;
      // A message carries the blocks that are finished, in their order.
      part.blocks.splice(0, event.data.content.length);
      part.seq = event.seq;
    },
    parts: () =>
      [...parts.values()]
        .filter((part) => part.blocks.length > 0)
        .map((part) => ({ ...part, blocks: part.blocks.map((block) => ({ ...block })) })),
  };
};
