/** What is where, at every size, with a keyboard up, and around the edges of a phone. */
import { answer, toolUse } from '@hearth/stand-in';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/until.ts';
import { cards, composer, newChat, openChat, openSteps, sendButton, transcript, words } from './support/chat.ts';
import { sideways, tooSmall } from './support/measure.ts';
import { painted, still } from './support/observe.ts';
import { toEndDistance } from './support/scroll.ts';
import { seedChat, seedMessages, seedTool, variedTurns } from './support/seed.ts';
import { emptyChat, pendingOf } from './support/server.ts';
import { browserMissing, startWorld, type World } from './support/world.ts';

const sizes: readonly [number, number][] = [
  [320, 568],
  [390, 844],
  [844, 390],
  [1280, 800],
];
const longWord = 'w'.repeat(300);
const longPath = `/srv/${'very-long-folder-name/'.repeat(12)}file.txt`;
const cells = (stem: string): string =>
  `| ${Array.from({ length: 12 }, (_, index) => `${stem}${index}`).join(' | ')} |`;
const wideTable = [cells('heading'), `|${' --- |'.repeat(12)}`, cells('cell'), cells('another')].join('\n');

const wideChat = (world: World): Promise<string> =>
  seedMessages(
    world,
    [
      { type: 'user', content: `Look at ${longWord} in ${longPath}` },
      ...seedTool('toolu_wide', 'Read', { file_path: longPath }, longWord, true),
      ...seedTool('toolu_bash', 'Bash', { command: `cat ${longPath} | grep ${longWord}` }, longPath),
      {
        type: 'assistant',
        content: `It says ${longWord}.\n\n${wideTable}\n\n\`${longWord}\`\n\n\`\`\`\n${longWord}\n\`\`\`\n\n[${longWord}](https://example.com/${longWord})\n\n> ${longPath}\n\n1. ${longWord}`,
      },
    ],
    longWord.slice(0, 200),
  );

const fits = async (page: Page): Promise<Record<string, string[]>> => {
  const found: Record<string, string[]> = {};
  for (const [width, height] of sizes) {
    await page.setViewportSize({ width, height });
    await painted(page);
    const faults = await sideways(page);
    if (faults.length > 0) found[`${width}x${height}`] = faults;
  }
  return found;
};

