/** What a file is, by its first bytes. Names and the types that browsers derive from them are only claims. */
export type Kind = 'jpeg' | 'png' | 'gif' | 'webp' | 'heic' | 'avif' | 'bmp' | 'svg' | 'unknown';

/** As much of a file as `sniff` and `readSize` want to see. */
export const HEAD_BYTES = 4096;

const HEIC = ['heic', 'heix', 'hevc', 'hevx', 'heim', 'heis', 'hevm', 'hevs', 'mif1', 'msf1'];

export function sniff(head: Uint8Array): Kind {
  if (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return 'jpeg';
  if (ascii(head, 0, 8) === '\x89PNG\r\n\x1a\n') return 'png';
  if (/^GIF8[79]a$/.test(ascii(head, 0, 6))) return 'gif';
  if (ascii(head, 0, 4) === 'RIFF' && ascii(head, 8, 12) === 'WEBP') return 'webp';
  if (ascii(head, 4, 8) === 'ftyp') return boxKind(head);
  if (ascii(head, 0, 2) === 'BM' && head.length > 26) return 'bmp';
  return isSvg(head) ? 'svg' : 'unknown';
}

/** The brands of an ISO file: the main one first, then those it is compatible with. */
function boxKind(head: Uint8Array): Kind {
  const end = Math.min(head.length, Math.max(12, view(head).getUint32(0)));
  const brands = [ascii(head, 8, 12)];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(ascii(head, at, at + 4));
  if (brands.some((brand) => brand === 'avif' || brand === 'avis')) return 'avif';
  return brands.some((brand) => HEIC.includes(brand)) ? 'heic' : 'unknown';
}

function isSvg(head: Uint8Array): boolean {
  const text = new TextDecoder()
    .decode(head.subarray(0, 1024))
    .replace(/^\ufeff/, '')
    .trimStart();
  return (
    /^<svg[\s>]/i.test(text) || (/^<(?:\?xml|!doctype\s+svg|!--)/i.test(text) && /<svg[\s>]|doctype\s+svg/i.test(text))
  );
}

/** The size a file declares, if it stands near its start; checked before anything is decoded. */
export function readSize(head: Uint8Array, kind: Kind): { width: number; height: number } | undefined {
  const data = view(head);
  if (kind === 'png' && head.length >= 24) return { width: data.getUint32(16), height: data.getUint32(20) };
  if (kind === 'gif' && head.length >= 10) return { width: data.getUint16(6, true), height: data.getUint16(8, true) };
  if (kind === 'bmp') return { width: Math.abs(data.getInt32(18, true)), height: Math.abs(data.getInt32(22, true)) };
  return undefined;
}

/** Whether a file may say where and with what it was taken. Drawing it anew leaves that out. */
export function hasMetadata(head: Uint8Array, kind: Kind): boolean {
  if (kind === 'webp') return ascii(head, 12, 16) === 'VP8X' && ((head[20] ?? 0) & 0x0c) !== 0;
  if (kind !== 'png') return kind === 'jpeg' || kind === 'heic' || kind === 'avif';
  const text = ascii(head, 0, head.length);
  return /eXIf|iTXt|tEXt|zTXt/.test(text);
}

function ascii(head: Uint8Array, from: number, to: number): string {
  let text = '';
  for (const byte of head.subarray(from, to)) text += String.fromCharCode(byte);
  return text;
}

function view(head: Uint8Array): DataView {
  return new DataView(head.buffer, head.byteOffset, head.byteLength);
}
