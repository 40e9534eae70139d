/** Reads the credential of a request: `x-api-key`, or `Authorization: Bearer`. */
import type { ApiError } from './errors.ts';

export type AcceptKey = (key: string | undefined) => 'ok' | 'invalid';

/** Anything that is not empty will do. */
export const acceptAnyKey: AcceptKey = (key) => (key ? 'ok' : 'invalid');

export const credentialOf = (headers: Headers): string | undefined => {
  const bearer = /^Bearer\s+(\S+)\s*$/i.exec(headers.get('authorization') ?? '')?.[1];
  return headers.get('x-api-key')?.trim() || bearer || undefined;
};

export const refuseKey = (key: string | undefined, acceptKey: AcceptKey): ApiError | null => {
  if (acceptKey(key) === 'ok') return null;
  const message = key ? 'invalid x-api-key' : 'x-api-key header is required';
  return { status: 401, type: 'authentication_error', message };
};
