/**
 * `npm run screens [-- name …]`: pictures of every screen in every state (the fixture page) and of the real app, at
 * 390x844 and 1280x800 in both themes, into docs/screens/. Look at them before you call a change to a screen done.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { toolUse } from '@hearth/stand-in';
import type { Page } from 'playwright-core';
import { answered, newChat } from '../tests/e2e/support/chat.ts';
import { setup } from '../tests/e2e/support/setup.ts';
import { startWorld, type World } from '../tests/e2e/support/world.ts';

const folder = join(import.meta.dirname, '../docs/screens');
const shapes = [
  { name: 'phone', width: 390, height: 844, desktop: false },
  { name: 'desktop', width: 1280, height: 800, desktop: true },
];
const themes = ['light', 'dark'] as const;
/** "Now" of the fixtures, so that the same state always gives the same picture. */
const moment = new Date('2026-11-20T14:52:00');

/** As on every visit but the first. */
const withAllFonts = (page: Page): Promise<unknown> =>
  page.addInitScript(() => localStorage.setItem('hearth.fonts', '1'));

const shoot = async (page: Page, name: string): Promise<void> => {
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: join(folder, `${name}.png`), scale: 'css', animations: 'disabled' });
};

const stageNames = async (world: World, wanted: readonly string[]): Promise<string[]> => {
  const { page, context } = await world.visit({ signedOut: true });
  await page.goto('/fixtures');
  await page.locator('[data-stage]').first().waitFor();
  const names = await page
    .locator('[data-stage]')
    .evaluateAll((all) => all.map((one) => one.getAttribute('data-stage') ?? ''));
  await context.close();
  return wanted.length === 0 ? names : names.filter((name) => wanted.includes(name));
};

const shootStages = async (world: World, names: readonly string[]): Promise<void> => {
  for (const shape of shapes) {
    for (const theme of themes) {
      const { page, context } = await world.visit({ ...shape, dark: theme === 'dark', signedOut: true });
      await withAllFonts(page);
      await page.clock.install({ time: moment });
      for (const name of names) {
        await page.goto(`/fixtures?show=${name}`);
        await page
          .locator(name.startsWith('sheet-') ? '[role=dialog]' : 'h1')
          .first()
          .waitFor();
        await page.clock.runFor(1_500);
        await shoot(page, `${name}-${shape.name}-${theme}`);
      }
      await context.close();
    }
  }
};

/** The real thing, from the login to a decision. */
const shootReal = async (world: World): Promise<void> => {
  for (const shape of shapes) {
    for (const theme of themes) {
      const { page, context } = await world.visit({ ...shape, dark: theme === 'dark' });
      await withAllFonts(page);
      world.model.script([
        toolUse('Glob', { pattern: '**/*.md' }),
        'There are **three notes** here. The one about the heating is the newest.',
        toolUse('Bash', { command: 'systemctl restart plex', description: 'Restart Plex' }),
      ]);
      await newChat(page, 'What notes are here?');
      await page.getByText('three notes').waitFor();
      await answered(page);
      await page.getByRole('textbox', { name: 'Message' }).fill('Thanks. Now restart Plex, please.');
      await page.getByRole('button', { name: /^Send/ }).click();
      await page.getByRole('region', { name: /Needs you/ }).waitFor();
      await shoot(page, `real-chat-${shape.name}-${theme}`);
      await page.goto('/');
      await page.getByRole('region', { name: 'Needs you' }).waitFor();
      await shoot(page, `real-chats-${shape.name}-${theme}`);
      await page.getByRole('link', { name: /Restart Plex/ }).click();
      await page.getByRole('button', { name: 'Deny' }).click({ delay: 600 });
      await context.close();
    }
  }
};

const wanted = process.argv.slice(2);
setup();
mkdirSync(folder, { recursive: true });
const world = await startWorld();
try {
  const names = await stageNames(world, wanted);
  await shootStages(world, names);
  if (wanted.length === 0) await shootReal(world);
  console.log(
    `${names.length} states and the real app, ${shapes.length * themes.length} pictures each, are in docs/screens`,
  );
} finally {
  await world.close();
}
