/** The addresses of the app, and the screens they name. The server's side of it is `http/static-web.ts`. */
export type Route =
  | { name: 'chats' }
  | { name: 'chat'; id: string }
  | { name: 'new' }
  | { name: 'approve'; id: string }
  | { name: 'settings'; section: string | null }
  /** `section`: a memory's id, or `new`, `people`, `settings`; `about` is the name under `people`. */
  | { name: 'memory'; section: string | null; about: string | null }
  | { name: 'persona' }
  | { name: 'status' }
  | { name: 'login' }
  | { name: 'fixtures' }
  | { name: 'missing' };

export type RouteName = Route['name'];

/** Null for what is no address, for example one that was cut in the middle of a letter. */
const decoded = (part: string): string | null => {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
};

const memoryRoute = (section: string | undefined, name: string | undefined): Route => {
  if (name === undefined) return { name: 'memory', section: section ?? null, about: null };
  const about = decoded(name);
  if (section !== 'people' || about === null) return { name: 'missing' };
  return { name: 'memory', section, about };
};

export const parseRoute = (pathname: string): Route => {
  const [first, second, third, ...more] = pathname.split('/').filter((part) => part !== '');
  if (more.length > 0) return { name: 'missing' };
  if (first === 'memory') return memoryRoute(second, third);
  if (third !== undefined) return { name: 'missing' };
  if (first === undefined || (first === 'chats' && second === undefined)) return { name: 'chats' };
  if (first === 'c' && second === 'new') return { name: 'new' };
  if ((first === 'c' || first === 'approve') && second !== undefined) {
    const id = decoded(second);
    if (id === null) return { name: 'missing' };
    return { name: first === 'c' ? 'chat' : 'approve', id };
  }
  if (first === 'settings') return { name: 'settings', section: second ?? null };
  const isPlain = first === 'persona' || first === 'status' || first === 'login' || first === 'fixtures';
  if (isPlain && second === undefined) return { name: first };
  return { name: 'missing' };
};
