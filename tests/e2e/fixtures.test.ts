/**
 * Every screen in every state, in both themes, at three widths: nothing for axe to find, nothing that scrolls sideways,
 * every control large enough for a finger. The states come from the fixture page, which needs no server behind it.
 */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axeFaults } from './support/axe.ts';
import { settled } from './support/observe.ts';
import { browserMissing, startWorld, type World } from './support/world.ts';

const widths = [320, 390, 1280];
const themes = ['light', 'dark'] as const;

/** Controls smaller than a finger; links inside a text are exempt, they are as high as their line. */
const smallControls = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const isInline = (element: Element): boolean =>
      element.matches('a') && getComputedStyle(element).display === 'inline';
    const target = (element: Element): Element =>
      element.matches('input[type=radio], input[type=checkbox]') ? (element.closest('label') ?? element) : element;
    return [...document.querySelectorAll('a[href], button, input:not([hidden]), select, textarea, summary')].flatMap(
      (element) => {
        const { width, height } = target(element).getBoundingClientRect();
        const least = isInline(element) ? 18 : 43.5;
        const isHidden = width === 0 || height === 0 || !element.checkVisibility();
        return isHidden || (width >= (isInline(element) ? 10 : 43.5) && height >= least)
          ? []
          : [`${element.outerHTML.slice(0, 120)} ${width}x${height}`];
      },
    );
  });

const sideways = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll('html, main, [data-transcript], [role=dialog] > div')].flatMap((element) =>
      element.scrollWidth > element.clientWidth + 1
        ? [`${element.tagName} ${element.scrollWidth} > ${element.clientWidth}`]
        : [],
    ),
  );

const faultsOf = async (page: Page, width: number): Promise<string[]> => {
  await settled(page);
  return [...(await axeFaults(page)), ...(width === 1280 ? [] : await smallControls(page)), ...(await sideways(page))];
};

/** By theme and width. */
const faultsOfStage = async (page: Page, name: string): Promise<Record<string, string[]>> => {
  const found: Record<string, string[]> = {};
  await page.goto(`/fixtures?show=${name}`);
  await page
    .locator(name.startsWith('sheet-') ? '[role=dialog]' : 'h1')
    .first()
    .waitFor();
  for (const width of widths) {
    await page.setViewportSize({ width, height: width === 1280 ? 800 : 844 });
    for (const theme of themes) {
      await page.emulateMedia({ colorScheme: theme });
      const faults = await faultsOf(page, width);
      if (faults.length > 0) found[`${name}, ${theme}, ${width} px`] = faults;
    }
  }
  return found;
};

describe.skipIf(browserMissing)('every state of every screen', () => {
  let world: World;
  let names: string[] = [];
  beforeAll(async () => {
    world = await startWorld();
    const { page, context } = await world.visit({ signedOut: true });
    await page.goto('/fixtures');
    await page.locator('[data-stage]').first().waitFor();
    names = await page
      .locator('[data-stage]')
      .evaluateAll((all) => all.map((one) => one.getAttribute('data-stage') ?? ''));
    await context.close();
  });
  afterAll(() => world.close());

  it('is free of faults in both themes, at 320, 390 and 1280 px', { timeout: 900_000 }, async () => {
    expect(names.length).toBeGreaterThan(50);
    const found: Record<string, unknown> = {};
    const left = [...names];
    const walk = async (): Promise<void> => {
      const { page } = await world.visit({ signedOut: true, reducedMotion: true });
      for (let name = left.shift(); name !== undefined; name = left.shift())
        Object.assign(found, await faultsOfStage(page, name));
    };
    // Two pages of one browser: a single one leaves half of the machine idle.
    await Promise.all([walk(), walk()]);
    expect(found).toEqual({});
  });
});