describe.skipIf(browserMissing)('layout', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());

  it('4 no route scrolls sideways at four sizes, whatever long things are on it', async () => {
    const { page } = await world.visit();
    const chat = await wideChat(world);
    world.model.script([toolUse('Bash', { command: `touch ${longPath}`, description: longWord }), 'Done.']);
    const waiting = await newChat(page, `Ask about ${longWord}`);
    await cards(page).waitFor();
    const [pending] = await pendingOf(world, waiting);
    const routes = ['/', `/c/${chat}`, `/c/${waiting}`, '/c/new', `/approve/${pending?.id}`, '/status', '/nowhere'];
    const settings = ['', '/claude', '/account', '/keys', '/allowed', '/appearance', '/device'];
    const found: Record<string, unknown> = {};
    for (const route of [...routes, ...settings.map((name) => `/settings${name}`)]) {
      await page.goto(route);
      await page.locator('h1').first().waitFor();
      await page.locator('.skeleton').first().waitFor({ state: 'detached' });
      const faults = await fits(page);
      if (Object.keys(faults).length > 0) found[route] = faults;
    }
    const { page: out } = await world.visit({ signedOut: true });
    await out.goto('/login');
    await out.locator('h1').waitFor();
    const faults = await fits(out);
    if (Object.keys(faults).length > 0) found['/login'] = faults;
    expect(found).toEqual({});
  });

  it('4 also with opened steps and sheets, at 320 px and with text at 200 %', async () => {
    const { page } = await world.visit({ width: 320, height: 568 });
    await openChat(page, await wideChat(world));
    await openSteps(page);
    expect(await sideways(page)).toEqual([]);
    for (const percent of [100, 200]) {
      await page.evaluate((size) => {
        document.documentElement.style.fontSize = `${size}%`;
      }, percent);
      await painted(page);
      expect(await sideways(page)).toEqual([]);
      for (const name of ['About this chat', /^Mode/, 'More for this message']) {
        await page.getByRole('button', { name }).first().tap();
        await page.getByRole('dialog').waitFor();
        await painted(page);
        expect(await sideways(page)).toEqual([]);
        await page.getByRole('dialog').getByRole('button', { name: 'Close' }).tap();
        await page.getByRole('dialog').waitFor({ state: 'detached' });
      }
      // Everything needed to write is on the screen and not covered.
      for (const part of [composer(page), sendButton(page), page.getByRole('button', { name: 'Back' })]) {
        const box = await part.boundingBox();
        expect(box?.y).toBeGreaterThanOrEqual(0);
        expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(568);
      }
    }
  });

  it('5 the bar has four links, says where one is, and gives way to the composer in a chat', async () => {
    const { page } = await world.visit();
    await page.goto('/');
    const bar = page.getByRole('navigation', { name: 'Main' });
    // Beside a name there may be a number: what needs you.
    const namesOf = async (links: Locator): Promise<(string | undefined)[]> =>
      (await links.allInnerTexts()).map((text) => text.split('\n').at(-1));
    expect(await namesOf(bar.locator('a:visible'))).toEqual(['Chats', 'New chat', 'Status', 'Settings']);
    for (const [route, name] of [
      ['/', 'Chats'],
      ['/status', 'Status'],
      ['/settings', 'Settings'],
      ['/settings/keys', 'Settings'],
      // They are found under it on phones.
      ['/memory', 'Settings'],
      ['/persona', 'Settings'],
    ] as const) {
      await page.goto(route);
      await page.locator('h1').waitFor();
      expect(await namesOf(bar.locator('a[aria-current=page]:visible'))).toEqual([name]);
    }
    await page.setViewportSize({ width: 1280, height: 800 });
    expect(await namesOf(bar.locator('a[aria-current=page]:visible'))).toEqual(['Persona']);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto('/c/new');
    await composer(page).waitFor();
    expect(await bar.isVisible()).toBe(false);
    await openChat(page, await emptyChat(world));
    expect(await bar.isVisible()).toBe(false);
  });

  it('5 Back closes a sheet and nothing else; the next Back leaves the chat', async () => {
    const { page } = await world.visit();
    await page.goto('/');
    const session = await emptyChat(world);
    await page.locator(`main a[href="/c/${session}"]`).tap();
    await composer(page).fill('Not lost');
    for (const name of ['About this chat', /^Mode/]) {
      await page.getByRole('button', { name }).tap();
      await page.getByRole('dialog').waitFor();
      await page.goBack();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      expect(new URL(page.url()).pathname).toBe(`/c/${session}`);
      expect(await composer(page).inputValue()).toBe('Not lost');
    }
    await page.goBack();
    await page.getByRole('heading', { name: 'Chats' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/');
  });

  it('5 a sheet traps the focus and gives it back to what opened it', async () => {
    const { page } = await world.visit();
    await openChat(page, await emptyChat(world));
    const opener = page.getByRole('button', { name: /^Mode/ });
    await opener.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    for (let press = 0; press < 12; press += 1) {
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement?.closest('[role=dialog]') !== null)).toBe(true);
    }
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await until('the focus to be back', () => opener.evaluate((button) => button === document.activeElement));
  });

  it('6 every visible control is 44 px, inline links 24, and no field is under 16 px', async () => {
    const { page } = await world.visit();
    const chat = await seedChat(world, [
      {
        said: 'A link?',
        answered: 'Here: [a link](https://example.com/) and more.\n\n```js\nconst a = 1;\n```\n\n- [x] done',
      },
      ...variedTurns(2),
    ]);
    world.model.script([
      toolUse('AskUserQuestion', {
        questions: [
          {
            question: 'Which?',
            header: 'Which',
            multiSelect: false,
            options: [
              { label: 'One', description: 'The first' },
              { label: 'Two', description: 'The second' },
            ],
          },
        ],
      }),
      'Done.',
    ]);
    const question = await newChat(page, 'Ask me');
    await cards(page).waitFor();
    const found: Record<string, string[]> = {};
    const check = async (name: string): Promise<void> => {
      await painted(page);
      const faults = await tooSmall(page);
      if (faults.length > 0) found[name] = faults;
    };
    await check('question');
    for (const route of [
      '/',
      `/c/${chat}`,
      `/c/${question}`,
      '/c/new',
      '/status',
      '/settings',
      '/settings/account',
      '/settings/keys',
      '/settings/appearance',
      '/settings/device',
      '/settings/claude',
      '/settings/allowed',
    ]) {
      await page.goto(route);
      await page.locator('h1').first().waitFor();
      await page.locator('.skeleton').first().waitFor({ state: 'detached' });
      await check(route);
    }
    await openChat(page, chat);
    for (const name of ['About this chat', /^Mode/, 'More for this message']) {
      await page.getByRole('button', { name }).first().tap();
      await page.getByRole('dialog').waitFor();
      await check(`sheet ${name}`);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    expect(found).toEqual({});
  });

  it('7 with a notch of 47 px and a home bar of 34 px, header and send button lie inside', async () => {
    const { page, context } = await world.visit();
    const client = await context.newCDPSession(page);
    await client.send('Emulation.setSafeAreaInsetsOverride', { insets: { top: 47, bottom: 34, left: 0, right: 0 } });
    for (const route of ['/', '/settings', '/c/new', `/c/${await seedChat(world, variedTurns(20))}`]) {
      await page.goto(route);
      const heading = page.locator('header h1');
      await heading.waitFor();
      expect((await heading.boundingBox())?.y).toBeGreaterThanOrEqual(47);
      const lowest = (await sendButton(page).count()) > 0 ? sendButton(page) : page.locator('nav a:visible').last();
      const box = await lowest.boundingBox();
      expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(844 - 34);
    }
    await page.getByRole('button', { name: /^Mode/ }).tap();
    await still(page.getByRole('dialog'), 200);
    const last = await page.getByRole('dialog').locator('label').last().boundingBox();
    expect((last?.y ?? 0) + (last?.height ?? 0)).toBeLessThanOrEqual(844 - 34);
  });

  const isWhole = async (page: Page, visible: number): Promise<void> => {
    const area = await composer(page).boundingBox();
    const button = await sendButton(page).boundingBox();
    const line = await page.locator('[data-answer] .md > *').last().boundingBox();
    const top = (await transcript(page).boundingBox())?.y ?? 0;
    expect((button?.y ?? 0) + (button?.height ?? 0)).toBeLessThanOrEqual(visible);
    expect((line?.y ?? 0) + (line?.height ?? 0)).toBeLessThanOrEqual(area?.y ?? 0);
    expect((line?.y ?? 0) + (line?.height ?? 0)).toBeGreaterThan(top);
  };

  it('8 a keyboard that takes 404 px leaves the composer and the last line in sight, and no gap behind', async () => {
    const { page } = await world.visit();
    await openChat(page, await seedChat(world, variedTurns(20)));
    await composer(page).tap();
    const before = await sendButton(page).boundingBox();
    await page.setViewportSize({ width: 390, height: 440 });
    await until('the end to be in sight', async () => (await toEndDistance(page)) <= 2);
    await isWhole(page, 440);
    await page.setViewportSize({ width: 390, height: 844 });
    await until('the composer to be down again', async () => (await sendButton(page).boundingBox())?.y === before?.y);
    await isWhole(page, 844);
  });

  it('8 the same where only the visual viewport tells of the keyboard', async () => {
    const { page } = await world.visit();
    await page.addInitScript(() => {
      const view = Object.assign(new EventTarget(), { height: innerHeight, width: innerWidth, offsetTop: 0, scale: 1 });
      Object.defineProperty(window, 'visualViewport', { value: view });
    });
    const keyboard = (height: number, offsetTop = 0): Promise<void> =>
      page.evaluate(
        (given) => {
          Object.assign(window.visualViewport ?? {}, given);
          window.visualViewport?.dispatchEvent(new Event('resize'));
        },
        { height, offsetTop },
      );
    await openChat(page, await seedChat(world, variedTurns(20)));
    await keyboard(844);
    const before = await sendButton(page).boundingBox();
    await composer(page).tap();
    await keyboard(440);
    await until('the composer to be above it', async () => ((await sendButton(page).boundingBox())?.y ?? 844) < 440);
    await until('the end to be in sight', async () => (await toEndDistance(page)) <= 2);
    await isWhole(page, 440);
    // What iOS says after the keyboard has gone: still a small viewport, while nothing is focused.
    await composer(page).blur();
    await keyboard(500);
    await until('the composer to be down again', async () => (await sendButton(page).boundingBox())?.y === before?.y);
    await isWhole(page, 844);
  });

  it('9 in landscape a draft of ten lines leaves half of the height to the transcript', async () => {
    const { page } = await world.visit({ width: 844, height: 390 });
    await openChat(page, await seedChat(world, variedTurns(5)));
    await composer(page).fill(Array.from({ length: 10 }, (_, index) => `line ${index}`).join('\n'));
    await painted(page);
    expect((await transcript(page).boundingBox())?.height).toBeGreaterThanOrEqual(390 / 2);
    expect((await composer(page).boundingBox())?.height).toBeGreaterThanOrEqual(48);
  });

  it('9 upright a long draft takes 40 % of the screen at most, and then scrolls', async () => {
    const { page } = await world.visit();
    world.model.script([answer(words(10), { repeat: true })]);
    await openChat(page, await seedChat(world, variedTurns(5)));
    await composer(page).fill(Array.from({ length: 60 }, (_, index) => `line ${index}`).join('\n'));
    await painted(page);
    expect((await page.locator('.composer-box').boundingBox())?.height).toBeLessThanOrEqual(844 * 0.4 + 2);
    expect(await composer(page).evaluate((area) => area.scrollHeight > area.clientHeight)).toBe(true);
  });
});
