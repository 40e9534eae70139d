/** Chats of which nothing is remembered: switched on before the first message, later, and by a key. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/until.ts';
import { answered, newChat, openChat, say } from './support/chat.ts';
import { emptyChat } from './support/server.ts';
import { browserMissing, startWorld, type World } from './support/world.ts';

const line = (page: Page) => page.getByText('Off the record: nothing is remembered or recalled.');
const used = (page: Page) => page.getByRole('button', { name: 'Used 1 memory' });
const about = (page: Page) => page.getByRole('button', { name: 'About this chat' });
const theSwitch = (page: Page) => page.getByRole('dialog').getByRole('switch', { name: 'Off the record' });
const close = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Close' }).tap();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
};

describe.skipIf(browserMissing)('off the record', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ HEARTH_MEMORY: 'on' });
    await world.harness.json('/api/v1/memories', { messages: 'Allergic to peanuts', infer: false });
  });
  afterAll(() => world.close());

  const isOff = async (page: Page): Promise<boolean> =>
    (await world.harness.client.sessions.get(page.url().split('/').at(-1) ?? '')).off_record;

  it('is chosen before the first message, stays, says so all the time, and can be ended', async () => {
    const { page, faults } = await world.visit();
    await page.goto('/c/new');
    await about(page).tap();
    await theSwitch(page).tap();
    await close(page);
    await line(page).waitFor();
    await say(page, 'May I eat peanuts?');
    await page.waitForURL(/\/c\/[0-9a-f-]{36}$/);
    await answered(page);
    expect(await isOff(page)).toBe(true);
    expect(await used(page).count()).toBe(0);
    await page.reload();
    await line(page).waitFor();
    await about(page).tap();
    expect(await theSwitch(page).isChecked()).toBe(true);
    await theSwitch(page).tap();
    await line(page).waitFor({ state: 'detached' });
    expect(await isOff(page)).toBe(false);
    await close(page);
    await say(page, 'And now, may I eat peanuts?');
    await used(page).waitFor();
    expect(faults).toEqual([]);
  });

  it('also holds when the first message is one of those that are offered', async () => {
    const { page } = await world.visit();
    await page.goto('/c/new');
    await about(page).tap();
    await theSwitch(page).tap();
    await close(page);
    await page.getByRole('button', { name: /^(What can you do here\?|List the files here)$/ }).tap();
    await page.waitForURL(/\/c\/[0-9a-f-]{36}$/);
    expect(await isOff(page)).toBe(true);
    await page.goto('/c/new');
    await page.getByRole('textbox', { name: 'Message' }).waitFor();
    expect(await line(page).count()).toBe(0);
  });

  it('is switched with the keyboard in a chat that exists, and goes back when it could not be saved', async () => {
    const { page } = await world.visit({ desktop: true });
    const session = await emptyChat(world);
    await openChat(page, session);
    await about(page).click();
    await theSwitch(page).press('Space');
    await line(page).waitFor();
    expect(await isOff(page)).toBe(true);
    await page.route(`**/api/v1/sessions/${session}`, (route) => route.abort());
    await theSwitch(page).press('Space');
    await page.getByRole('dialog').getByRole('alert').waitFor();
    expect(await theSwitch(page).isChecked()).toBe(true);
    expect(await isOff(page)).toBe(true);
  });

  it('is a property of a key: marked in the list, and in every chat with it', async () => {
    const { page } = await world.visit();
    await page.goto('/settings/keys');
    await page.getByRole('textbox', { name: 'Name' }).fill('guest room');
    await page.getByRole('switch', { name: 'Off the record' }).tap();
    await page.getByRole('button', { name: 'Make the key' }).tap();
    await page.getByText('Copy this key now').waitFor();
    const row = page.getByRole('listitem').filter({ hasText: 'guest room' });
    await row.getByText('Off the record').waitFor();
    expect(await page.getByRole('switch', { name: 'Off the record' }).isChecked()).toBe(false);
    const key = await page.locator('p.font-mono').first().innerText();
    const { page: guest } = await world.visit({ key });
    await newChat(guest, 'May I eat peanuts?');
    await line(guest).waitFor();
    await answered(guest);
    expect(await used(guest).count()).toBe(0);
    await about(guest).tap();
    await until('the switch to be fixed', async () => theSwitch(guest).isDisabled());
    expect(await theSwitch(guest).isChecked()).toBe(true);
  });
});
