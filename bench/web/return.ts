/** Coming back on a device that knows the app: the saved chat is there before the server has said a word. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { answered, newChat } from '../../tests/e2e/support/chat.ts';
import type { World } from '../../tests/e2e/support/world.ts';
import type { Row } from '../lib/report.ts';
import { median } from '../lib/stats.ts';

/** A browser keeps what it has compiled from the third visit on. */
const warmUps = 2;
const rounds = 5;
const words = 'there when you come back';

/** Looks from within the page, and with next to nothing: what a test does to wait for a text takes the page 100 ms. */
const watch = async (page: Page): Promise<void> => {
  await page.addInitScript((text) => {
    const observer = new MutationObserver(() => {
      if (!document.querySelector('[data-answer]')?.textContent?.includes(text)) return;
      observer.disconnect();
      // With the next frame it is on the screen.
      requestAnimationFrame(() => setTimeout(() => Object.assign(window, { shownAt: performance.now() })));
    });
    observer.observe(document, { childList: true, subtree: true, characterData: true });
  }, words);
};

/** Milliseconds from the beginning of the visit. */
const shownAt = async (page: Page): Promise<number> => {
  await page.waitForTimeout(2_000);
  return page.evaluate(() => (window as unknown as { shownAt?: number }).shownAt ?? Number.POSITIVE_INFINITY);
};

/** The API answers 3 s late; the app's own files come as always. */
export const measureReturn = async (world: World): Promise<Row[]> => {
  const profile = mkdtempSync(join(tmpdir(), 'hearth-profile-'));
  const { page, context } = await world.visit({ profile });
  world.model.script([`It is **saved**, and ${words}.`]);
  const id = await newChat(page, 'Remember this chat');
  await answered(page);
  // The server has just started a spare agent process for the next chat, on the same processor.
  await page.waitForTimeout(5_000);
  await watch(page);
  world.line.delay(3_000, /^\/api\//);
  const times: number[] = [];
  for (let round = 0; round < warmUps + rounds; round += 1) {
    await page.goto('about:blank');
    await page.goto(`/c/${id}`, { waitUntil: 'commit' });
    const time = await shownAt(page);
    if (round >= warmUps) times.push(time);
  }
  world.line.delay(0);
  await context.close();
  rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
  const usual = median(times);
  return [
    {
      measure: 'saved chat on the screen, the API 3 s late',
      ours: `${usual.toFixed(0)} ms`,
      limit: '500 ms',
      ok: usual <= 500,
    },
  ];
};
