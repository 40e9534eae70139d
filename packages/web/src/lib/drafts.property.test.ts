/** Several tabs, one person: what was typed last is what is there, whenever which tab stores or ends. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDrafts, type Drafts } from './drafts.ts';
import { createMemoryKv } from './kv.ts';
import { createTimers, turns } from './testing/timers.ts';

const tabs = fc.nat({ max: 2 });
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('type' as const), tab: tabs }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('clear' as const, 'offer' as const), tab: tabs }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('flush' as const, 'all' as const), tab: tabs }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('end' as const, 'crash' as const), tab: tabs }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 400 }) }) },
);

describe('drafts in several tabs', () => {
  it('what was typed last wins, and what was cleared stays cleared', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const kv = createMemoryKv();
        const timers = createTimers();
        const alive = new Map<number, object>();
        const open = (tab: number): Drafts => {
          const mine = {};
          alive.set(tab, mine);
          return createDrafts({
            ...{ kv, ownerId: 'owner', channel: null, now: timers.now },
            timer: (ms, fire) => timers.timer(ms, () => alive.get(tab) === mine && fire()),
          });
        };
        const pages = [open(0), open(1), open(2)];
        /** What a person would say is in the composer, and where it was typed. */
        let last = { text: '', tab: 0 };
        let words = 0;
        /** A hand needs longer from one tab to another than a draft waits to be stored. */
        const reach = (tab: number): void => {
          if (tab !== last.tab) timers.pass(300);
          timers.pass(1);
        };
        for (const one of steps) {
          if (one.do === 'pass') timers.pass(one.ms);
          else {
            const page = pages[one.tab] ?? open(one.tab);
            if (one.do === 'type' || one.do === 'offer') {
              reach(one.tab);
              words += 1;
              page[one.do === 'type' ? 'change' : 'offer']('c', { text: `w${words}`, images: [] });
              last = { text: `w${words}`, tab: one.tab };
            } else if (one.do === 'clear') {
              reach(one.tab);
              page.clear('c');
              last = { text: '', tab: one.tab };
            } else if (one.do === 'flush') page.flush();
            else if (one.do === 'all') await page.all();
            else {
              // A crash may take the last moments along; here it happens to tabs that were left before.
              if (one.do === 'end' || last.tab === one.tab) page.leave();
              pages[one.tab] = open(one.tab);
            }
          }
          await turns();
        }
        timers.pass(300);
        await turns();
        for (const page of pages) expect((await page.load('c'))?.text ?? '').toBe(last.text);
        expect([...(await open(9).all()).values()]).toEqual(last.text === '' ? [] : [last.text]);
      }),
      { numRuns: 500 },
    );
  });
});
