/** Words for what a person does in a chat. */
import type { Locator, Page } from 'playwright-core';

export const composer = (page: Page): Locator => page.getByRole('textbox', { name: 'Message' });
export const sendButton = (page: Page): Locator => page.getByRole('button', { name: /^Send/ });
export const transcript = (page: Page): Locator => page.locator('[data-transcript]');
export const turns = (page: Page): Locator => page.locator('[data-turn]');

export const say = async (page: Page, text: string): Promise<void> => {
  await composer(page).fill(text);
  await sendButton(page).click();
};

/** The newest message has its answer, and nothing is being written or on its way any more. */
export const answered = async (page: Page): Promise<void> => {
  await page.waitForFunction(() => {
    const newest = [...document.querySelectorAll('[data-turn]')].at(-1);
    const isQuiet = document.querySelector('[data-working], [data-outgoing]') === null;
    return isQuiet && newest?.querySelector('[data-answer], [data-state=failed], [data-state=stopped]') != null;
  });
};

export const newChat = async (page: Page, text: string): Promise<string> => {
  await page.goto('/c/new');
  await say(page, text);
  await page.waitForURL(/\/c\/[0-9a-f-]{36}$/);
  return page.url().split('/').at(-1) ?? '';
};

/** A chat that exists already, made without the browser. */
export const openChat = async (page: Page, id: string): Promise<void> => {
  await page.goto(`/c/${id}`);
  await transcript(page).waitFor();
};

/** So many different words; three of them come in one delta. */
export const words = (count: number, stem = 'word'): string =>
  Array.from({ length: count }, (_, index) => `${stem}${index}`).join(' ');

export const liveText = (page: Page): Locator => page.locator('[data-live] .md');
export const answers = (page: Page): Locator => page.locator('[data-answer]');
export const stopButton = (page: Page): Locator => page.getByRole('button', { name: 'Stop', exact: true });

/** Cards that wait for a decision. */
export const cards = (page: Page): Locator => page.locator('[data-approval]');

/** Opens everything on the rail that can be opened. */
export const openSteps = async (page: Page): Promise<void> => {
  await page.locator('.rail-step button[aria-expanded]').first().waitFor();
  const closed = page.locator('.rail-step button[aria-expanded=false]');
  while ((await closed.count()) > 0) await closed.first().tap();
};
