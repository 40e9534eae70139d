import type { Kind } from './sniff.ts';

/** The types the model reads. */
export type MediaType = 'image/jpeg' | 'image/png' | 'image/gif' | 'image/webp';

/** The model scales longer sides down itself: sending more costs time and money and shows it nothing. */
export const MAX_SIDE = 1568;
export const MAX_BYTES = 3.5 * 1024 * 1024;
/** Sharp edges are worth this much, not more. */
export const MAX_PNG_BYTES = 1024 * 1024;
/** Beyond this the browser would need gigabytes to decode it; 108-megapixel phones stay below. */
const MAX_PIXELS = 120_000_000;

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The size within the limit with the same shape; never larger than it was. */
export function targetSize({ width, height }: Size, maxSide = MAX_SIDE): Size {
  const scale = Math.min(1, maxSide / Math.max(width, height, 1));
  const fit = (side: number) => Math.max(1, Math.round(side * scale));
  return { width: fit(width), height: fit(height) };
}

/** Why a file is not even looked at; undefined if it may be. */
export function refusal(kind: Kind, size: Size | undefined): 'svg' | 'not_image' | 'too_large' | undefined {
  if (kind === 'svg') return 'svg';
  if (kind === 'unknown') return 'not_image';
  return size !== undefined && size.width * size.height > MAX_PIXELS ? 'too_large' : undefined;
}

interface Facts {
  readonly kind: Kind;
  readonly bytes: number;
  readonly size: Size;
  /** It may say where it was taken. */
  readonly hasMetadata: boolean;
}

/** The type of a file that can be sent exactly as it is; undefined if it has to be drawn anew. */
export function keptType({ kind, bytes, size, hasMetadata }: Facts): MediaType | undefined {
  // Drawn anew it would stand still.
  if (kind === 'gif') return bytes <= MAX_BYTES ? 'image/gif' : undefined;
  if (hasMetadata || Math.max(size.width, size.height) > MAX_SIDE) return undefined;
  if (kind === 'png' && bytes <= MAX_PNG_BYTES) return 'image/png';
  return kind === 'webp' && bytes <= MAX_BYTES ? 'image/webp' : undefined;
}

/** One way to write the picture, and how large the result may be. */
export interface Attempt {
  readonly mediaType: 'image/jpeg' | 'image/png';
  readonly quality: number | undefined;
  readonly size: Size;
  readonly maxBytes: number;
}

/** The ways to try one after the other, the best first. */
export function attempts(kind: Kind, size: Size): readonly Attempt[] {
  const jpeg = (quality: number, maxSide = MAX_SIDE): Attempt => ({
    mediaType: 'image/jpeg',
    quality,
    size: targetSize(size, maxSide),
    maxBytes: MAX_BYTES,
  });
  const all = [jpeg(0.85), jpeg(0.7), jpeg(0.55), jpeg(0.7, 1024), jpeg(0.5, 768)];
  // A screenshot, or something with holes: letters stay sharp and nothing gets a background.
  if (kind !== 'png') return all;
  return [{ mediaType: 'image/png', quality: undefined, size: targetSize(size), maxBytes: MAX_PNG_BYTES }, ...all];
}
