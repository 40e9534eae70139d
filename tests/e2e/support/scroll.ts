/** Moving through a transcript the way a finger does. */
import type { Locator, Page } from 'playwright-core';
import { transcript } from './chat.ts';

/** Drags the text: positive goes towards older text. */
export const drag = async (page: Page, distance: number): Promise<void> => {
  const box = await transcript(page).boundingBox();
  if (!box) throw new Error('there is no transcript');
  const client = await page.context().newCDPSession(page);
  await client.send('Input.synthesizeScrollGesture', {
    x: box.x + box.width / 2,
    y: box.y + box.height / 2,
    yDistance: distance,
    gestureSourceType: 'touch',
    preventFling: true,
    speed: 2_000,
  });
  await client.detach();
};

export const toEndDistance = (page: Page): Promise<number> =>
  transcript(page).evaluate((box) => box.scrollHeight - box.clientHeight - box.scrollTop);

/** The first of these that begins on the screen, at least some way below its upper edge. */
export const onScreen = async (page: Page, parts: Locator): Promise<Locator> => {
  const box = await transcript(page).boundingBox();
  const tops = await parts.evaluateAll((all) => all.map((part) => part.getBoundingClientRect().top));
  const index = tops.findIndex((top) => box !== null && top > box.y + 20 && top < box.y + box.height - 40);
  if (index < 0) throw new Error('nothing of it is on the screen');
  return parts.nth(index);
};
