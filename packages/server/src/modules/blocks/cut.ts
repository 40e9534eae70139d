/** Blocks cut to a size. Blocks that fit are passed on as they are, and so is a list of nothing but such. */
import type { ContentBlock } from '@hearth/contract';
import { z } from 'zod';
import { asPicture, type Picture } from './pictures.ts';
import { bytesOf, cutText, isLonger } from './text.ts';

export interface CutOptions {
  maxBytes: number;
  /** Where the whole of a picture is to be had, by its number in the message; null when it is nowhere. */
  pictureUrl: ((index: number) => string) | null;
}

type ToolUse = Extract<ContentBlock, { type: 'tool_use' }>;
type ToolResult = Extract<ContentBlock, { type: 'tool_result' }>;
type PlacePicture = (picture: Picture) => Picture;

const leaves = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [];
};

const mapLeaves = (value: unknown, change: (leaf: string) => string): unknown => {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapLeaves(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapLeaves(item, change)]));
};

/** How long a leaf may be so that all of them together fit: short ones stay whole, long ones share what is left. */
const fairShare = (sizes: readonly number[], maxBytes: number): number => {
  let left = maxBytes;
  for (const [index, size] of sizes.toSorted((a, b) => a - b).entries()) {
    const share = Math.floor(left / (sizes.length - index));
    if (size > share) return share;
    left -= size;
  }
  return maxBytes;
};

const cutUse = (block: ToolUse, maxBytes: number): ToolUse => {
  const json = JSON.stringify(block.input) ?? '';
  if (!isLonger(json, maxBytes)) return block;
  const share = fairShare(leaves(block.input).map(bytesOf), maxBytes);
  const input = mapLeaves(block.input, (leaf) => cutText(leaf, share));
  return { ...block, input, truncated_bytes: bytesOf(json) };
};

const textPart = z.object({ type: z.literal('text'), text: z.string() });

/** What a tool answered, as one text; pictures have none. */
const textOf = (content: unknown): string => {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return content === undefined ? '' : JSON.stringify(content);
  return content
    .flatMap((part: unknown) => {
      if (asPicture(part)) return [];
      return textPart.safeParse(part).data?.text ?? JSON.stringify(part);
    })
    .join('\n');
};

const cutResult = (block: ToolResult, maxBytes: number, place: PlacePicture): ToolResult => {
  const { content } = block;
  // Every picture is counted, also those that go with a text that is cut.
  const placed = Array.isArray(content)
    ? content.map((part: unknown) => {
        const picture = asPicture(part);
        return picture ? place(picture) : part;
      })
    : content;
  const text = textOf(content);
  if (isLonger(text, maxBytes)) return { ...block, content: cutText(text, maxBytes), truncated_bytes: bytesOf(text) };
  return Array.isArray(content) && content.some((part: unknown) => asPicture(part) !== null)
    ? { ...block, content: placed }
    : block;
};

export const cutBlocks = (content: ContentBlock[], { maxBytes, pictureUrl }: CutOptions): ContentBlock[] => {
  let pictures = 0;
  const place: PlacePicture = (picture) => {
    const index = pictures;
    pictures += 1;
    const fits = picture.source === 'url' || picture.data.length <= maxBytes;
    return fits || pictureUrl === null ? picture : { ...picture, source: 'url', data: pictureUrl(index) };
  };
  const cut = content.map((block) => {
    if (block.type === 'image') return place(block);
    if (block.type === 'tool_use') return cutUse(block, maxBytes);
    return block.type === 'tool_result' ? cutResult(block, maxBytes, place) : block;
  });
  return cut.every((block, index) => block === content[index]) ? content : cut;
};
