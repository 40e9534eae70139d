import { afterEach, describe, expect, it, vi } from 'vitest';
import { createBrowserKv, createMemoryKv, type Kv } from './kv.ts';

const contract = (create: () => Kv): void => {
  it('keeps, changes, lists and forgets', async () => {
    const kv = create();
    await kv.set('a:1', 'one');
    await kv.setLast('a:2', 'two');
    await kv.set('b:1', 'else');
    await kv.update<string>('a:1', (old) => `${old}!`);
    await kv.update<number>('n', (old = 41) => old + 1);
    expect(await kv.get('a:1')).toBe('one!');
    expect(await kv.get('n')).toBe(42);
    expect(await kv.get('nothing')).toBeUndefined();
    expect(await kv.all('a:')).toEqual([
      ['a:1', 'one!'],
      ['a:2', 'two'],
    ]);
    await kv.remove('a:1');
    expect(await kv.all('a:')).toEqual([['a:2', 'two']]);
    await kv.clear();
    expect(await kv.all('')).toEqual([]);
  });
};

describe('memory', () => {
  contract(createMemoryKv);
  it('says that it does not last', () => expect(createMemoryKv().isLasting()).toBe(false));
});

describe('where the browser has no database', () => {
  contract(() => createBrowserKv('test'));
  it('says so once it has found out', async () => {
    const kv = createBrowserKv('test');
    expect(kv.isLasting()).toBe(true);
    await kv.get('a');
    expect(kv.isLasting()).toBe(false);
  });
});

describe('where the browser refuses its database', () => {
  afterEach(() => vi.unstubAllGlobals());
  const refusing = (): Kv => {
    const request: { error: Error; onerror?: () => void } = { error: new Error('denied') };
    vi.stubGlobal('indexedDB', {
      open: () => {
        queueMicrotask(() => request.onerror?.());
        return request;
      },
    });
    return createBrowserKv('test');
  };
  contract(refusing);
});
