/** What the assistant did: one line each, more on demand, failures never hidden. */
import { answer, thinking, toolUse } from '@hearth/stand-in';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/until.ts';
import { answered, newChat, openChat, words } from './support/chat.ts';
import { type SeedMessage, seedMessages, seedTool } from './support/seed.ts';
import { storedTexts } from './support/server.ts';
import { browserMissing, startWorld, type World } from './support/world.ts';

const step = (page: Page, name: RegExp) => page.locator('.rail-step').filter({ hasText: name }).last();
const marks = (page: Page): Promise<string[]> =>
  page.locator('.rail-mark').evaluateAll((all) => all.map((one) => one.getAttribute('data-state') ?? ''));

describe.skipIf(browserMissing)('steps', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());

  it('23 a step is one line; opened it shows what went in and came out', async () => {
    const { page, faults } = await world.visit();
    world.model.script([toolUse('Bash', { command: 'uname -s', description: 'Which system' }), 'It is that.']);
    await newChat(page, 'Which system?');
    await answered(page);
    const line = step(page, /Ran uname/);
    expect((await line.boundingBox())?.height).toBeLessThanOrEqual(48);
    expect(await page.getByText('Answered').count()).toBe(0);
    await line.getByRole('button').tap();
    await line.getByLabel('Asked').getByText('uname -s').waitFor();
    await line.getByLabel('Answered').getByText('Linux').waitFor();
    expect(await line.getByRole('button', { expanded: true }).count()).toBe(1);
    await line.getByRole('button', { expanded: true }).tap();
    await page.getByLabel('Answered').waitFor({ state: 'detached' });
    expect(faults).toEqual([]);
  });

  it('23 of 5 MB the first 64 KB are shown, and the page goes on answering', async () => {
    const { page, faults } = await world.visit();
    const big = Array.from(
      { length: 70_000 },
      (_, index) => `line ${index} of something long that goes on and on\n`,
    ).join('');
    const output = big.repeat(2).slice(0, 5_000_000);
    const session = await seedMessages(
      world,
      [
        { type: 'user', content: 'Print a lot' },
        ...seedTool('toolu_big', 'Bash', { command: 'cat big.log' }, output),
        ...seedTool('toolu_small', 'Bash', { command: 'echo small' }, 'small'),
        { type: 'assistant', content: 'There it is.' },
      ],
      'Large',
    );
    await openChat(page, session);
    await step(page, /cat big\.log/)
      .getByRole('button')
      .tap();
    const box = page.getByLabel('Answered');
    await box.waitFor();
    expect(await box.evaluate((element) => element.textContent?.length)).toBeLessThanOrEqual(65_536);
    expect(await box.evaluate((element) => element.textContent?.length)).toBeGreaterThan(60_000);
    await page.getByText(/The first 66 KB of 5\.0 MB/).waitFor();
    // How long the page takes to answer a tap, with all of that on it.
    const took = await step(page, /echo small/)
      .getByRole('button')
      .evaluate((button: HTMLElement) => {
        const start = performance.now();
        button.click();
        return new Promise<number>((resolve) => {
          requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - start)));
        });
      });
    expect(took).toBeLessThanOrEqual(200 * 4);
    await page.getByLabel('Answered').nth(1).waitFor();
    await page.getByRole('button', { name: 'Get all of it' }).tap();
    await page.getByRole('button', { name: 'Save as a file' }).waitFor();
    expect(await box.first().evaluate((element) => element.textContent?.length)).toBeLessThanOrEqual(65_536);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save as a file' }).tap(),
    ]);
    const stream = await download.createReadStream();
    let bytes = 0;
    for await (const chunk of stream) bytes += (chunk as Buffer).length;
    expect(bytes).toBe(output.length);
    expect(faults).toEqual([]);
  });

  it('24 a failed step is a red square, the word, the reason and Retry', async () => {
    const { page } = await world.visit();
    world.model.script([
      toolUse('Read', { file_path: 'not-there.txt' }),
      'It is not there.',
      answer('Tried again.', { repeat: true }),
    ]);
    const session = await newChat(page, 'Read it');
    await answered(page);
    const failed = step(page, /Failed/);
    expect(await failed.locator('.rail-mark').getAttribute('data-state')).toBe('failed');
    const [color, danger] = await failed.locator('.rail-mark').evaluate((mark) => {
      const probe = document.createElement('i');
      probe.style.color = 'var(--danger)';
      mark.append(probe);
      const wanted = getComputedStyle(probe).color;
      probe.remove();
      return [getComputedStyle(mark).backgroundColor, wanted];
    });
    expect(color).toBe(danger);
    expect(
      Number.parseFloat(await failed.locator('.rail-mark').evaluate((mark) => getComputedStyle(mark).borderRadius)),
    ).toBeLessThanOrEqual(2);
    expect(await failed.innerText()).toMatch(/does not exist|not found|no such/i);
    await failed.getByRole('button', { name: 'Retry' }).tap();
    await page.getByText('Tried again.').waitFor();
    expect((await storedTexts(world, session, 'user')).at(-1)).toContain('not-there.txt');
  });

  it('24 a failure stays outside when the other steps are folded', async () => {
    const { page } = await world.visit();
    const steps: SeedMessage[] = Array.from({ length: 7 }, (_, index) =>
      seedTool(
        `toolu_f${index}`,
        'Bash',
        { command: `step number ${index}` },
        index === 3 ? 'It broke.' : 'fine',
        index === 3,
      ),
    ).flat();
    const session = await seedMessages(
      world,
      [{ type: 'user', content: 'Seven steps' }, ...steps, { type: 'assistant', content: 'Mostly done.' }],
      'Folded',
    );
    await openChat(page, session);
    await page.getByText('Mostly done.').waitFor();
    await page.getByText('Worked through').waitFor();
    expect(await page.getByText('step number 1').count()).toBe(0);
    expect(await page.getByText('step number 3').isVisible()).toBe(true);
    expect(await page.getByText('It broke.').isVisible()).toBe(true);
    await page.getByRole('button', { name: /Worked through/ }).tap();
    await page.getByText('step number 1').waitFor();
    expect(await marks(page)).toEqual(['done', 'done', 'done', 'done', 'failed', 'done', 'done', 'done']);
  });

  it('25 thinking is a closed line with the time running, and one line afterwards and after a reload', async () => {
    const { page } = await world.visit();
    const thought = words(120, 'thought');
    world.model.script([
      // Long enough that the page sees it think, and its time run, also on a busy machine.
      answer([thinking(thought), { type: 'text', text: 'I have thought.' }], { tokensPerSecond: 40 }),
    ]);
    await newChat(page, 'Think hard');
    await step(page, /Thinking/).waitFor();
    expect(await page.getByText('thought0').count()).toBe(0);
    const working = page.locator('[data-working]');
    const first = await working.innerText();
    await until('the time to run', async () => (await working.innerText()) !== first);
    await page.getByText('I have thought.').waitFor();
    await answered(page);
    const check = async (): Promise<void> => {
      const line = step(page, /Thought about it/);
      await line.waitFor();
      expect(await page.getByText('thought0').count()).toBe(0);
      await line.getByRole('button').tap();
      await line.getByText('thought0').waitFor();
    };
    await check();
    await page.reload();
    await check();
  });

  it('25 a subagent is a closed line with what it is at, its steps and time, the same after a reload', async () => {
    const { page, faults } = await world.visit();
    world.model.script(({ humanTexts, toolResults, prompt }) => {
      const inHelper =
        humanTexts.some((text) => text.includes('HELPER')) && !humanTexts.some((text) => text.includes('Delegate'));
      if (inHelper)
        return toolResults.length > 0
          ? 'The helper is done.'
          : answer(toolUse('Bash', { command: 'uname -s', description: 'Look' }), { delayMs: 800 });
      if (prompt === '' && toolResults.length === 0) return undefined;
      return toolResults.length > 0
        ? 'All delegated.'
        : toolUse('Agent', {
            description: 'look around',
            prompt: 'HELPER: look around',
            subagent_type: 'general-purpose',
            run_in_background: false,
          });
    });
    await newChat(page, 'Delegate it');
    const line = step(page, /Helper look around/);
    await line.waitFor();
    await page.getByText('All delegated.').waitFor({ timeout: 30_000 });
    await answered(page);
    const check = async (): Promise<void> => {
      await line.waitFor();
      expect(await line.getByText('uname').count()).toBe(0);
      expect(await line.innerText()).toMatch(/1 steps?, (<?\d+ s)/);
      await line.getByRole('button').first().tap();
      await line.getByText('uname -s').first().waitFor();
    };
    await check();
    await page.reload();
    await check();
    expect(faults).toEqual([]);
  });
});
