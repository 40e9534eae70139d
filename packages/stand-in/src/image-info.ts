/**
 * What can be told about an image without decoding it: its media type and, from the header of a PNG, GIF or JPEG, its
 * size in pixels. Invariant: never throws; bytes that make no sense have no size.
 */
import type { InputBlock } from './protocol.ts';

export interface ImageInfo {
  mediaType: string;
  size: { width: number; height: number } | null;
}

/** Enough for the header of every usual file, even a JPEG with a preview inside. */
const headerChars = 400_000;

const pngSize = (bytes: Buffer): ImageInfo['size'] =>
  bytes.length >= 24 ? { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) } : null;

const gifSize = (bytes: Buffer): ImageInfo['size'] =>
  bytes.length >= 10 ? { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) } : null;

/** Start-of-frame segments carry the size; C4, C8 and CC in that range are something else. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

const jpegSize = (bytes: Buffer): ImageInfo['size'] => {
  let at = 2;
  while (at + 9 <= bytes.length && bytes[at] === 0xff) {
    if (isFrame(bytes[at + 1] ?? 0)) return { width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) };
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return null;
};

const sizeOf = (bytes: Buffer): ImageInfo['size'] => {
  const start = bytes.toString('latin1', 0, 4);
  if (start === '\x89PNG') return pngSize(bytes);
  if (start === 'GIF8') return gifSize(bytes);
  return start.startsWith('\xff\xd8') ? jpegSize(bytes) : null;
};

export const imageInfo = (block: InputBlock): ImageInfo => {
  const { source } = block;
  if (source?.type !== 'base64' || source.data === undefined) {
    return {
      mediaType: source?.type === 'url' ? 'image by address' : (source?.media_type ?? 'unknown type'),
      size: null,
    };
  }
  return {
    mediaType: source.media_type ?? 'unknown type',
    size: sizeOf(Buffer.from(source.data.slice(0, headerChars), 'base64')),
  };
};
