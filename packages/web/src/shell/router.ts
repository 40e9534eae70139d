/**
 * Where the person is. All pages are one exported shell, so moving between them is a matter of the address alone and
 * works without a network. An open sheet is a history entry too: Back closes it.
 */
import { useSyncExternalStore } from 'react';

const listeners = new Set<() => void>();
const tell = (): void => {
  for (const listener of listeners) listener();
};

interface Entry {
  sheet?: string;
  /** True for entries this page made: Back then stays inside the app. */
  inside?: true;
}

const entry = (): Entry => window.history.state?.hearth ?? {};

const write = (url: string, value: Entry, replace: boolean): void => {
  window.history[replace ? 'replaceState' : 'pushState']({ hearth: value }, '', url);
  tell();
};

export const navigate = (to: string, { replace = false }: { replace?: boolean } = {}): void => {
  write(to, replace ? { ...(entry().inside ? { inside: true } : {}) } : { inside: true }, replace);
};

/** Back to where they came from, or to `otherwise` when the app was opened right here. */
export const goBack = (otherwise: string): void => {
  if (entry().inside) window.history.back();
  else navigate(otherwise, { replace: true });
};

export const openSheet = (name: string): void => {
  const isOpen = entry().sheet !== undefined;
  write(window.location.href, isOpen ? { ...entry(), sheet: name } : { inside: true, sheet: name }, isOpen);
};

export const closeSheet = (): void => {
  if (entry().sheet !== undefined) window.history.back();
};

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  window.addEventListener('popstate', listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('popstate', listener);
  };
};

/** Null while the exported page has not come to life: the address is not known then. */
export const usePathname = (): string | null =>
  useSyncExternalStore<string | null>(
    subscribe,
    () => window.location.pathname,
    () => null,
  );

export const useSheet = (): string | null =>
  useSyncExternalStore<string | null>(
    subscribe,
    () => entry().sheet ?? null,
    () => null,
  );
