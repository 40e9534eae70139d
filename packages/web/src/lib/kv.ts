/**
 * The browser's database, or memory where there is none (private windows, full or forbidden storage). Callers never fail
 * because of it; `isLasting` says whether what they keep outlives the page.
 */
import { clear, createStore, del, entries, get, set, type UseStore, update } from 'idb-keyval';

export interface Kv {
  get<T>(key: string): Promise<T | undefined>;
  set(key: string, value: unknown): Promise<void>;
  /** For the last moment of a page: nothing is read first, and the browser is told at once that this is all. */
  setLast(key: string, value: unknown): Promise<void>;
  /** Reads and writes in one step, so that two tabs cannot overwrite each other. */
  update<T>(key: string, change: (old: T | undefined) => T): Promise<void>;
  remove(key: string): Promise<void>;
  /** Everything whose key begins with `prefix`. */
  all<T>(prefix: string): Promise<[string, T][]>;
  clear(): Promise<void>;
  isLasting(): boolean;
}

const prefixed = <T>(all: [IDBValidKey, unknown][], prefix: string): [string, T][] =>
  all.filter((entry): entry is [string, T] => typeof entry[0] === 'string' && entry[0].startsWith(prefix));

export const createMemoryKv = (): Kv => {
  const map = new Map<string, unknown>();
  return {
    get: async <T>(key: string) => map.get(key) as T | undefined,
    set: async (key, value) => void map.set(key, value),
    setLast: async (key, value) => void map.set(key, value),
    update: async <T>(key: string, change: (old: T | undefined) => T) =>
      void map.set(key, change(map.get(key) as T | undefined)),
    remove: async (key) => void map.delete(key),
    all: async <T>(prefix: string) => prefixed<T>([...map], prefix),
    clear: async () => map.clear(),
    isLasting: () => false,
  };
};

export const createBrowserKv = (name: string): Kv => {
  const memory = createMemoryKv();
  let lasting = true;
  let store: UseStore | null = null;
  const open = (): UseStore => {
    store ??= createStore(name, 'kv');
    return store;
  };
  /** After the first failure everything goes on in memory: half of it here and half there would be worse. */
  const attempt = async <T>(work: (on: UseStore) => Promise<T>, instead: () => Promise<T>): Promise<T> => {
    if (!lasting) return instead();
    try {
      return await work(open());
    } catch {
      lasting = false;
      return instead();
    }
  };
  return {
    get: <T>(key: string) =>
      attempt(
        (on) => get<T>(key, on),
        () => memory.get<T>(key),
      ),
    set: (key, value) =>
      attempt(
        (on) => set(key, value, on),
        () => memory.set(key, value),
      ),
    setLast: (key, value) =>
      attempt(
        (on) =>
          on('readwrite', (objects) => {
            objects.put(value, key);
            objects.transaction.commit();
          }),
        () => memory.set(key, value),
      ),
    update: <T>(key: string, change: (old: T | undefined) => T) =>
      attempt(
        (on) => update<T>(key, change, on),
        () => memory.update(key, change),
      ),
    remove: (key) =>
      attempt(
        (on) => del(key, on),
        () => memory.remove(key),
      ),
    all: <T>(prefix: string) =>
      attempt(
        async (on) => prefixed<T>(await entries(on), prefix),
        () => memory.all<T>(prefix),
      ),
    clear: () =>
      attempt(
        (on) => clear(on),
        () => memory.clear(),
      ),
    isLasting: () => lasting,
  };
};
