/**
 * Pictures of a message, wherever they are: as blocks of their own, or inside what a tool answered, in the shapes of the
 * Messages API and of MCP. A picture's number counts all of them from the beginning of the message.
 */
import type { ContentBlock } from '@hearth/contract';
import { z } from 'zod';

export type Picture = Extract<ContentBlock, { type: 'image' }>;

const ownShape = z.object({
  type: z.literal('image'),
  media_type: z.string(),
  source: z.enum(['base64', 'url']),
  data: z.string(),
});
const base64Shape = z.object({
  type: z.literal('image'),
  source: z.object({ type: z.literal('base64'), media_type: z.string(), data: z.string() }),
});
const urlShape = z.object({
  type: z.literal('image'),
  source: z.object({ type: z.literal('url'), media_type: z.string().optional(), url: z.string() }),
});
const mcpShape = z.object({ type: z.literal('image'), mimeType: z.string(), data: z.string() });

const shape = z.union([
  ownShape,
  base64Shape.transform(({ source }) => picture('base64', source.media_type, source.data)),
  urlShape.transform(({ source }) => picture('url', source.media_type ?? '', source.url)),
  mcpShape.transform(({ mimeType, data }) => picture('base64', mimeType, data)),
]);

const picture = (source: Picture['source'], media_type: string, data: string): Picture => ({
  type: 'image',
  media_type,
  source,
  data,
});

export const picturePath = (sessionId: string, messageId: string, index: number): string =>
  `/api/v1/sessions/${sessionId}/messages/${messageId}/images/${index}`;

/** A part of a tool's answer as a picture, or null when it is something else. */
export const asPicture = (part: unknown): Picture | null => shape.safeParse(part).data ?? null;

export const picturesIn = (content: readonly ContentBlock[]): Picture[] =>
  content.flatMap((block) => {
    if (block.type === 'image') return [block];
    if (block.type !== 'tool_result' || !Array.isArray(block.content)) return [];
    return block.content.flatMap((part: unknown) => asPicture(part) ?? []);
  });
