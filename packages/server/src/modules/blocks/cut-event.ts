/** Events whose blocks are cut: once per event and size, however many readers follow. */
import type { NumberedEvent } from '@hearth/contract';
import { cutBlocks } from './cut.ts';
import { picturePath } from './pictures.ts';

export type CutEvent = (event: NumberedEvent, maxBytes: number) => NumberedEvent;

const cut = (event: NumberedEvent, maxBytes: number): NumberedEvent => {
  if (event.type === 'message') {
    const { session_id, uuid, content } = event.data;
    const pictureUrl = (index: number): string => picturePath(session_id, uuid, index);
    const blocks = cutBlocks(content, { maxBytes, pictureUrl });
    return blocks === content ? event : { ...event, data: { ...event.data, content: blocks } };
  }
  if (event.type === 'result') {
    const { content_blocks } = event.data;
    const blocks = cutBlocks(content_blocks, { maxBytes, pictureUrl: null });
    return blocks === content_blocks ? event : { ...event, data: { ...event.data, content_blocks: blocks } };
  }
  return event;
};

export const createEventCutter = (): CutEvent => {
  // The bus hands the same event to every reader, and forgets it in time.
  const known = new WeakMap<NumberedEvent, Map<number, NumberedEvent>>();
  return (event, maxBytes) => {
    if (event.type !== 'message' && event.type !== 'result') return event;
    const sizes = known.get(event) ?? new Map<number, NumberedEvent>();
    const done = sizes.get(maxBytes) ?? cut(event, maxBytes);
    known.set(event, sizes.set(maxBytes, done));
    return done;
  };
};
