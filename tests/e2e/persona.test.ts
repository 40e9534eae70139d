/** The persona: what is typed is previewed and kept, saved only for new chats, and never written over unseen. */
import { personaSchema } from '@hearth/contract';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserMissing, startWorld, type World } from './support/world.ts';

describe.skipIf(browserMissing)('the persona', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());

  const stored = async () => personaSchema.parse((await world.harness.json('/api/v1/persona')).body);
  const elsewhere = (change: object) => world.harness.json('/api/v1/persona', change, 'PUT');
  const field = (page: Page, name: string) => page.getByRole('textbox', { name, exact: true });
  const save = (page: Page) => page.getByRole('button', { name: 'Save' });

  it('is previewed while it is typed, kept over a reload, saved, and changed back', async () => {
    const { page, faults, strangers } = await world.visit();
    await page.goto('/persona');
    await field(page, 'Name').waitFor();
    expect(await save(page).isDisabled()).toBe(true);
    await field(page, 'Name').fill('Ada');
    await page.getByLabel('Tone').selectOption('formal');
    await page.getByRole('region', { name: 'Preview' }).getByText('You are Ada').waitFor();
    await page.getByText(/About \d+ tokens in each chat/).waitFor();
    await page.getByText('Reaches new chats only').waitFor();
    await page.reload();
    expect(await field(page, 'Name').inputValue()).toBe('Ada');
    await save(page).tap();
    await page.getByText('Saved for new chats').waitFor();
    expect(await stored()).toMatchObject({ name: 'Ada', formality: 'formal' });
    await field(page, 'Name').fill('Eve');
    await save(page).tap();
    await page.getByText('Changed: Name').waitFor();
    await page
      .getByRole('button', { name: /^Go back to version/ })
      .first()
      .tap();
    await page.getByText('Changed back for new chats').waitFor();
    expect((await stored()).name).toBe('Ada');
    expect(await field(page, 'Name').inputValue()).toBe('Ada');
    expect(faults).toEqual([]);
    expect(strangers).toEqual([]);
  });

  it('shows both when it was changed elsewhere, and overwrites nothing', async () => {
    await elsewhere({ name: 'Hearth', personality: null });
    const { page } = await world.visit();
    await page.goto('/persona');
    await field(page, 'Personality').fill('Patient');
    await elsewhere({ personality: 'Short of patience' });
    await save(page).tap();
    const compare = page.getByRole('region', { name: 'Changed elsewhere' });
    await compare.getByText('Short of patience').waitFor();
    await compare.getByText('Patient', { exact: true }).waitFor();
    expect((await stored()).personality).toBe('Short of patience');
    expect(await save(page).isDisabled()).toBe(true);
    await compare.getByRole('button', { name: 'Go on with mine' }).tap();
    await save(page).tap();
    await page.getByText('Saved for new chats').waitFor();
    expect((await stored()).personality).toBe('Patient');
  });
});
