import type { MarkedToken } from 'marked';
import { offsets } from './boundary.ts';

/** Enough of the end stays together that it can still be completed. */
const KEPT = 1024;

/**
 * Where to cut one very long unfinished block, so that its first part need not be read again for each update:
 * before the last items of a list, between two sentences of a paragraph. 0 if there is no good place.
 */
export function softCut(found: readonly MarkedToken[], tail: string): number {
  const [block, ...others] = found;
  if (block === undefined || others.some((token) => token.type !== 'space')) return 0;
  if (block.type === 'list') {
    const starts = offsets(block.items, block.raw);
    return block.items.length < 3 ? 0 : (starts?.at(-2) ?? 0);
  }
  if (block.type !== 'paragraph') return 0;
  const end = tail.length - KEPT;
  for (const place of [/[.!?]\s(?=\p{Lu}\p{L})/gu, /\s(?=\p{L}{3})/gu]) {
    const last = [...tail.slice(Math.max(0, end - 4 * KEPT), end).matchAll(place)].at(-1);
    if (last !== undefined) return Math.max(0, end - 4 * KEPT) + last.index + last[0].length;
  }
  return 0;
}
