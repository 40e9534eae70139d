/** The addresses of the app, and the screens they name. The server's side of it is `http/static-web.ts`. */
export type Route =
  | { name: 'chats' }
  | { name: 'chat'; id: string }
  | { name: 'new' }
  | { name: 'approve'; id: string }
  | { name: 'settings'; section: string | null }
  | { name: 'status' }
  | { name: 'login' }
  | { name: 'fixtures' }
  | { name: 'missing' };

export type RouteName = Route['name'];

export const parseRoute = (pathname: string): Route => {
  const [first, second, ...more] = pathname.split('/').filter((part) => part !== '');
  if (more.length > 0) return { name: 'missing' };
  if (first === undefined || (first === 'chats' && second === undefined)) return { name: 'chats' };
  if (first === 'c' && second === 'new') return { name: 'new' };
  if (first === 'c' && second !== undefined) return { name: 'chat', id: decodeURIComponent(second) };
  if (first === 'approve' && second !== undefined) return { name: 'approve', id: decodeURIComponent(second) };
  if (first === 'settings') return { name: 'settings', section: second ?? null };
  if (second === undefined && (first === 'status' || first === 'login' || first === 'fixtures')) return { name: first };
  return { name: 'missing' };
};
