/** Themes, motion, forced colours, and everything by keyboard alone. */
import { answer, toolUse } from '@hearth/stand-in';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/until.ts';
import { axeFaults } from './support/axe.ts';
import { answered, cards, composer, liveText, newChat, openChat, stopButton, words } from './support/chat.ts';
import { painted, settled, still } from './support/observe.ts';
import { seedChat, seedMessages, seedTool, variedTurns } from './support/seed.ts';
import { emptyChat } from './support/server.ts';
import { browserMissing, startWorld, type World } from './support/world.ts';

const background = (page: Page): Promise<string> =>
  page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);

/** How bright each painted frame is on average, 0 to 255, in the order they were painted. */
const brightnessOf = (page: Page, frames: readonly string[]): Promise<number[]> =>
  page.evaluate(async (all) => {
    const found: number[] = [];
    for (const frame of all) {
      const bytes = Uint8Array.from(atob(frame), (letter) => letter.charCodeAt(0));
      const picture = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
      const canvas = new OffscreenCanvas(1, 1);
      const context = canvas.getContext('2d');
      context?.drawImage(picture, 0, 0, 1, 1);
      const [r = 0, g = 0, b = 0] = context?.getImageData(0, 0, 1, 1).data ?? [];
      found.push((r + g + b) / 3);
    }
    return found;
  }, frames);

const tabTo = async (
  page: Page,
  name: string | RegExp,
  role: 'button' | 'textbox' | 'link' | 'searchbox' = 'button',
): Promise<void> => {
  for (let press = 0; press < 60; press += 1) {
    await page.keyboard.press('Tab');
    await painted(page);
    const focused = page.locator(':focus');
    await expectSeen(page);
    if ((await page.getByRole(role, { name }).and(focused).count()) > 0) return;
  }
  throw new Error(`Tab does not reach ${name}`);
};

