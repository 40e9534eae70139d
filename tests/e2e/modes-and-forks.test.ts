/** How far a chat may go, and going back in it. */
import { answer, toolUse } from '@hearth/stand-in';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/until.ts';
import { answered, cards, composer, newChat, openChat, say, sendButton, turns } from './support/chat.ts';
import { emptyChat, idle, storedTexts } from './support/server.ts';
import { browserMissing, startWorld, type World } from './support/world.ts';

const chip = (page: Page, name: string) => page.getByRole('button', { name: `Mode: ${name}` });
const redLine = (page: Page) => page.getByText('No questions: everything runs without asking you.');
const modeOf = async (world: World, session: string): Promise<string> =>
  (await world.harness.client.sessions.get(session)).permission_mode;

const choose = async (page: Page, from: string, to: string): Promise<void> => {
  await chip(page, from).tap();
  await page.getByRole('dialog').getByText(to, { exact: true }).tap();
};

/** A chat of three turns: one, two, three, answered in kind. */
const threeTurns = async (world: World, page: Page): Promise<string> => {
  world.model.script(({ prompt }) => (prompt === '' ? undefined : `Answer to ${prompt}`));
  const session = await newChat(page, 'one');
  for (const text of ['two', 'three']) {
    await page.locator('[data-answer]').last().waitFor();
    await answered(page);
    await say(page, text);
    await page.getByText(`Answer to ${text}`, { exact: true }).waitFor();
  }
  await answered(page);
  await idle(world, session);
  return session;
};

const menuOf = async (page: Page, text: string, deed: string): Promise<void> => {
  await page
    .locator('[data-turn]')
    .filter({ has: page.locator('[data-message-text]').getByText(text, { exact: true }) })
    .getByRole('button', { name: 'More for this message' })
    .tap();
  await page.getByRole('dialog').getByRole('button', { name: deed }).tap();
};

const said = (page: Page): Promise<string[]> => page.locator('[data-message-text]').allTextContents();

