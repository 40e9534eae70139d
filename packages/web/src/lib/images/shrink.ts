import { type Decoded, decode, encode } from './browser.ts';
import { ImageError } from './errors.ts';
import { attempts, keptType, type MediaType, refusal } from './plan.ts';
import { HEAD_BYTES, hasMetadata, type Kind, readSize, sniff } from './sniff.ts';

/** A picture that is ready to be sent. */
export interface Shrunk {
  readonly blob: Blob;
  readonly mediaType: MediaType;
  readonly width: number;
  readonly height: number;
}

/**
 * A picture as small as the model needs it: at most 1568 px and 3.5 MB, upright, without the place it was taken at.
 * Throws an `ImageError` whose message is for a person.
 */
export async function shrinkImage(file: Blob): Promise<Shrunk> {
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  const kind = sniff(head);
  const declared = readSize(head, kind);
  const problem = refusal(kind, declared);
  if (problem !== undefined) throw new ImageError(problem);
  const facts = { kind, bytes: file.size, hasMetadata: hasMetadata(head, kind) };
  const decoded = await open(file, kind);
  try {
    const kept = keptType({ ...facts, size: decoded.size });
    if (kept !== undefined) return { blob: file.slice(0, file.size, kept), mediaType: kept, ...decoded.size };
    return await redraw(decoded, kind);
  } finally {
    decoded.close();
  }
}

async function open(file: Blob, kind: Kind): Promise<Decoded> {
  try {
    return await decode(file);
  } catch (cause) {
    throw new ImageError(kind === 'heic' ? 'heic' : 'unreadable', { cause });
  }
}

async function redraw(decoded: Decoded, kind: Kind): Promise<Shrunk> {
  for (const attempt of attempts(kind, decoded.size)) {
    const blob = await encode(decoded, attempt);
    if (blob !== undefined && blob.size <= attempt.maxBytes) {
      return { blob, mediaType: attempt.mediaType, ...attempt.size };
    }
  }
  throw new ImageError('unreadable');
}
