import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blobToBase64 } from './base64.ts';
import { ImageError } from './errors.ts';
import { attempts, keptType, MAX_BYTES, MAX_PNG_BYTES, MAX_SIDE, refusal, targetSize } from './plan.ts';
import { shrinkImage } from './shrink.ts';
import { hasMetadata, type Kind, readSize, sniff } from './sniff.ts';

const bytes = (...parts: readonly (string | readonly number[])[]): Uint8Array =>
  Uint8Array.from(
    parts.flatMap((part) => (typeof part === 'string' ? [...part].map((char) => char.charCodeAt(0)) : part)),
  );

const PNG = bytes('\x89PNG\r\n\x1a\n', [0, 0, 0, 13], 'IHDR', [0, 0, 4, 156, 0, 0, 9, 252]);
const GIF = bytes('GIF89a', [64, 1, 240, 0]);
const webp = (chunk: string, flags: number) =>
  bytes('RIFF', [0, 0, 0, 0], `WEBP${chunk}`, [10, 0, 0, 0, flags, 0, 0, 0]);

describe('what a file is', () => {
  it.each<readonly [Kind, Uint8Array]>([
    ['jpeg', bytes([0xff, 0xd8, 0xff, 0xe1])],
    ['png', PNG],
    ['gif', GIF],
    ['gif', bytes('GIF87a')],
    ['webp', webp('VP8 ', 0)],
    ['heic', bytes([0, 0, 0, 24], 'ftypheic', [0, 0, 0, 0], 'mif1heic')],
    ['heic', bytes([0, 0, 0, 24], 'ftypmif1', [0, 0, 0, 0], 'mif1heic')],
    ['avif', bytes([0, 0, 0, 28], 'ftypmif1', [0, 0, 0, 0], 'avifmif1miaf')],
    ['unknown', bytes([0, 0, 0, 24], 'ftypisom', [0, 0, 0, 0], 'isommp42')],
    [
      'bmp',
      bytes(
        'BM',
        Array.from({ length: 40 }, () => 0),
      ),
    ],
    ['svg', bytes('<svg xmlns="http://www.w3.org/2000/svg">')],
    ['svg', bytes([0xef, 0xbb, 0xbf], '\n <?xml version="1.0"?>\n<!-- x -->\n<svg>')],
    ['svg', bytes('<!DOCTYPE svg PUBLIC "x">')],
    ['unknown', bytes('<html><svg>')],
    ['unknown', bytes('%PDF-1.7')],
    ['unknown', bytes('BM')],
    ['unknown', bytes()],
  ])('%s', (kind, head) => {
    expect(sniff(head)).toBe(kind);
  });

  it('is found without a failure in any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.constantFrom('', 'ftyp', 'BM', 'GIF89a'), (rest, start) => {
        const head = Uint8Array.from([...(start === 'ftyp' ? bytes([0, 0, 1, 0], start) : bytes(start)), ...rest]);
        const kind = sniff(head);
        expect(() => [readSize(head, kind), hasMetadata(head, kind)]).not.toThrow();
      }),
    );
  });

  it('includes the size it declares', () => {
    expect(readSize(PNG, 'png')).toEqual({ width: 1180, height: 2556 });
    expect(readSize(GIF, 'gif')).toEqual({ width: 320, height: 240 });
    expect(readSize(bytes([0xff, 0xd8]), 'jpeg')).toBeUndefined();
  });

  it('includes whether it may tell where it was taken', () => {
    expect(hasMetadata(webp('VP8X', 0x08), 'webp')).toBe(true);
    expect(hasMetadata(webp('VP8X', 0x10), 'webp')).toBe(false);
    expect(hasMetadata(webp('VP8 ', 0x08), 'webp')).toBe(false);
    expect(hasMetadata(PNG, 'png')).toBe(false);
    expect(hasMetadata(bytes('\x89PNG\r\n\x1a\n', 'eXIf'), 'png')).toBe(true);
    expect(hasMetadata(bytes([0xff, 0xd8, 0xff]), 'jpeg')).toBe(true);
  });
});

