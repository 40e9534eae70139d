/** What a page did over time: things that a look at its end state would miss. */
import type { Locator, Page } from 'playwright-core';

export interface Seen {
  /** Every layout shift that no tap or key explains. */
  shifts: number[];
  /** What assistive tech was told, in order. */
  announced: string[];
  /** Where the focus went, and whether a script put it there. */
  focused: string[];
  /** Distinct states of the answer while it was written. */
  live: string[];
}

declare global {
  interface Window {
    seen: Seen;
  }
}

/** Before the first `goto`: notes what happens from the first paint on. */
export const observe = (page: Page): Promise<unknown> =>
  page.addInitScript(() => {
    const seen: Seen = { shifts: [], announced: [], focused: [], live: [] };
    window.seen = seen;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const shift = entry as PerformanceEntry & { value: number; hadRecentInput: boolean };
        if (!shift.hadRecentInput) seen.shifts.push(shift.value);
      }
    }).observe({ type: 'layout-shift', buffered: true });
    const add = (list: string[], text: string): void => {
      if (text !== '' && list.at(-1) !== text) list.push(text);
    };
    new MutationObserver(() => {
      add(seen.announced, document.querySelector('[data-announcer]')?.textContent ?? '');
      add(seen.live, document.querySelector<HTMLElement>('[data-live] .md[data-live]')?.innerText ?? '');
    }).observe(document, { subtree: true, childList: true, characterData: true });
    const focus = HTMLElement.prototype.focus;
    HTMLElement.prototype.focus = function (...given) {
      seen.focused.push(`${this.tagName} ${this.getAttribute('aria-label') ?? ''}`.trim());
      focus.apply(this, given);
    };
  });

export const seen = (page: Page): Promise<Seen> => page.evaluate(() => window.seen);

/** The largest sum of shifts is what the vital measures; the sum of all is stricter. */
export const totalShift = async (page: Page): Promise<number> =>
  (await seen(page)).shifts.reduce((sum, value) => sum + value, 0);

/**
 * Follows a line of text on the screen, frame by frame, and answers how far it strayed while `work` went on. Only what is
 * painted counts, so the place comes from an intersection observer: it looks after everything that puts places right.
 */
export const strayOf = async (line: Locator, work: () => Promise<unknown>): Promise<number> => {
  await line.evaluate((element) => {
    const start = element.getBoundingClientRect().top;
    const state = { most: 0, frames: 0, on: true };
    const look = (): void => {
      const observer = new IntersectionObserver(([entry]) => {
        observer.disconnect();
        state.frames += 1;
        state.most = Math.max(state.most, Math.abs((entry?.boundingClientRect.top ?? Number.NaN) - start));
        if (state.on) requestAnimationFrame(look);
      });
      observer.observe(element);
    };
    look();
    Object.assign(window, { straying: state });
  });
  await work();
  return line.evaluate(() => {
    const { straying } = window as unknown as { straying: { most: number; frames: number; on: boolean } };
    straying.on = false;
    if (straying.frames < 3) throw new Error('nothing was looked at');
    return straying.most;
  });
};

/** Resolves when the element has not moved for a while. */
export const still = (element: Locator, forMs = 500): Promise<void> =>
  element.evaluate(
    (target, ms) =>
      new Promise<void>((resolve) => {
        let top = Number.NaN;
        let since = performance.now();
        const look = (): void => {
          const now = target.getBoundingClientRect().top;
          if (now !== top) since = performance.now();
          top = now;
          if (performance.now() - since >= ms) resolve();
          else requestAnimationFrame(look);
        };
        look();
      }),
    forMs,
  );

/** The next two frames have been painted. */
export const painted = (page: Page): Promise<void> =>
  page.evaluate(
    () => new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve()))),
  );

/** Skeletons and sheets come in a moment later; endless animations are not waited for. */
export const settled = (page: Page): Promise<unknown> =>
  page.evaluate(() => {
    const ending = document
      .getAnimations()
      .filter((one) => one.effect?.getComputedTiming().iterations !== Number.POSITIVE_INFINITY);
    return Promise.all(ending.map((one) => one.finished.catch(() => {})));
  });
