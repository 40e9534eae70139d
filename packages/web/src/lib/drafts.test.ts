import { describe, expect, it } from 'vitest';
import { createDrafts, type Draft, type Drafts } from './drafts.ts';
import { createMemoryKv } from './kv.ts';
import { createTimers, turns } from './testing/timers.ts';

/** Tabs of one browser: one storage, one clock, one channel that reaches the others. */
const createBrowser = () => {
  const kv = createMemoryKv();
  const timers = createTimers();
  const ears = new Set<{ tab: number; hear: (event: MessageEvent) => void }>();
  let count = 0;
  const open = (ownerId = 'owner'): Drafts => {
    count += 1;
    const tab = count;
    const channel = {
      postMessage: (data: unknown) => {
        for (const ear of ears) if (ear.tab !== tab) ear.hear({ data } as MessageEvent);
      },
      addEventListener: (_type: string, hear: (event: MessageEvent) => void) => void ears.add({ tab, hear }),
      removeEventListener: (_type: string, hear: unknown) => {
        for (const ear of ears) if (ear.hear === hear) ears.delete(ear);
      },
    };
    return createDrafts({ kv, ownerId, now: timers.now, timer: timers.timer, channel: channel as BroadcastChannel });
  };
  return { kv, timers, open };
};
const text = (value: string) => ({ text: value, images: [] });
const picture = { type: 'base64', media_type: 'image/png', data: 'AA==' } as const;

describe('a draft', () => {
  it('is stored a moment after the last key of the moment, and found by the next visit', async () => {
    const { timers, open, kv } = createBrowser();
    const tab = open();
    tab.change('c', text('H'));
    timers.pass(299);
    tab.change('c', text('Hi'));
    expect(await kv.all('draft:')).toEqual([]);
    timers.pass(1);
    await turns();
    expect(await open().load('c')).toMatchObject(text('Hi'));
    expect(await open().load('other')).toBeUndefined();
    expect(await open('somebody else').load('c')).toBeUndefined();
  });

  it('that was just typed is there at once, and kept when the page ends', async () => {
    const { open } = createBrowser();
    const tab = open();
    tab.change('c', text('Hi'));
    expect(await tab.load('c')).toMatchObject(text('Hi'));
    tab.leave();
    expect(await open().load('c')).toMatchObject(text('Hi'));
  });

  it('is kept when the page ends while it is on its way into the storage', async () => {
    const { timers, open, kv } = createBrowser();
    const tab = open();
    const { update } = kv;
    // The write that a page takes with it.
    kv.update = () => new Promise(() => {});
    tab.change('c', text('Hi'));
    timers.pass(300);
    kv.update = update;
    tab.leave();
    expect(await open().load('c')).toMatchObject(text('Hi'));
  });

  it('stays cleared, although an older tab still has it', async () => {
    const { timers, open } = createBrowser();
    const [older, newer] = [open(), open()];
    older.change('c', text('old'));
    timers.pass(10);
    newer.change('c', text('new'));
    newer.clear('c');
    older.flush();
    await turns();
    expect(await open().load('c')).toBeUndefined();
    expect(await open().all()).toEqual(new Map());
  });

  it('is listed by its beginning', async () => {
    const { open } = createBrowser();
    const tab = open();
    tab.change('a', text(`  ${'long '.repeat(60)}`));
    tab.change('b', { text: '', images: [picture] });
    tab.change('c', text(''));
    const all = await tab.all();
    expect(all.get('a')).toHaveLength(120);
    expect(all.get('b')).toBe('A picture');
    expect(all.has('c')).toBe(false);
  });

  it('is told to the other tabs, and only there', async () => {
    const { open } = createBrowser();
    const [here, there] = [open(), open()];
    const heard: [string, Draft | undefined, string][] = [];
    here.onReplaced((...what) => heard.push(['here', what[1], what[2]]));
    const stop = there.onReplaced((...what) => heard.push(['there', what[1], what[2]]));
    here.change('c', text('Hi'));
    here.flush();
    await turns();
    expect(heard).toMatchObject([['there', text('Hi'), 'elsewhere']]);
    here.clear('c');
    await turns();
    expect(heard.at(-1)).toEqual(['there', undefined, 'elsewhere']);
    stop();
    here.change('c', text('Hi again'));
    here.leave();
    expect(heard).toHaveLength(2);
  });

  it('that is given back replaces what is in the composer here', async () => {
    const { open } = createBrowser();
    const tab = open();
    const heard: unknown[] = [];
    const stop = tab.onReplaced((chat, draft, how) => heard.push([chat, draft?.text, how]));
    tab.offer('c', text('taken back'));
    expect(heard).toEqual([['c', 'taken back', 'offered']]);
    stop();
    tab.offer('c', text('again'));
    expect(heard).toHaveLength(1);
    expect(await tab.load('c')).toMatchObject(text('again'));
  });

  it('is kept without a channel, and when the channel is closed', async () => {
    const { kv, timers } = createBrowser();
    const closed = {
      postMessage: () => {
        throw new Error('closed');
      },
      addEventListener: () => {},
      removeEventListener: () => {},
    };
    for (const channel of [null, closed]) {
      const tab = createDrafts({ kv, ownerId: String(channel), now: timers.now, timer: timers.timer, channel });
      tab.change('c', text('Hi'));
      tab.flush();
      await turns();
      expect(await tab.load('c')).toMatchObject(text('Hi'));
      tab.onReplaced(() => {})();
    }
  });

  it('is typed again although the clock was put back meanwhile', async () => {
    const { timers, open } = createBrowser();
    const tab = open();
    tab.change('c', text('before'));
    tab.flush();
    await turns();
    timers.pass(-3_600_000);
    const next = open();
    await next.load('c');
    next.change('c', text('after'));
    next.flush();
    await turns();
    expect(await open().load('c')).toMatchObject(text('after'));
  });
});
