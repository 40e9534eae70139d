/**
 * What a one-time code looks like: eight characters of Crockford's base32, shown as two groups of four, because it is
 * read from one screen and typed into another. 40 random bits are enough for minutes behind the limiter of wrong keys.
 */
import { randomBytes } from 'node:crypto';
import { sha256Hex } from '../../kernel/ids.ts';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const shape = /^[0-9A-HJKMNP-TV-Z]{8}$/;
const bytes = 5;
const bitsPerCharacter = 5;

export const createCodeText = (): { code: string; hash: string } => {
  let bits = BigInt(`0x${randomBytes(bytes).toString('hex')}`);
  let text = '';
  for (let left = bytes * 8; left > 0; left -= bitsPerCharacter) {
    text = `${alphabet[Number(bits & 31n)]}${text}`;
    bits >>= 5n;
  }
  return { code: `${text.slice(0, 4)}-${text.slice(4)}`, hash: sha256Hex(text) };
};

/** The hash to look up, or undefined for what cannot be a code. Forgives what people mistype. */
export const hashOfCode = (text: string): string | undefined => {
  const plain = text
    .toUpperCase()
    .replaceAll(/[\s\p{Dash}]/gu, '')
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1');
  return shape.test(plain) ? sha256Hex(plain) : undefined;
};
