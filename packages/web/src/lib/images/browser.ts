import type { Attempt, Size } from './plan.ts';

/** A decoded picture, upright as its photographer held it. `close` frees its memory. */
export interface Decoded {
  readonly source: CanvasImageSource;
  readonly size: Size;
  readonly close: () => void;
}

/** Rejects if the browser cannot read the file. */
export async function decode(file: Blob): Promise<Decoded> {
  try {
    const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' });
    return { source: bitmap, size: { width: bitmap.width, height: bitmap.height }, close: () => bitmap.close() };
  } catch {
    // Some browsers read with an element what they refuse here, and older ones do not know the option.
    return decodeByElement(file);
  }
}

async function decodeByElement(file: Blob): Promise<Decoded> {
  const url = URL.createObjectURL(file);
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const size = { width: image.naturalWidth, height: image.naturalHeight };
    if (size.width === 0 || size.height === 0) throw new Error('The picture has no size');
    return { source: image, size, close: () => URL.revokeObjectURL(url) };
  } catch (cause) {
    URL.revokeObjectURL(url);
    throw cause;
  }
}

/** Writes the picture once; undefined if the browser cannot, or made something else of it. */
export async function encode({ source }: Decoded, attempt: Attempt): Promise<Blob | undefined> {
  const canvas = document.createElement('canvas');
  canvas.width = attempt.size.width;
  canvas.height = attempt.size.height;
  const context = canvas.getContext('2d');
  if (context === null) return undefined;
  if (attempt.mediaType === 'image/jpeg') {
    // What was transparent would become black.
    context.fillStyle = '#fff';
    context.fillRect(0, 0, canvas.width, canvas.height);
  }
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, attempt.mediaType, attempt.quality));
  // Safari keeps the memory of a canvas for a while after it is gone.
  canvas.width = 0;
  canvas.height = 0;
  return blob?.type === attempt.mediaType ? blob : undefined;
}
