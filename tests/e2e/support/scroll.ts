/** Moving through a transcript the way a finger does. */
import type { Locator, Page } from 'playwright-core';
import { transcript } from './chat.ts';

const steps = 10;
/** What a browser takes for a tap before it believes in a drag. */
const slop = 16;
const restMs = 150;

/** Drags the text with a finger that then stays where it is: positive goes towards older text. */
export const drag = async (page: Page, distance: number): Promise<void> => {
  const box = await transcript(page).boundingBox();
  if (!box) throw new Error('there is no transcript');
  const client = await page.context().newCDPSession(page);
  const x = box.x + box.width / 2;
  const most = box.height - 80;
  for (let left = distance; left !== 0; ) {
    const part = Math.sign(left) * Math.min(Math.abs(left), most);
    const from = part > 0 ? box.y + 40 : box.y + box.height - 40;
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', y?: number): Promise<unknown> =>
      client.send('Input.dispatchTouchEvent', { type, touchPoints: y === undefined ? [] : [{ x, y }] });
    await touch('touchStart', from);
    const way = part + Math.sign(part) * slop;
    for (let step = 1; step <= steps; step += 1) await touch('touchMove', from + (way * step) / steps);
    // The finger rests before it leaves the glass, or the text would go on flying.
    await page.waitForTimeout(restMs);
    await touch('touchMove', from + way);
    await touch('touchEnd');
    left -= part;
  }
  await client.detach();
};

/** As it is painted: between two frames a line may have come after which nothing was put right yet. */
export const toEndDistance = (page: Page): Promise<number> =>
  transcript(page).evaluate(
    (box) =>
      new Promise<number>((resolve) => {
        const observer = new IntersectionObserver(() => {
          observer.disconnect();
          resolve(box.scrollHeight - box.clientHeight - box.scrollTop);
        });
        observer.observe(box);
      }),
  );

let pins = 0;

/** The first of these that begins on the screen, at least some way below its upper edge; the very same one later on. */
export const onScreen = async (page: Page, parts: Locator): Promise<Locator> => {
  const box = await transcript(page).boundingBox();
  pins += 1;
  const found = await parts.evaluateAll(
    (all, { from, to, pin }) => {
      const part = all.find((one) => {
        const { top } = one.getBoundingClientRect();
        return top > from && top < to;
      });
      part?.setAttribute('data-pin', pin);
      return part !== undefined;
    },
    { from: (box?.y ?? 0) + 20, to: (box?.y ?? 0) + (box?.height ?? 0) - 40, pin: String(pins) },
  );
  if (!found) throw new Error('nothing of it is on the screen');
  return page.locator(`[data-pin="${pins}"]`);
};
