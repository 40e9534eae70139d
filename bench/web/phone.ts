/**
 * How much the processor has to be slowed down here to be that of a mid-range phone. Lighthouse takes a quarter of a
 * strong desktop and asks to lower the factor on weaker machines (its docs/throttling.md, "Calibrating the CPU slowdown").
 */
import { pageFunctions } from 'lighthouse/core/lib/page-functions.js';
import { chromium } from 'playwright-core';
import { chromiumFlags, chromiumPath } from '../../tests/e2e/support/world.ts';

export interface Phone {
  /** Lighthouse's own measure of the machine, the median of five. */
  index: number;
  slowdown: number;
}

const defaultSlowdown = 4;
/** The least for which Lighthouse's table names the default. */
const strongDesktop = 1_500;

export const slowdownFor = (index: number): number =>
  Math.round(Math.max(1, Math.min(defaultSlowdown, (defaultSlowdown * index) / strongDesktop)) * 10) / 10;

export const measurePhone = async (): Promise<Phone> => {
  const browser = await chromium.launch({ executablePath: chromiumPath, args: chromiumFlags });
  try {
    const page = await browser.newPage();
    const all: number[] = [];
    // The first one only warms up.
    for (let round = 0; round < 6; round += 1) all.push(await page.evaluate(pageFunctions.computeBenchmarkIndex));
    const index = Math.round(all.slice(1).toSorted((a, b) => a - b)[2] ?? 0);
    return { index, slowdown: slowdownFor(index) };
  } finally {
    await browser.close();
  }
};
