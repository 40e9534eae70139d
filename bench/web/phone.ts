/**
 * How much Lighthouse has to slow down this machine's processor to make it that of a mid-range phone: what its guide to
 * throttling (docs/throttling.md, "Calibrating the CPU slowdown") suggests for a machine of this strength. Measured right
 * before each look: a machine that is shared with others changes its pace within minutes.
 */
import { pageFunctions } from 'lighthouse/core/lib/page-functions.js';
import { chromium } from 'playwright-core';
import { launchOptions } from '../../tests/e2e/support/world.ts';
import { median } from '../lib/stats.ts';

/** The middle of a class of machines in Lighthouse's table, and the factor it suggests there. */
const weakDesktop = { index: 1_250, slowdown: 2 };
const strongDesktop = { index: 1_750, slowdown: 4 };

/** Between the two classes in proportion; never more than for the strong one, never less than for the weak one. */
const slowdownFor = (index: number): number => {
  const share = (index - weakDesktop.index) / (strongDesktop.index - weakDesktop.index);
  const within = Math.max(0, Math.min(1, share));
  const slowdown = weakDesktop.slowdown + within * (strongDesktop.slowdown - weakDesktop.slowdown);
  return Math.round(slowdown * 10) / 10;
};

/** Of Lighthouse's own measure the median of five. */
export const measureSlowdown = async (): Promise<number> => {
  const browser = await chromium.launch(launchOptions);
  try {
    const page = await browser.newPage();
    const all: number[] = [];
    // The first one only warms up.
    for (let round = 0; round < 6; round += 1) all.push(await page.evaluate(pageFunctions.computeBenchmarkIndex));
    return slowdownFor(median(all.slice(1)));
  } finally {
    await browser.close();
  }
};
