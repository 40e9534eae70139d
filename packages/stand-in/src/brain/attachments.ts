/** Images and documents: what can be said without seeing them. */
import { imageInfo } from '../image-info.ts';
import type { InputBlock } from '../protocol.ts';
import { text } from '../script.ts';
import type { Rule } from './turn.ts';
import { bullets } from './words.ts';

const line = (block: InputBlock): string => {
  if (block.type === 'document') return `a document (${block.source?.media_type ?? 'unknown type'})`;
  const { mediaType, size } = imageInfo(block);
  return size ? `${mediaType}, ${size.width} × ${size.height} pixels` : `${mediaType}, size not readable`;
};

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

export const describeAttachments = (blocks: InputBlock[]): string => {
  const images = blocks.filter(({ type }) => type === 'image').length;
  const documents = blocks.length - images;
  const what = [images > 0 ? counted(images, 'image') : '', documents > 0 ? counted(documents, 'document') : '']
    .filter((part) => part !== '')
    .join(' and ');
  return `I received ${what}:\n\n${bullets(blocks.map(line))}`;
};

export const attachmentsRule: Rule = {
  name: 'attachments',
  reply({ request }) {
    if (request.attachments.length === 0) return undefined;
    return [
      text(
        `${describeAttachments(request.attachments)}\n\nThe demo model cannot see what is in it; a real model would describe it now.`,
      ),
    ];
  },
};

/** A question about an image when none came. */
export const missingImageRule: Rule = {
  name: 'missing image',
  reply: ({ prompt }) =>
    /\b(?:this|the|my|attached) (?:image|picture|photo|screenshot)\b/i.test(prompt)
      ? [text('I see no image in your message. Attach one, and I will tell its type and its size in pixels.')]
      : undefined,
};