describe.skipIf(browserMissing)('modes and forks', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());

  it('30 the chip changes the mode, on the server too', async () => {
    const { page } = await world.visit();
    const session = await emptyChat(world);
    await openChat(page, session);
    await choose(page, 'Ask first', 'Plan only');
    await chip(page, 'Plan only').waitFor();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await modeOf(world, session)).toBe('plan');
    await choose(page, 'Plan only', 'Edit freely');
    await chip(page, 'Edit freely').waitFor();
    expect(await modeOf(world, session)).toBe('acceptEdits');
    await page.reload();
    await chip(page, 'Edit freely').waitFor();
  });

  it('30 the mode of a chat that does not exist yet goes along with its first message', async () => {
    const { page } = await world.visit();
    world.model.script(['Planned.']);
    await page.goto('/c/new');
    await choose(page, 'Ask first', 'Plan only');
    await chip(page, 'Plan only').waitFor();
    await say(page, 'Plan it');
    await page.waitForURL(/\/c\/[0-9a-f-]{36}$/);
    await page.getByText('Planned.').waitFor();
    expect(await modeOf(world, page.url().split('/').at(-1) ?? '')).toBe('plan');
    await chip(page, 'Plan only').waitFor();
  });

  it('30 "No questions" demands the key, and then says so in red on that chat only', async () => {
    const { page, faults } = await world.visit();
    const session = await emptyChat(world);
    const other = await emptyChat(world);
    await openChat(page, session);
    await choose(page, 'Ask first', 'No questions');
    const key = page.locator('input[name=confirm_api_key]');
    await key.waitFor();
    expect(await modeOf(world, session)).toBe('default');
    await key.fill('not-the-right-key-0123456789-abc');
    await page.getByRole('button', { name: 'Switch questions off' }).tap();
    await page.getByRole('alert').filter({ hasText: 'not a key that may do this' }).waitFor();
    expect(await modeOf(world, session)).toBe('default');
    expect(await redLine(page).count()).toBe(0);
    await key.fill(world.key);
    await page.getByRole('button', { name: 'Switch questions off' }).tap();
    await redLine(page).waitFor();
    expect(await modeOf(world, session)).toBe('bypassPermissions');
    const [color, danger] = await redLine(page).evaluate((line) => {
      const probe = document.createElement('i');
      probe.style.color = 'var(--danger)';
      line.append(probe);
      const wanted = getComputedStyle(probe).color;
      probe.remove();
      return [getComputedStyle(line).color, wanted];
    });
    expect(color).toBe(danger);
    world.model.script([toolUse('Bash', { command: 'echo unasked', description: 'Just do it' }), 'Did it.']);
    await say(page, 'Do it');
    await page.getByText('Did it.').waitFor();
    expect(await cards(page).count()).toBe(0);
    await page.reload();
    await redLine(page).waitFor();
    await openChat(page, other);
    await chip(page, 'Ask first').waitFor();
    expect(await redLine(page).count()).toBe(0);
    await openChat(page, session);
    await choose(page, 'No questions', 'Ask first');
    await redLine(page).waitFor({ state: 'detached' });
    expect(faults).toEqual([]);
  });

  it('31 a fork opens a new chat with the turns up to there; the old one stays whole', async () => {
    const { page, faults } = await world.visit();
    const session = await threeTurns(world, page);
    await menuOf(page, 'two', 'Fork from here');
    await page.waitForURL((url) => /\/c\/[0-9a-f-]{36}$/.test(url.pathname) && !url.pathname.endsWith(session));
    const fork = page.url().split('/').at(-1) ?? '';
    await page.getByText('Answer to two', { exact: true }).waitFor();
    expect(await said(page)).toEqual(['one', 'two']);
    await say(page, 'and a different third');
    await page.getByText('Answer to and a different third', { exact: true }).waitFor();
    await idle(world, fork);
    expect(await storedTexts(world, fork, 'user')).toEqual(['one', 'two', 'and a different third']);
    expect(await storedTexts(world, session, 'user')).toEqual(['one', 'two', 'three']);
    await openChat(page, session);
    await page.getByText('Answer to three', { exact: true }).waitFor();
    expect(await said(page)).toEqual(['one', 'two', 'three']);
    expect(faults).toEqual([]);
  });

  it('31 edit and resend opens a chat up to before that message, with its words in the composer', async () => {
    const { page } = await world.visit();
    const session = await threeTurns(world, page);
    await menuOf(page, 'three', 'Edit and resend in a new chat');
    await page.waitForURL((url) => !url.pathname.endsWith(session));
    await page.getByText('Answer to two', { exact: true }).waitFor();
    expect(await said(page)).toEqual(['one', 'two']);
    await until('the words', async () => (await composer(page).inputValue()) === 'three');
    await composer(page).fill('three, but better');
    await sendButton(page).tap();
    await page.getByText('Answer to three, but better', { exact: true }).waitFor();
  });

  it('31 going back archives the newer turns; they open from the toast and from the archive', async () => {
    const { page, faults } = await world.visit();
    const session = await threeTurns(world, page);
    await menuOf(page, 'two', 'Go back to before this');
    await page.getByRole('dialog').getByRole('button', { name: 'Go back' }).tap();
    await page.getByText('The newer turns are archived.').waitFor();
    await until('the newer ones to be gone', async () => (await said(page)).join() === 'one');
    expect(new URL(page.url()).pathname).toBe(`/c/${session}`);
    expect(await storedTexts(world, session, 'user')).toEqual(['one']);
    await page.getByRole('button', { name: 'Open them' }).tap();
    await page.waitForURL((url) => !url.pathname.endsWith(session));
    const archived = page.url().split('/').at(-1) ?? '';
    await page.getByText('Answer to three', { exact: true }).waitFor();
    expect(await said(page)).toEqual(['one', 'two', 'three']);
    expect((await world.harness.client.sessions.get(archived)).archived).toBe(true);
    await page.goto('/');
    await page.locator(`main a[href="/c/${session}"]`).waitFor();
    expect(await page.locator(`main a[href="/c/${archived}"]`).count()).toBe(0);
    await page.getByRole('button', { name: 'Archive' }).tap();
    await page.locator(`main a[href="/c/${archived}"]`).tap();
    await page.getByText('Answer to three', { exact: true }).waitFor();
    expect(await turns(page).count()).toBe(3);
    await openChat(page, session);
    await say(page, 'another second');
    await page.getByText('Answer to another second', { exact: true }).waitFor();
    expect(await said(page)).toEqual(['one', 'another second']);
    expect(faults).toEqual([]);
  });

  it('31 another device sees at once that a chat went back', async () => {
    const { page } = await world.visit();
    const session = await threeTurns(world, page);
    const { page: other } = await world.visit();
    await openChat(other, session);
    await other.getByText('Answer to three', { exact: true }).waitFor();
    await menuOf(page, 'two', 'Go back to before this');
    await page.getByRole('dialog').getByRole('button', { name: 'Go back' }).tap();
    await until('the other one to follow', async () => (await said(other)).join() === 'one', 8_000);
    world.model.script([answer('Seen by both.', { repeat: true })]);
    await say(other, 'two again');
    await page.getByText('Seen by both.').waitFor();
    expect(await said(page)).toEqual(['one', 'two again']);
  });
});
