/** What is being read stays where it is. */
import { answer } from '@hearth/stand-in';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/until.ts';
import { answered, liveText, newChat, openChat, say, transcript, turns, words } from './support/chat.ts';
import { painted, still, strayOf } from './support/observe.ts';
import { drag, onScreen, toEndDistance } from './support/scroll.ts';
import { seedChat, variedTurns } from './support/seed.ts';
import { browserMissing, startWorld, type Visit, type World } from './support/world.ts';

const paragraphs = (count: number): string =>
  Array.from({ length: count }, (_, index) => words(30, `p${index}w`)).join('\n\n');

const startReading = async (world: World, options?: { desktop?: boolean }): Promise<Visit> => {
  const visit = await world.visit(options);
  world.model.script([answer(paragraphs(60), { tokensPerSecond: 300 })]);
  await newChat(visit.page, 'Tell me a very long one');
  await until(
    'more than a screen of text',
    async () =>
      (
        await liveText(visit.page)
          .innerText()
          .catch(() => '')
      ).includes('p14w'),
    20_000,
  );
  return visit;
};

describe.skipIf(browserMissing)('scrolling', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());

  it('13 scrolled up 200 px while the answer grows, the line holds for 3 s; Latest leads back and follows', async () => {
    const { page, faults } = await startReading(world);
    const latest = page.getByRole('button', { name: 'Latest' });
    expect(await latest.count()).toBe(0);
    expect(await toEndDistance(page)).toBeLessThanOrEqual(48);
    await drag(page, 200);
    const line = await onScreen(page, page.locator('[data-live] .md > *'));
    await still(line, 100);
    const heightBefore = await transcript(page).evaluate((box) => box.scrollHeight);
    const stray = await strayOf(line, () => page.waitForTimeout(3_000));
    expect(await transcript(page).evaluate((box) => box.scrollHeight)).toBeGreaterThan(heightBefore + 100);
    expect(stray).toBeLessThanOrEqual(2);
    await latest.tap();
    await until('the end', async () => (await toEndDistance(page)) <= 2);
    const words1 = (await liveText(page).innerText()).length;
    await until('more words', async () => (await liveText(page).innerText()).length > words1 + 500, 15_000);
    expect(await toEndDistance(page)).toBeLessThanOrEqual(48);
    expect(await latest.count()).toBe(0);
    expect(faults).toEqual([]);
  });

  it('13 the end of the answer does not move what is being read either', async () => {
    const { page } = await startReading(world);
    await drag(page, 400);
    const line = await onScreen(page, page.locator('[data-live] .md > *'));
    const text = (await line.innerText()).slice(0, 20);
    await still(line, 100);
    const top = (await line.boundingBox())?.y ?? Number.NaN;
    await answered(page);
    await painted(page);
    const after = page.locator('[data-answer] .md > *').filter({ hasText: text }).first();
    expect(Math.abs(((await after.boundingBox())?.y ?? Number.NaN) - top)).toBeLessThanOrEqual(2);
  });

  it('13 what the keyboard has reached is not scrolled away while the answer grows', async () => {
    const { page } = await world.visit({ desktop: true });
    world.model.script([answer(paragraphs(60), { tokensPerSecond: 300 })]);
    await newChat(page, 'Tell me a very long one');
    const more = page.getByRole('button', { name: 'More for this message' });
    while (!(await more.evaluate((element) => element.matches(':focus-visible'))))
      await page.keyboard.press('Shift+Tab');
    await page.getByText(/p19w/).waitFor();
    await painted(page);
    const above = (await transcript(page).boundingBox())?.y ?? Number.NaN;
    expect((await more.boundingBox())?.y).toBeGreaterThanOrEqual(above);
    await page.getByRole('button', { name: 'Latest' }).waitFor();
  });

  it('14 an older page comes without moving the line that is read', async () => {
    const { page, faults } = await world.visit();
    const session = await seedChat(world, variedTurns(150));
    await openChat(page, session);
    // Safari has no anchoring of its own.
    await page.addStyleTag({ content: '* { overflow-anchor: none !important }' });
    await page.getByText('Question 149', { exact: true }).waitFor();
    const first = await turns(page).count();
    expect(first).toBeLessThan(60);
    for (const round of [1, 2]) {
      world.line.delay(400);
      const before = await turns(page).count();
      await transcript(page).evaluate((box) => {
        box.scrollTop = 250;
      });
      await painted(page);
      const line = await onScreen(page, page.locator('[data-message-text]'));
      const said = await line.innerText();
      await still(line, 100);
      const stray = await strayOf(line, () =>
        until(`older page ${round}`, async () => (await turns(page).count()) > before, 10_000).then(() => still(line)),
      );
      expect(stray).toBeLessThanOrEqual(2);
      expect(await (await onScreen(page, page.locator('[data-message-text]'))).innerText()).toBe(said);
      world.line.delay(0);
    }
    const numbers = (await page.locator('[data-message-text]').allTextContents()).map((text) => Number(text.slice(9)));
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, index) => 150 - numbers.length + index));
    expect(faults).toEqual([]);
  });

  it('13 opening a step does not move the line under the finger', async () => {
    const { page } = await world.visit();
    const blocks = (id: string): object[] => [
      { type: 'tool_use', id, name: 'Read', input: { file_path: 'a/b/c.txt' } },
    ];
    const session = await seedChat(
      world,
      Array.from({ length: 20 }, (_, index) => ({ said: `Question ${index}`, answered: blocks(`toolu_${index}`) })),
    );
    await openChat(page, session);
    await page.getByText('Question 19', { exact: true }).waitFor();
    await drag(page, 300);
    const step = await onScreen(page, page.locator('.rail-step button[aria-expanded]'));
    await still(step, 100);
    const stray = await strayOf(step, async () => {
      await step.tap();
      await page.getByText('Asked').waitFor();
      await painted(page);
    });
    expect(stray).toBeLessThanOrEqual(2);
  });

  it('13 back in a chat, its place is kept; an own message goes to the end again', async () => {
    const { page } = await world.visit();
    const one = await seedChat(world, variedTurns(40), 'The first one');
    const other = await seedChat(world, variedTurns(40), 'The other one');
    await openChat(page, one);
    await page.getByText('Question 39', { exact: true }).waitFor();
    await drag(page, 900);
    const line = await onScreen(page, page.locator('[data-message-text]'));
    const said = await line.innerText();
    await still(line, 200);
    const top = (await line.boundingBox())?.y ?? Number.NaN;
    await page.getByRole('button', { name: 'Back' }).tap();
    await page.getByRole('link', { name: /The other one/ }).tap();
    await page.waitForURL(`**/c/${other}`);
    await page.getByText('Question 39', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Back' }).tap();
    await page.getByRole('link', { name: /The first one/ }).tap();
    const same = page.locator('[data-message-text]').filter({ hasText: new RegExp(`^${said}$`) });
    await same.waitFor();
    await until('the place', async () => Math.abs(((await same.boundingBox())?.y ?? 1e6) - top) <= 2);
    world.model.script(['Here is the newest.']);
    await say(page, 'And now?');
    await page.getByText('Here is the newest.').waitFor();
    await answered(page);
    expect(await toEndDistance(page)).toBeLessThanOrEqual(48);
  });

  it('13 also in the middle of an answer that is longer than the screen', async () => {
    const { page } = await world.visit();
    const long = Array.from({ length: 12 }, (_, index) => ({ said: `Question ${index}`, answered: paragraphs(20) }));
    const session = await seedChat(world, long, 'Long answers');
    await openChat(page, session);
    await page.getByText('Question 11', { exact: true }).waitFor();
    await drag(page, 600);
    await drag(page, 600);
    const line = await onScreen(page, page.locator('[data-answer] .md > p'));
    await still(line, 200);
    const top = (await line.boundingBox())?.y ?? Number.NaN;
    const text = await line.innerText();
    const turn = await line.evaluate((part) => part.closest('[data-turn]')?.getAttribute('data-turn'));
    await page.getByRole('button', { name: 'Back' }).tap();
    await page.getByRole('link', { name: /Long answers/ }).tap();
    const same = page.locator(`[data-turn="${turn}"] .md > p`).filter({ hasText: text });
    await same.waitFor();
    await until('the place', async () => Math.abs(((await same.boundingBox())?.y ?? 1e6) - top) <= 2);
    await still(same, 300);
    expect(Math.abs(((await same.boundingBox())?.y ?? 1e6) - top)).toBeLessThanOrEqual(2);
  });
});
