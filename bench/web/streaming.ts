/** How the page behaves while an answer streams: shifts, frames, and what one more piece of text costs. */
import { answer } from '@hearth/stand-in';
import type { CDPSession, Page } from 'playwright-core';
import { answered, newChat } from '../../tests/e2e/support/chat.ts';
import type { World } from '../../tests/e2e/support/world.ts';
import type { Row } from '../lib/report.ts';

const sentence =
  'The transcoder reaches its limit of **two gigabytes** and is ended by the kernel, then `plex` starts it anew. ';
const paragraphs = (characters: number): string => {
  const one = `${sentence.repeat(3)}\n\n- first, look at the memory\n- then at the disks\n\n`;
  return one.repeat(Math.ceil(characters / one.length)).slice(0, characters);
};

interface Seen {
  shift: number;
  longest: number;
}

/** Layout shifts that nobody caused, and the longest time between two frames. */
const observe = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const seen = { shift: 0, longest: 0 };
    Object.assign(window, { seen });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { value, hadRecentInput } = entry as PerformanceEntry & { value: number; hadRecentInput: boolean };
        if (!hadRecentInput) seen.shift += value;
      }
    }).observe({ type: 'layout-shift', buffered: false });
    let last = performance.now();
    const tick = (): void => {
      const now = performance.now();
      seen.longest = Math.max(seen.longest, now - last);
      last = now;
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });

const readSeen = (page: Page): Promise<Seen> => page.evaluate(() => (window as unknown as { seen: Seen }).seen);

const throttled = async (page: Page, rate: number): Promise<CDPSession> => {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Emulation.setCPUThrottlingRate', { rate });
  return cdp;
};

export const measureFrames = async (world: World): Promise<Row[]> => {
  const { page, context } = await world.visit();
  world.model.script(['Hello.', answer(paragraphs(14_000), { tokensPerSecond: 100 })]);
  await newChat(page, 'Hello');
  await answered(page);
  await throttled(page, 4);
  await observe(page);
  await page.getByRole('textbox', { name: 'Message' }).fill('Tell me all of it');
  await page.getByRole('button', { name: /^Send/ }).click();
  await page.locator('[data-working]').waitFor();
  await page.waitForTimeout(20_000);
  const { shift, longest } = await readSeen(page);
  await context.close();
  return [
    {
      measure: 'layout shift while streaming, 100 tokens/s, CPU at a quarter',
      ours: shift.toFixed(4),
      limit: '0.02',
      ok: shift <= 0.02,
    },
    { measure: 'longest frame in those 20 s', ours: `${longest.toFixed(0)} ms`, limit: '200 ms', ok: longest <= 200 },
  ];
};

const taskSeconds = async (cdp: CDPSession): Promise<number> => {
  const { metrics } = await cdp.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0;
};

/** Main-thread time per update from a length of the answer on. The page takes at most 20 updates a second. */
const costFrom = async (page: Page, cdp: CDPSession, length: number): Promise<number> => {
  const reached = (least: number): boolean =>
    (document.querySelector('[data-live]')?.textContent?.length ?? 0) >= least;
  await page.waitForFunction(reached, length, { timeout: 90_000 });
  const before = await taskSeconds(cdp);
  const startedAt = performance.now();
  await page.waitForTimeout(2_000);
  const updates = ((performance.now() - startedAt) / 1000) * 20;
  return (((await taskSeconds(cdp)) - before) * 1000) / updates;
};

/** One answer at a steady pace, measured near its beginning and when it is a hundred thousand characters long. */
export const measureCost = async (world: World): Promise<Row[]> => {
  const { page, context } = await world.visit();
  const cdp = await context.newCDPSession(page);
  await cdp.send('Performance.enable');
  world.model.script([answer(paragraphs(115_000), { tokensPerSecond: 1_200 })]);
  await newChat(page, 'Tell me all of it');
  const small = await costFrom(page, cdp, 1_000);
  const large = await costFrom(page, cdp, 95_000);
  await context.close();
  const ratio = large / small;
  return [
    {
      measure: 'main-thread time per update, answer of 1 KB and of 100 KB',
      ours: `${small.toFixed(1)} ms, ${large.toFixed(1)} ms`,
      ratio: `${ratio.toFixed(2)}x`,
      limit: 'flat (2x)',
      ok: ratio <= 2,
    },
  ];
};
