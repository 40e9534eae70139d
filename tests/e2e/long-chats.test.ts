/** Two thousand turns, and an answer of a hundred thousand characters. */
import { answer } from '@hearth/stand-in';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/until.ts';
import { answered, answers, composer, newChat, openChat, say, transcript, turns } from './support/chat.ts';
import { painted } from './support/observe.ts';
import { toEndDistance } from './support/scroll.ts';
import { type SeedMessage, seedMessages, seedTool, variedTurns } from './support/seed.ts';
import { emptyChat, storedTexts } from './support/server.ts';
import { browserMissing, startWorld, type World } from './support/world.ts';

const turnCount = 2_000;
const mostNodes = 6_000;
const nodes = (page: Page): Promise<number> => page.evaluate(() => document.getElementsByTagName('*').length);

/** Every tenth turn has steps as well. */
const history = (): SeedMessage[] =>
  variedTurns(turnCount).flatMap(({ said, answered: text }, index) => [
    { type: 'user', content: said },
    ...(index % 10 === 0 ? seedTool(`toolu_${index}`, 'Bash', { command: `step ${index}` }, `out ${index}`) : []),
    { type: 'assistant', content: text },
  ]);

/** An answer in blocks of every kind. */
const hugeAnswer = (chars: number): string => {
  const blocks: string[] = [];
  for (let index = 0; blocks.join('\n\n').length < chars && index < 5_000; index += 1) {
    blocks.push(
      `## Part ${index}`,
      `Some **bold** and \`code\` of part ${index}, and a [link](https://example.com/${index}). `.repeat(6),
      `- one of ${index}\n- two of ${index}\n- three`,
    );
    if (index % 10 === 0) blocks.push(`\`\`\`js\nconst part = ${index};\nconsole.log(part);\n\`\`\``);
  }
  return blocks.join('\n\n').slice(0, chars);
};

