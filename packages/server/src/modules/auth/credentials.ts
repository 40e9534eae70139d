/**
 * Which credential of a request decides. X-API-Key, when present, decides alone, even when it is bad; then a Bearer
 * token; the web app's cookie comes last. Another Authorization scheme (a proxy's Basic login) is not ours and is passed
 * over. Rule: security.md, D17.
 */
export type Credentials = {
  /** Raw header values; undefined when the header is absent. */
  xApiKey?: string | undefined;
  authorization?: string | undefined;
  /** The whole Cookie header. */
  cookie?: string | undefined;
  /** Address of the client, for counting failures. */
  ip?: string | undefined;
};

export const sessionCookieName = 'hearth_session';

export type Presented = { kind: 'key'; text: string } | { kind: 'cookie'; text: string } | { kind: 'none' };

/** Exactly one session cookie counts: two mean that someone else planted one. */
const cookieToken = (header: string): string | undefined => {
  const tokens = header
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.startsWith(`${sessionCookieName}=`))
    .map((part) => part.slice(sessionCookieName.length + 1));
  return tokens.length === 1 ? tokens[0] : undefined;
};

export const presentedCredential = ({ xApiKey, authorization, cookie }: Credentials): Presented => {
  if (xApiKey !== undefined) return { kind: 'key', text: xApiKey };
  const bearer = /^bearer(?:\s+(.*))?$/is.exec(authorization ?? '');
  if (bearer) return { kind: 'key', text: bearer[1] ?? '' };
  const token = cookieToken(cookie ?? '');
  return token === undefined ? { kind: 'none' } : { kind: 'cookie', text: token };
};

/** Lives as long as browsers allow; how long the session holds is decided by the server. */
const cookieSeconds = 400 * 24 * 3_600;

export const sessionCookie = (token: string, secure: boolean): string =>
  `${sessionCookieName}=${token}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${cookieSeconds}${secure ? '; Secure' : ''}`;

export const clearedSessionCookie = (secure: boolean): string =>
  `${sessionCookieName}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0${secure ? '; Secure' : ''}`;