describe('what becomes of it', () => {
  it('fits with the same shape and never grows', () => {
    expect(targetSize({ width: 4032, height: 3024 })).toEqual({ width: 1568, height: 1176 });
    expect(targetSize({ width: 3024, height: 4032 })).toEqual({ width: 1176, height: 1568 });
    expect(targetSize({ width: 800, height: 600 })).toEqual({ width: 800, height: 600 });
    expect(targetSize({ width: 1, height: 20_000 })).toEqual({ width: 1, height: 1568 });
    const side = fc.integer({ min: 1, max: 60_000 });
    fc.assert(
      fc.property(side, side, (width, height) => {
        const target = targetSize({ width, height });
        expect(Math.max(target.width, target.height)).toBeLessThanOrEqual(MAX_SIDE);
        expect(Math.min(target.width, target.height)).toBeGreaterThanOrEqual(1);
        expect(target.width).toBeLessThanOrEqual(width);
        expect(target.height).toBeLessThanOrEqual(height);
      }),
    );
  });

  const small = { width: 1000, height: 800 };
  const large = { width: 1179, height: 2556 };
  it.each([
    ['a small screenshot', 'png', MAX_PNG_BYTES, small, false, 'image/png'],
    ['a heavy screenshot', 'png', MAX_PNG_BYTES + 1, small, false, undefined],
    ['a long screenshot', 'png', 1000, large, false, undefined],
    ['a screenshot with notes', 'png', 1000, small, true, undefined],
    ['a moving picture', 'gif', MAX_BYTES, large, false, 'image/gif'],
    ['a long moving picture', 'gif', MAX_BYTES + 1, small, false, undefined],
    ['a WebP', 'webp', MAX_BYTES, small, false, 'image/webp'],
    ['a WebP from a camera', 'webp', 1000, small, true, undefined],
    ['any photo', 'jpeg', 1000, small, true, undefined],
    ['a HEIC that can be read', 'heic', 1000, small, true, undefined],
    ['a BMP', 'bmp', 1000, small, false, undefined],
  ] as const)('%s', (_, kind, size, side, metadata, expected) => {
    expect(keptType({ kind, bytes: size, size: side, hasMetadata: metadata })).toBe(expected);
  });

  it('is tried with less and less', () => {
    const tries = attempts('jpeg', { width: 4000, height: 3000 });
    expect(tries[0]).toEqual({
      mediaType: 'image/jpeg',
      quality: 0.85,
      size: { width: 1568, height: 1176 },
      maxBytes: MAX_BYTES,
    });
    const weights = tries.map(({ quality, size }) => (quality ?? 1) * size.width * size.height);
    expect(weights).toEqual([...weights].sort((a, b) => b - a));
    expect(attempts('png', small)[0]).toEqual({
      mediaType: 'image/png',
      quality: undefined,
      size: small,
      maxBytes: MAX_PNG_BYTES,
    });
    expect(attempts('png', small)[1]?.mediaType).toBe('image/jpeg');
  });

  it('is refused in words for a person', async () => {
    expect(refusal('png', { width: 30_000, height: 30_000 })).toBe('too_large');
    expect(refusal('jpeg', undefined)).toBeUndefined();
    const refused = async (blob: Blob) => shrinkImage(blob).catch((error: unknown) => error);
    const svg = await refused(new Blob(['<svg onload="alert(1)"></svg>'], { type: 'image/png' }));
    expect(svg).toBeInstanceOf(ImageError);
    expect(svg).toMatchObject({ problem: 'svg', message: expect.stringContaining('SVG') });
    expect(await refused(new Blob(['%PDF'], { type: 'image/jpeg' }))).toMatchObject({ problem: 'not_image' });
    expect(new ImageError('heic').message).toBe(
      "This browser can't read this photo (HEIC). Choose 'Most compatible' in the camera settings, or send a JPEG.",
    );
  });
});

describe('Base64', () => {
  it('is that of the bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (data) => {
        expect(await blobToBase64(new Blob([Uint8Array.from(data)]))).toBe(Buffer.from(data).toString('base64'));
      }),
      { numRuns: 50 },
    );
    const long = new Uint8Array(100_000).map((_, index) => index % 251);
    expect(await blobToBase64(new Blob([long]))).toBe(Buffer.from(long).toString('base64'));
  });
});