describe.skipIf(browserMissing)('long chats', () => {
  let world: World;
  let session: string;
  beforeAll(async () => {
    world = await startWorld();
    session = await seedMessages(world, history(), 'Two thousand turns');
  });
  afterAll(() => world.close());

  it('14 two thousand turns: usable at once, few nodes, at the newest one', async () => {
    const { page, faults } = await world.visit();
    const start = performance.now();
    await openChat(page, session);
    await page.getByText(`Question ${turnCount - 1}`, { exact: true }).waitFor();
    await composer(page).fill('Usable');
    expect(performance.now() - start).toBeLessThanOrEqual(1_500 * 4);
    expect(await nodes(page)).toBeLessThanOrEqual(mostNodes);
    expect(await toEndDistance(page)).toBeLessThanOrEqual(48);
    world.model.script(['The two thousand and first.']);
    await say(page, 'And another');
    await page.getByText('The two thousand and first.').waitFor();
    await answered(page);
    expect(faults).toEqual([]);
  });

  it('14 the page header asks for the same messages as the app, and nobody asks twice', async () => {
    const { page } = await world.visit();
    world.line.asked.length = 0;
    await openChat(page, session);
    await page.getByText(`Question ${turnCount - 1}`, { exact: true }).waitFor();
    const askedFor = world.line.asked.filter((one) => one.includes(`/sessions/${session}/messages`));
    expect(askedFor).toHaveLength(1);
    expect(world.line.asked.filter((one) => one.endsWith('/auth/me'))).toHaveLength(1);
  });

  it('14 what is said between the answer asked for ahead and the first look at it is there too', async () => {
    const { page, faults } = await world.visit();
    // A slow device: the stream stands long before the screen of the chat does.
    await page.addInitScript(() => {
      const post = MessagePort.prototype.postMessage as (...given: unknown[]) => void;
      MessagePort.prototype.postMessage = function (...given: unknown[]) {
        setTimeout(() => post.apply(this, given), 200);
      };
    });
    world.model.script([answer('Said meanwhile.', { repeat: true })]);
    const fresh = await emptyChat(world);
    const release = world.line.holdBack('GET', /\/_next\/static\/chunks\/.*\.js/);
    const ahead = page.waitForResponse(/\/messages\?/);
    await page.goto(`/c/${fresh}`, { waitUntil: 'commit' });
    await (await ahead).finished();
    await world.harness.client.sessions.send(fresh, { prompt: 'While it comes up' });
    await until('the answer', async () => (await storedTexts(world, fresh, 'assistant')).length === 1, 20_000);
    release();
    await answers(page).waitFor();
    expect(await turns(page).count()).toBe(1);
    expect(await page.locator('[data-message-text]').allTextContents()).toEqual(['While it comes up']);
    expect(faults).toEqual([]);
  });

  it('14 scrolling up brings one page after the other, in order and without a gap', async () => {
    const { page, faults } = await world.visit();
    await openChat(page, session);
    await page.getByText(`Question ${turnCount - 1}`, { exact: true }).waitFor();
    for (let round = 1; round <= 8; round += 1) {
      const before = await turns(page).count();
      await transcript(page).evaluate((box) => {
        box.scrollTop = 0;
      });
      await until(`page ${round}`, async () => (await turns(page).count()) > before, 10_000);
      await painted(page);
    }
    const numbers = (await page.locator('[data-message-text]').allTextContents())
      .filter((text) => text.startsWith('Question'))
      .map((text) => Number(text.slice('Question '.length)));
    expect(numbers.length).toBeGreaterThan(200);
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, index) => turnCount - numbers.length + index));
    expect(faults).toEqual([]);
  });

  it('14 the same chat from memory and after a reload is as small again', async () => {
    const { page } = await world.visit();
    await openChat(page, session);
    await page.getByText(`Question ${turnCount - 1}`, { exact: true }).waitFor();
    for (const way of ['reload', 'again'] as const) {
      if (way === 'reload') await page.reload();
      else {
        await page.getByRole('button', { name: 'Back' }).tap();
        await page.getByRole('link', { name: /Two thousand turns/ }).tap();
      }
      await page.getByText(`Question ${turnCount - 1}`, { exact: true }).waitFor();
      expect(await nodes(page)).toBeLessThanOrEqual(mostNodes);
    }
  });

  it('12 an answer of 100,000 characters streams to its end, and the page answers meanwhile', async () => {
    const { page, faults } = await world.visit();
    const text = hugeAnswer(100_000);
    world.model.script([answer(text, { tokensPerSecond: 6_000 })]);
    await newChat(page, 'Tell me everything');
    await page.locator('[data-live] .md').first().waitFor();
    // How late a tick comes while words stream in: what a finger would wait for.
    await page.evaluate(() => {
      const state = { latest: 0, last: performance.now() };
      Object.assign(window, { ticks: state });
      setInterval(() => {
        const now = performance.now();
        state.latest = Math.max(state.latest, now - state.last - 20);
        state.last = now;
      }, 20);
    });
    await composer(page).fill('Typed meanwhile');
    await answers(page).waitFor({ timeout: 50_000 });
    await answered(page);
    const latest = await page.evaluate(() => (window as unknown as { ticks: { latest: number } }).ticks.latest);
    expect(latest).toBeLessThanOrEqual(200 * 4);
    expect(await composer(page).inputValue()).toBe('Typed meanwhile');
    const shown = (await answers(page).textContent()) ?? '';
    const parts = text.match(/## Part \d+/g)?.length ?? 0;
    expect(shown.match(/Part \d+Some/g)?.length).toBeGreaterThanOrEqual(parts - 1);
    expect(await page.getByRole('button', { name: 'Stop', exact: true }).count()).toBe(0);
    expect(faults).toEqual([]);
  });

  it('12 a message of 100,000 characters can be sent and read', async () => {
    const { page, faults } = await world.visit();
    world.model.script(['That was long.']);
    const text = 'x y '.repeat(24_999);
    await newChat(page, text);
    await page.getByText('That was long.').waitFor({ timeout: 30_000 });
    expect((await page.locator('[data-message-text]').textContent())?.length).toBe(text.trim().length);
    expect(faults).toEqual([]);
  });
});
