/** Sizes and edges, as the acceptance points name them. */
import type { Page } from 'playwright-core';

/** What scrolls sideways without being made for it, or hangs over the edge of the screen. */
export const sideways = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const name = (element: Element): string => `${element.tagName}.${String(element.className).slice(0, 60)}`;
    const inScroller = (element: Element): boolean => {
      for (let at: Element | null = element; at && at !== document.body; at = at.parentElement) {
        const { overflowX } = getComputedStyle(at);
        if (overflowX !== 'visible' && !at.matches('main, [data-transcript]')) return true;
      }
      return false;
    };
    const scrolling = [...document.querySelectorAll('html, body, main, header, nav, [data-transcript], [role=dialog]')]
      .filter((element) => element.scrollWidth > element.clientWidth + 1)
      .map((element) => `scrolls: ${name(element)} ${element.scrollWidth} > ${element.clientWidth}`);
    const hanging = [...document.querySelectorAll('body *')]
      .filter((element) => {
        const { right, left, width, height } = element.getBoundingClientRect();
        return width > 1 && height > 1 && (right > innerWidth + 1 || left < -1) && !inScroller(element);
      })
      .map((element) => `hangs over: ${name(element)}`);
    return [...scrolling, ...hanging.slice(0, 5)];
  });

/** Controls too small for a finger, and fields that make an iPhone zoom. */
export const tooSmall = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const isInline = (element: Element): boolean =>
      element.matches('a') && getComputedStyle(element).display === 'inline';
    const target = (element: Element): Element =>
      element.matches('[type=radio], [type=checkbox]') ? (element.closest('label') ?? element) : element;
    const name = (element: Element): string => element.outerHTML.slice(0, 100);
    const controls = [
      ...document.querySelectorAll('a[href], button, input:not([hidden]), select, textarea, summary, [role=button]'),
    ].filter((element) => element.checkVisibility() && element.getBoundingClientRect().width > 0);
    const small = controls.flatMap((element) => {
      const { width, height } = target(element).getBoundingClientRect();
      const least = isInline(element) ? 24 : 44;
      const fits = height >= least - 0.5 && (isInline(element) || width >= least - 0.5);
      return fits ? [] : [`${Math.round(width)}x${Math.round(height)}: ${name(element)}`];
    });
    const fields = controls
      .filter((element) => element.matches('input:not([type=radio], [type=checkbox]), textarea, select'))
      .filter((element) => Number.parseFloat(getComputedStyle(element).fontSize) < 16)
      .map((element) => `under 16 px: ${name(element)}`);
    return [...small, ...fields];
  });
