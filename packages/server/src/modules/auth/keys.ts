/**
 * What a key looks like. Ours are `ak_` and 256 random bits; the operator's own (HEARTH_ADMIN_KEY) may be any 24 or more
 * printable characters without a comma, because a comma is how proxies join a header that was sent twice.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { AppError } from '../../kernel/errors.ts';
import { sha256Hex } from '../../kernel/ids.ts';

const presentable = /^[!-+\--~]{24,512}$/;
const leastDistinctCharacters = 8;
const sampleWords = /undefined|change[-_ ]?me|example|your[-_ ]|placeholder|password|sample|replace[-_ ]?me|xxxx/i;

export type NewKey = { key: string; hash: string; hint: string };

const withHash = (key: string, hintLength: number): NewKey => ({
  key,
  hash: sha256Hex(key),
  hint: `${key.slice(0, hintLength)}…`,
});

export const createKeyText = (): NewKey => withHash(`ak_${randomBytes(32).toString('base64url')}`, 9);

/** Session tokens of the web app: as strong as a key, but never shown to anyone. */
export const createTokenText = (): { token: string; hash: string } => {
  const token = randomBytes(32).toString('base64url');
  return { token, hash: sha256Hex(token) };
};

/** The hash to look up, or undefined for what cannot be a key at all. */
export const hashOfPresented = (text: string): string | undefined =>
  presentable.test(text) ? sha256Hex(text) : undefined;

/** The lookup found the row by its hash; this comparison is what decides, and it takes the same time whatever differs. */
export const sameHash = (a: string, b: string): boolean => {
  const left = Buffer.from(a, 'utf8');
  const right = Buffer.from(b, 'utf8');
  return left.length === right.length && timingSafeEqual(left, right);
};

/** Refuses an operator's key that is no secret, so that the server does not start with an open door. */
export const checkAdminKey = (text: string): NewKey => {
  const refuse = (reason: string): never => {
    throw new AppError('BAD_REQUEST', `HEARTH_ADMIN_KEY ${reason}`);
  };
  if (text.trim() === '') return refuse('is blank');
  if (!presentable.test(text)) return refuse('must be 24 to 512 printable characters without blanks and commas');
  if (sampleWords.test(text)) return refuse('looks like a sample value');
  if (new Set(text).size < leastDistinctCharacters) return refuse('repeats too few characters');
  return withHash(text, 4);
};
