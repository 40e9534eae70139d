/** Point 33 of the app: memories are seen, searched, added, corrected and forgotten, each with a way back or a question. */
import { memoryListSchema } from '@hearth/contract';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../support/until.ts';
import { newChat } from './support/chat.ts';
import { browserMissing, startWorld, type World } from './support/world.ts';

describe.skipIf(browserMissing)('33: memory', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ HEARTH_MEMORY: 'on', HEARTH_LEARN_SECONDS: '0' });
  });
  afterEach(async () => void (await world.harness.json('/api/v1/memories', undefined, 'DELETE')));
  afterAll(() => world.close());

  const seed = async (text: string, metadata: object = {}): Promise<void> => {
    const body = { messages: text, infer: false, metadata };
    expect((await world.harness.json('/api/v1/memories', body)).status).toBe(201);
  };
  const texts = async (): Promise<string[]> => {
    const { body } = await world.harness.json('/api/v1/memories');
    return memoryListSchema.parse(body).memories.map(({ memory }) => memory);
  };
  const row = (page: Page, text: string) => page.getByRole('link', { name: text });
  const memories = (page: Page) => page.getByRole('list', { name: 'Memories' });

  it('begins with how it starts; one is added, found by words and by category', async () => {
    const { page, strangers, faults } = await world.visit();
    await page.goto('/settings');
    await page.getByRole('link', { name: /^Memory/ }).tap();
    await page.getByText('Nothing remembered yet').waitFor();
    await page.getByRole('link', { name: 'Add the first one' }).tap();
    await page.getByRole('textbox', { name: 'What should be remembered?' }).fill('The boiler is off on Sundays');
    await page.getByRole('textbox', { name: 'Category' }).fill('home');
    await page.getByRole('button', { name: 'Remember it' }).tap();
    await page.getByText('Remembered 1 thing').waitFor();
    await row(page, 'The boiler is off on Sundays').waitFor();
    expect(await texts()).toEqual(['The boiler is off on Sundays']);
    await seed('Anna plays the cello', { category: 'people' });
    await page.reload();
    await row(page, 'Anna plays the cello').waitFor();
    await page.getByRole('button', { name: 'Home 1' }).tap();
    await row(page, 'Anna plays the cello').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'All 2' }).tap();
    await page.getByRole('searchbox').fill('cello');
    const found = page.getByRole('list', { name: 'Found memories' });
    await found.getByRole('link', { name: 'Anna plays the cello' }).waitFor();
    expect(strangers).toEqual([]);
    expect(faults).toEqual([]);
  });

  it('is corrected, with the old words in its history', async () => {
    await seed('Anna lives in Lisbon');
    const { page } = await world.visit();
    await page.goto('/memory');
    await row(page, 'Anna lives in Lisbon').tap();
    await page.getByRole('button', { name: 'Correct' }).tap();
    const field = page.getByRole('textbox', { name: 'What is right' });
    expect(await field.inputValue()).toBe('Anna lives in Lisbon');
    await field.fill('Anna lives in Porto');
    await page.getByRole('button', { name: 'Save the correction' }).tap();
    await page.getByRole('heading', { name: 'How it came to be' }).waitFor();
    const history = page.getByRole('listitem').filter({ hasText: 'Anna lives in Lisbon' });
    await history.getByText('Remembered').waitFor();
    expect(await texts()).toEqual(['Anna lives in Porto']);
    await page.getByRole('button', { name: 'Back' }).tap();
    await row(page, 'Anna lives in Porto').getByText('Corrected').waitFor();
  });

  it('is deleted with Undo: nothing goes before it is too late to undo', async () => {
    await seed('The spare key is at Ines');
    const { page } = await world.visit();
    await page.clock.install();
    await page.goto('/memory');
    await row(page, 'The spare key is at Ines').tap();
    await page.getByRole('button', { name: 'Delete' }).tap();
    await page.getByText('Memory deleted').waitFor();
    await page.getByText('Nothing remembered yet').waitFor();
    await page.getByRole('button', { name: 'Undo' }).tap();
    await row(page, 'The spare key is at Ines').waitFor();
    await page.clock.runFor(10_000);
    expect(await texts()).toEqual(['The spare key is at Ines']);

    await row(page, 'The spare key is at Ines').tap();
    await page.getByRole('button', { name: 'Delete' }).tap();
    await page.getByText('Memory deleted').waitFor();
    expect(await texts()).toHaveLength(1);
    await page.clock.runFor(10_000);
    await until('the memory to be gone', async () => (await texts()).length === 0);
    expect(await row(page, 'The spare key is at Ines').count()).toBe(0);
  });

  it('all go at once only when the word is typed', async () => {
    await seed('One');
    await seed('Two');
    const { page } = await world.visit();
    await page.goto('/memory/settings');
    const button = page.getByRole('button', { name: 'Delete all memories' });
    await button.waitFor();
    expect(await button.isDisabled()).toBe(true);
    const field = page.getByRole('textbox', { name: /to delete all memories/ });
    await field.fill('forge');
    await field.press('Enter');
    expect(await button.isDisabled()).toBe(true);
    expect(await texts()).toHaveLength(2);
    await field.fill('forget');
    await button.tap();
    await page.getByText('Everything is forgotten').waitFor();
    expect(await texts()).toEqual([]);
    await page.getByRole('button', { name: 'Back' }).tap();
    await page.getByText('Nothing remembered yet').waitFor();
  });

  it('says so when meaning is not searched, before and after a search', async () => {
    await seed('Anna plays the cello');
    const { page } = await world.visit();
    // The parts of the server are all up here: what it would say without one of them is put into its answers.
    await page.route('**/api/v1/health', async (route) => {
      const answer = await route.fetch();
      await route.fulfill({
        response: answer,
        json: { ...(await answer.json()), degraded_features: ['semantic_search'] },
      });
    });
    await page.route('**/api/v1/memories/search', async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, json: { ...(await answer.json()), degraded: ['meaning'] } });
    });
    await page.goto('/memory');
    const line = page.getByText('Meaning search is off; matching words instead');
    await line.waitFor();
    await page.getByRole('searchbox').fill('cello');
    await page.getByRole('list', { name: 'Found memories' }).waitFor();
    expect(await line.count()).toBe(1);
  });

  it('can be read without a network, and says why nothing can be changed', async () => {
    await seed('Anna plays the cello');
    const { page } = await world.visit();
    await page.goto('/memory');
    await memories(page).waitFor();
    // The files of the app are there, as they are after an earlier visit; the server is not.
    await page.route('**/api/**', (route) => route.abort());
    world.line.cut();
    await page.reload();
    await row(page, 'Anna plays the cello').waitFor();
    await page.getByText(/Adding and changing need a connection/).waitFor();
    await page.getByText(/^As of /).waitFor();
  });

  it('marks the answer that used it, also after a reload, and leads from there to where it can be corrected', async () => {
    await seed('Allergic to peanuts');
    const { page } = await world.visit();
    await newChat(page, 'May I eat peanuts?');
    const chip = page.getByRole('button', { name: 'Used 1 memory' });
    await chip.waitFor();
    await page.reload();
    await chip.tap();
    await page.getByRole('dialog').getByRole('link', { name: 'Allergic to peanuts' }).tap();
    await page.waitForURL(/\/memory\/[0-9a-f-]{36}$/);
    await page.getByRole('button', { name: 'Correct' }).waitFor();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('are kept for as many days as is said, by category', async () => {
    await seed('Anna plays the cello', { category: 'people' });
    const { page, faults } = await world.visit();
    const rules = async (): Promise<string> =>
      JSON.stringify((await world.harness.client.memories.settings()).retention);
    onTestFinished(async () => void (await world.harness.client.memories.updateSettings({ retention: {} })));
    await page.goto('/memory/settings');
    const all = page.getByRole('combobox', { name: 'All memories' });
    const people = page.getByRole('combobox', { name: 'People', exact: true });
    await people.selectOption('Keep for some days');
    const days = page.getByRole('textbox', { name: 'Days for People' });
    for (const wrong of ['0', '36501', '1.5', 'a week']) {
      await days.fill(wrong);
      await days.press('Enter');
      await page.getByText('Whole days, from 1 to 36,500.').waitFor();
      expect(await days.getAttribute('aria-invalid')).toBe('true');
    }
    expect(await rules()).toBe('{}');
    await days.fill('30');
    await page.getByRole('button', { name: 'Save' }).tap();
    await page.getByText('People: kept for 30 days').waitFor();
    expect(await rules()).toBe('{"people":30}');
    await people.selectOption('Keep for ever');
    await until('that they are kept for ever', async () => (await rules()) === '{"people":null}');
    await all.selectOption('Keep for some days');
    await page.getByRole('textbox', { name: 'Days for All memories' }).fill('365');
    await page.getByRole('button', { name: 'Save' }).tap();
    await page.getByText('All memories: kept for 365 days').waitFor();
    await page.reload();
    await until('the rules', async () => (await people.inputValue()) === 'ever' && (await all.inputValue()) === 'days');
    await people.selectOption('As for all');
    await until('the rule to be gone', async () => (await rules()) === '{"*":365}');
    await page.route('**/api/v1/memories/settings', (route) => route.abort());
    await all.selectOption('Keep for ever');
    await page.getByRole('listitem').getByText('The server cannot be reached').waitFor();
    expect(await all.inputValue()).toBe('days');
    expect(await rules()).toBe('{"*":365}');
    expect(faults).toEqual([]);
  });
});
