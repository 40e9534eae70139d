/** Text measured and cut in UTF-8 bytes, always between two characters. */

export const bytesOf = (text: string): number => Buffer.byteLength(text, 'utf8');

export const isLonger = (text: string, maxBytes: number): boolean => {
  // A code unit is one to three bytes: most texts need no counting.
  if (text.length > maxBytes) return true;
  return text.length * 3 > maxBytes && bytesOf(text) > maxBytes;
};

const encoder = new TextEncoder();

/** The longest beginning of at most `maxBytes` bytes. */
export const cutText = (text: string, maxBytes: number): string => {
  if (!isLonger(text, maxBytes)) return text;
  const { read } = encoder.encodeInto(text.slice(0, maxBytes), new Uint8Array(maxBytes));
  return text.slice(0, read);
};
