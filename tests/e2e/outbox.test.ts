/** Messages on their way, and what is typed and not sent: neither is lost, neither is doubled. */
import { answer } from '@hearth/stand-in';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeKey } from '../support/owners.ts';
import { until } from '../support/until.ts';
import { answered, answers, composer, newChat, openChat, say, sendButton, turns, words } from './support/chat.ts';
import { painted } from './support/observe.ts';
import { emptyChat, idle, rotate, storedTexts } from './support/server.ts';
import { browserMissing, startWorld, type World } from './support/world.ts';

const inState = (state: string): string => `[data-outbox="${state}"]`;

/** Lets the first message through to the server, loses the answer to it, and holds what follows until told. */
const loseFirst = async (world: World, page: Page): Promise<() => Promise<void>> => {
  const gate = Promise.withResolvers<void>();
  let posts = 0;
  await page.route('**/api/v1/**', async (route) => {
    const isPost = route.request().method() === 'POST';
    if (isPost) posts += 1;
    if (isPost ? posts > 1 : /\/events/.test(route.request().url())) await gate.promise;
    await route.fallback();
  });
  world.line.cut();
  world.line.loseAnswerTo('POST', /\/api\/v1\//);
  return async () => {
    gate.resolve();
    await page.unrouteAll({ behavior: 'wait' });
  };
};

describe.skipIf(browserMissing)('outbox and drafts', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());

  it('19 sent without a network it waits, goes out once when the network is back, and outlives a reload', async () => {
    const { page, context, faults } = await world.visit();
    world.model.script([answer('Heard you.', { repeat: true })]);
    const session = await emptyChat(world);
    await openChat(page, session);
    await context.setOffline(true);
    await say(page, 'Sent from a tunnel');
    await page.locator(inState('waiting')).waitFor();
    expect(await page.locator(inState('waiting')).innerText()).toContain('Waiting');
    expect(await composer(page).inputValue()).toBe('');
    expect(await storedTexts(world, session, 'user')).toEqual([]);
    await context.setOffline(false);
    await page.getByText('Heard you.').waitFor();
    await answered(page);
    await idle(world, session);
    expect(await storedTexts(world, session, 'user')).toEqual(['Sent from a tunnel']);
    expect(await page.locator('[data-outgoing]').count()).toBe(0);
    expect(await turns(page).count()).toBe(1);
    expect(faults).toEqual([]);
  });

  it('19 what waits is still there after the page was closed, and goes out by itself', async () => {
    const { page, context } = await world.visit();
    world.model.script([answer('Heard you.', { repeat: true })]);
    const session = await emptyChat(world);
    await openChat(page, session);
    world.line.mode('refuse');
    world.line.cut();
    await say(page, 'Closed before it went');
    await page.locator(`${inState('waiting')}, ${inState('unconfirmed')}`).waitFor();
    await page.close();
    world.line.mode('up');
    const again = await context.newPage();
    await openChat(again, session);
    await again.getByText('Heard you.').waitFor();
    await idle(world, session);
    expect(await storedTexts(world, session, 'user')).toEqual(['Closed before it went']);
  });

  it('19 a double tap on send sends once, and does not stop what it began', async () => {
    const { page } = await world.visit();
    world.model.script([answer(words(150), { tokensPerSecond: 300 })]);
    const session = await emptyChat(world);
    await openChat(page, session);
    await composer(page).fill('Only once');
    const box = await sendButton(page).boundingBox();
    if (!box) throw new Error('no send button');
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await page.touchscreen.tap(x, y);
    await page.touchscreen.tap(x, y);
    // The slowest second tap: what has taken the place of the button by then is Stop.
    await page.getByRole('button', { name: 'Stop', exact: true }).waitFor();
    await page.touchscreen.tap(x, y);
    await answered(page);
    await idle(world, session);
    expect(await storedTexts(world, session, 'user')).toEqual(['Only once']);
    expect(await page.getByText('Stopped').count()).toBe(0);
    expect(await answers(page).innerText()).toBe(words(150));
  });

  it('20 the server has it and its answer was lost: Unconfirmed, then settled, once', async () => {
    const { page, faults } = await world.visit();
    world.model.script([answer('Once and only once.', { repeat: true })]);
    const session = await emptyChat(world);
    await openChat(page, session);
    await composer(page).fill('Did it arrive?');
    const release = await loseFirst(world, page);
    await sendButton(page).tap();
    await page.locator(inState('unconfirmed')).waitFor();
    expect(await page.locator(inState('unconfirmed')).innerText()).toContain('Unconfirmed');
    await release();
    await page.locator('[data-outgoing]').waitFor({ state: 'detached', timeout: 30_000 });
    await page.getByText('Once and only once.').waitFor({ timeout: 30_000 });
    await idle(world, session);
    expect(await storedTexts(world, session, 'user')).toEqual(['Did it arrive?']);
    expect(await storedTexts(world, session, 'assistant')).toEqual(['Once and only once.']);
    expect(await turns(page).count()).toBe(1);
    expect(faults).toEqual([]);
  });

  it('20 the same for the message that begins a chat: one chat, one message', async () => {
    const { page } = await world.visit();
    world.model.script([answer('A new beginning.', { repeat: true })]);
    await page.goto('/c/new');
    await composer(page).fill('A chat whose birth was lost');
    const release = await loseFirst(world, page);
    await sendButton(page).tap();
    await page.locator(inState('unconfirmed')).waitFor();
    await release();
    await page.waitForURL(/\/c\/[0-9a-f-]{36}$/, { timeout: 30_000 });
    await page.getByText('A new beginning.').waitFor({ timeout: 30_000 });
    const { sessions } = await world.harness.client.sessions.list({ page_size: 100 });
    const born = sessions.filter(({ title }) => title === 'A chat whose birth was lost');
    expect(born).toHaveLength(1);
    expect(await storedTexts(world, born[0]?.id ?? '', 'user')).toEqual(['A chat whose birth was lost']);
  });

  it('19 one that the server refuses says why, and its text can be taken back into the composer', async () => {
    const { page } = await world.visit();
    const session = await emptyChat(world);
    await openChat(page, session);
    await page.route('**/api/v1/sessions/*/**', (route) =>
      route.request().method() === 'POST'
        ? route.fulfill({ status: 422, json: { error: { code: 'VALIDATION_ERROR', message: 'That is too much.' } } })
        : route.fallback(),
    );
    await say(page, 'Not like this');
    await page.getByText(/Not sent.*That is too much/).waitFor();
    await page.unroute('**/api/v1/sessions/*/**');
    await page.getByRole('button', { name: 'Edit', exact: true }).tap();
    await until('the text', async () => (await composer(page).inputValue()) === 'Not like this');
    expect(await page.locator('[data-outgoing]').count()).toBe(0);
  });

  it('21 a draft outlives a change of chat, a reload and a sign-out by the server', async () => {
    const holder = await makeKey(world.harness);
    const { page, faults } = await world.visit({ key: holder.key });
    const one = await emptyChat(world);
    const other = await emptyChat(world);
    await openChat(page, one);
    await composer(page).fill('Half a thought');
    await page.getByRole('button', { name: 'Back' }).tap();
    await page.locator(`main a[href="/c/${one}"]`).getByText('Half a thought').waitFor();
    await page.locator(`main a[href="/c/${other}"]`).tap();
    await page.waitForURL(`**/c/${other}`);
    expect(await composer(page).inputValue()).toBe('');
    await page.goto(`/c/${one}`);
    const has = (text: string): Promise<unknown> =>
      until(`the draft "${text}"`, async () => (await composer(page).inputValue()) === text);
    await has('Half a thought');
    await composer(page).fill('Half a thought, and more');
    await page.reload();
    await has('Half a thought, and more');
    await composer(page).fill('Typed right before the end');
    const key = await rotate(world, holder.keyId);
    await page.waitForURL(/\/login\?next=/);
    await page.getByLabel('API key').fill(key);
    await page.getByRole('button', { name: 'Sign in' }).tap();
    await page.waitForURL(`**/c/${one}`);
    await has('Typed right before the end');
    expect(faults.filter((fault) => !fault.includes('401'))).toEqual([]);
  });

  it('21 an older draft of another tab does not win', async () => {
    const { page, context } = await world.visit();
    const session = await emptyChat(world);
    await openChat(page, session);
    const old = await context.newPage();
    await openChat(old, session);
    await composer(old).fill('The older one');
    await until('both to know it', async () => (await composer(page).inputValue()) === 'The older one');
    await composer(page).fill('The newer one');
    await page.evaluate(() => dispatchEvent(new Event('pagehide')));
    await painted(page);
    // The old tab comes to its end, and would write what it holds.
    await old.evaluate(() => dispatchEvent(new Event('pagehide')));
    await old.close();
    await page.reload();
    await until('the newer one', async () => (await composer(page).inputValue()) === 'The newer one');
  });

  it('21 what is typed while a message goes out stays in the composer', async () => {
    const { page } = await world.visit();
    world.model.script([answer('Go on.', { repeat: true })]);
    await newChat(page, 'First words');
    await composer(page).fill('The next thought');
    await page.getByText('Go on.').waitFor();
    await answered(page);
    expect(await composer(page).inputValue()).toBe('The next thought');
  });
});