/** What has the focus shows it, and nothing lies over it. */
const expectSeen = async (page: Page): Promise<void> => {
  const fault = await page.evaluate(() => {
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    const name = `${element.getAttribute('aria-label') ?? element.textContent}: ${element.outerHTML.slice(0, 120)}`;
    const styles = [element, ...(element.matches('textarea') ? [element.closest('.composer-box') ?? element] : [])].map(
      (one) => getComputedStyle(one),
    );
    const isMarked = styles.some(
      (style) =>
        (style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== 'none',
    );
    if (!isMarked) return `no focus to see: ${name}`;
    const { left, top, width, height } = element.getBoundingClientRect();
    const y = Math.min(Math.max(top + height / 2, 1), innerHeight - 1);
    if (top >= innerHeight || top + height <= 0) return `off the screen, at ${top} of ${innerHeight}: ${name}`;
    const over = [0.1, 0.5, 0.9]
      .map((share) => document.elementFromPoint(left + width * share, y))
      .filter((at) => !(at && (element === at || element.contains(at) || at.contains(element))));
    return over.length <= 1 ? null : `under ${over[0]?.outerHTML.slice(0, 120)}, at ${top} of ${innerHeight}: ${name}`;
  });
  expect(fault).toBeNull();
};

describe.skipIf(browserMissing)('appearance', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());

  it('40 in dark the first painted frame is dark, also where dark was chosen on a light device', async () => {
    for (const chosen of [false, true]) {
      const { page, context } = await world.visit({ dark: !chosen });
      if (chosen) {
        await page.addInitScript(() => localStorage.setItem('hearth.appearance', '{"theme":"dark","text":"normal"}'));
      }
      // A page of its own comes first: what is painted before any page is the browser's.
      await page.goto('/icon.svg');
      await page.emulateMedia({ colorScheme: chosen ? 'light' : 'dark' });
      const client = await context.newCDPSession(page);
      const frames: { data: string; at: number }[] = [];
      client.on('Page.screencastFrame', ({ data, sessionId, metadata }) => {
        frames.push({ data, at: metadata.timestamp ?? 0 });
        void client.send('Page.screencastFrameAck', { sessionId }).catch(() => {});
      });
      world.line.delay(300);
      const start = Date.now() / 1_000;
      await client.send('Page.startScreencast', { format: 'png', everyNthFrame: 1 });
      await page.goto('/');
      world.line.delay(0);
      await page.getByRole('heading', { name: 'Chats' }).waitFor();
      await painted(page);
      await until('some frames', () => frames.length >= 2);
      await client.send('Page.stopScreencast');
      const committed = await page.evaluate(
        () => performance.timeOrigin / 1_000 + (performance.getEntriesByName('first-paint')[0]?.startTime ?? 0) / 1_000,
      );
      const ours = frames.filter(({ at }) => at >= Math.max(start, committed - 0.005)).map(({ data }) => data);
      expect(ours.length).toBeGreaterThan(0);
      for (const brightness of await brightnessOf(page, ours)) expect(brightness).toBeLessThan(90);
      await context.close();
    }
  });

  it('40 a change of the system is followed at once, a chosen theme stays', async () => {
    const { page } = await world.visit();
    await page.goto('/settings/appearance');
    await page.getByRole('heading', { name: 'Appearance' }).waitFor();
    const light = await background(page);
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await background(page);
    expect(dark).not.toBe(light);
    await page.emulateMedia({ colorScheme: 'light' });
    expect(await background(page)).toBe(light);
    await page.getByText('Dark', { exact: true }).tap();
    await until('dark', async () => (await background(page)) === dark);
    await page.reload();
    expect(await background(page)).toBe(dark);
    await page.getByText('Larger', { exact: true }).tap();
    await until('larger text', () =>
      page.evaluate(() => Number.parseFloat(getComputedStyle(document.documentElement).fontSize) > 19),
    );
  });

  it('40 axe finds nothing in a living chat with steps, a question and a sheet, in both themes', async () => {
    const { page } = await world.visit();
    world.model.script([
      toolUse('Read', { file_path: 'gone.txt' }),
      toolUse('Bash', { command: 'echo axe', description: 'Say axe' }),
      'Done.',
    ]);
    await newChat(page, 'Something of everything');
    await cards(page).waitFor();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const sheet of [null, /^Mode/, 'About this chat']) {
        if (sheet) await page.getByRole('button', { name: sheet }).tap();
        if (sheet) await page.getByRole('dialog').waitFor();
        await settled(page);
        expect(await axeFaults(page)).toEqual([]);
        if (sheet) await page.keyboard.press('Escape');
        if (sheet) await page.getByRole('dialog').waitFor({ state: 'detached' });
      }
    }
  });

  it('40 with reduced motion nothing moves by itself while it answers, and sheets only fade', async () => {
    const moving = (page: Page): Promise<string[]> =>
      page.evaluate(() =>
        document.getAnimations().flatMap((animation) => {
          const effect = animation.effect as KeyframeEffect | null;
          const moves = effect
            ?.getKeyframes()
            .some((frame) =>
              ['transform', 'translate', 'rotate', 'scale', 'top', 'left', 'width', 'height'].some(
                (name) => name in frame,
              ),
            );
          return animation.playState === 'running' && moves
            ? [(animation as CSSAnimation).animationName ?? 'transition']
            : [];
        }),
      );
    const check = async (reducedMotion: boolean): Promise<string[]> => {
      const { page, context } = await world.visit({ reducedMotion });
      world.model.script([
        toolUse('Bash', { command: 'sleep 3; uname', description: 'Wait' }),
        answer(words(600), { tokensPerSecond: 200 }),
      ]);
      await newChat(page, 'Move something');
      await cards(page).waitFor();
      await still(cards(page));
      await cards(page).getByRole('button', { name: 'Allow once' }).tap();
      await page.locator('.rail-mark[data-state=running]').waitFor();
      await painted(page);
      const found = await moving(page);
      await page.getByRole('button', { name: /^Mode/ }).tap();
      await page.getByRole('dialog').waitFor();
      found.push(...(await moving(page)));
      await context.close();
      await world.endRuns();
      return found;
    };
    expect(await check(true)).toEqual([]);
    // The same look does find something where motion is welcome.
    expect(await check(false)).not.toEqual([]);
  });

  it('40 in forced colours focus and states can still be told apart', async () => {
    const { page } = await world.visit({ desktop: true, forcedColors: true });
    const session = await seedMessages(
      world,
      [
        { type: 'user', content: 'Two steps' },
        ...seedTool('toolu_ok', 'Bash', { command: 'fine' }, 'ok'),
        ...seedTool('toolu_no', 'Bash', { command: 'broken' }, 'no', true),
        { type: 'assistant', content: 'So far.' },
      ],
      'Forced',
    );
    await openChat(page, session);
    await page.getByText('So far.').waitFor();
    const shapes = await page.locator('.rail-mark').evaluateAll((all) =>
      all.map((mark) => {
        const { backgroundColor, borderRadius, width } = getComputedStyle(mark);
        return { backgroundColor, borderRadius, width };
      }),
    );
    const page1 = await background(page);
    for (const shape of shapes) expect(shape.backgroundColor).not.toBe(page1);
    expect(new Set(shapes.map(({ borderRadius }) => borderRadius)).size).toBe(2);
    await tabTo(page, /^Mode/);
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineColor);
    expect(outline).not.toBe(page1);
    expect(await axeFaults(page)).toEqual([]);
  });

  it('40 by keyboard alone: find a chat, send, stop, approve, close, with the focus always in sight', async () => {
    const { page, faults } = await world.visit({ desktop: true });
    const session = await seedChat(world, variedTurns(3), 'Walkable');
    await seedChat(world, variedTurns(1), 'Something else');
    await page.goto('/');
    await page.getByRole('heading', { name: 'Chats' }).waitFor();
    await tabTo(page, 'Find a chat', 'searchbox');
    await page.keyboard.type('walk');
    await page.locator('main').getByText('Something else').waitFor({ state: 'detached' });
    await tabTo(page, /Walkable/, 'link');
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/c/${session}`);
    world.model.script([
      answer(words(900), { tokensPerSecond: 200 }),
      toolUse('Bash', { command: 'echo keys', description: 'Say keys' }),
      'By keyboard.',
    ]);
    await composer(page).waitFor();
    await tabTo(page, 'Message', 'textbox');
    await page.keyboard.type('Say a lot');
    await page.keyboard.press('Enter');
    await until(
      'some words',
      async () =>
        (
          await liveText(page)
            .innerText()
            .catch(() => '')
        ).includes('word50'),
      15_000,
    );
    await tabTo(page, 'Stop');
    await page.keyboard.press('Enter');
    await page.getByText('Stopped').waitFor();
    await answered(page);
    await stopButton(page).waitFor({ state: 'detached' });
    await tabTo(page, 'Message', 'textbox');
    await page.keyboard.type('Now ask me');
    await page.keyboard.press('Enter');
    await cards(page).waitFor();
    await still(cards(page));
    await tabTo(page, 'Allow once');
    await still(cards(page));
    await page.keyboard.press('Enter');
    await page.getByText('By keyboard.').waitFor();
    await answered(page);
    await tabTo(page, 'About this chat');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await until('the focus to be back', () =>
      page.evaluate(() => document.activeElement?.getAttribute('aria-label') === 'About this chat'),
    );
    expect(faults).toEqual([]);
  });

  it('40 what the keyboard reaches is not left under "Latest"', async () => {
    const { page } = await world.visit({ desktop: true });
    const asked = Array.from({ length: 40 }, (_, at) => [
      { type: 'user' as const, content: `Step ${at}` },
      ...seedTool(`toolu_${at}`, 'Bash', { command: `step ${at}` }, `out ${at}`),
      { type: 'assistant' as const, content: `Done ${at}.` },
    ]);
    await openChat(page, await seedMessages(world, asked.flat(), 'Many steps'));
    await page.getByText('Done 39.').waitFor();
    await page.locator('[data-transcript]').hover();
    await page.mouse.wheel(0, -1_500);
    const latest = page.getByRole('button', { name: 'Latest' });
    await latest.waitFor();
    await still(latest);
    await page.getByRole('button', { name: 'About this chat' }).focus();
    const covered: string[] = [];
    let reached = 0;
    for (let press = 0; press < 40; press += 1) {
      await page.keyboard.press('Tab');
      await painted(page);
      const focused = page.locator('[data-transcript] :focus');
      if ((await focused.count()) === 0 || (await latest.count()) === 0) continue;
      const [box, pill] = [await focused.boundingBox(), await latest.boundingBox()];
      if (!box || !pill) continue;
      reached += 1;
      if (box.y + box.height > pill.y + 1)
        covered.push(await focused.evaluate((element) => element.outerHTML.slice(0, 80)));
    }
    expect(reached).toBeGreaterThan(5);
    expect(covered).toEqual([]);
  });

  it('40 at 320 px with text at 200 % a chat can still be read, written in and left', async () => {
    const { page } = await world.visit({ width: 320, height: 568 });
    await page.addInitScript(() => {
      addEventListener('DOMContentLoaded', () => {
        document.documentElement.style.fontSize = '200%';
      });
    });
    world.model.script(['Large and readable.']);
    await openChat(page, await emptyChat(world));
    await composer(page).fill('Large');
    await page.getByRole('button', { name: 'Send', exact: true }).tap();
    await page.getByText('Large and readable.').waitFor();
    expect((await page.locator('[data-transcript]').boundingBox())?.height).toBeGreaterThan(150);
    await page.getByRole('button', { name: 'Back' }).tap();
    await page.getByRole('heading', { name: 'Chats' }).waitFor();
  });
});
