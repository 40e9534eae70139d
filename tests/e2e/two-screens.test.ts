/** Two chats, two tabs, two devices, and devices that are not as one would wish. */
import { answer, toolUse } from '@hearth/stand-in';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeKey } from '../support/owners.ts';
import { until } from '../support/until.ts';
import {
  answered,
  answers,
  cards,
  composer,
  liveText,
  newChat,
  openChat,
  say,
  sendButton,
  turns,
  words,
} from './support/chat.ts';
import { painted, still } from './support/observe.ts';
import { emptyChat, idle, rotate, storedTexts } from './support/server.ts';
import { browserMissing, startWorld, type World } from './support/world.ts';

const said = (page: Page): Promise<string[]> => page.locator('[data-message-text]').allTextContents();

describe.skipIf(browserMissing)('two screens', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());

  it('22 two chats answer at once, and each shows its own state when one goes from one to the other', async () => {
    const { page, faults } = await world.visit({ desktop: true });
    world.model.script(({ humanTexts }) => {
      const stem = ['alpha', 'beta'].find((name) => humanTexts.some((text) => text.includes(name)));
      return stem ? answer(words(1_500, stem), { tokensPerSecond: 300 }) : undefined;
    });
    const alpha = await newChat(page, 'Say alpha');
    await until(
      'alpha to be written',
      async () =>
        (
          await liveText(page)
            .innerText()
            .catch(() => '')
        ).includes('alpha20'),
      15_000,
    );
    const beta = await newChat(page, 'Say beta');
    await until(
      'beta to be written',
      async () =>
        (
          await liveText(page)
            .innerText()
            .catch(() => '')
        ).includes('beta20'),
      15_000,
    );
    const go = async (id: string): Promise<void> => {
      await page.locator(`nav a[href="/c/${id}"]`).click();
      await page.waitForURL(`**/c/${id}`);
    };
    const grows = async (own: string, other: string): Promise<void> => {
      await until(`${own} on the screen`, async () =>
        (
          await liveText(page)
            .innerText()
            .catch(() => '')
        ).includes(own),
      );
      const before = (await liveText(page).innerText()).length;
      await until(`${own} to grow`, async () => (await liveText(page).innerText()).length > before);
      const text = await page.locator('[data-transcript]').innerText();
      expect(text).toContain(own);
      expect(text).not.toContain(other);
      expect(await page.locator('[data-working]').count()).toBe(1);
    };
    await go(alpha);
    await grows('alpha', 'beta');
    await go(beta);
    await grows('beta', 'alpha');
    await go(alpha);
    await grows('alpha', 'beta');
    for (const [id, stem] of [
      [alpha, 'alpha'],
      [beta, 'beta'],
    ] as const) {
      await go(id);
      await answers(page).waitFor({ timeout: 30_000 });
      await answered(page);
      expect((await answers(page).innerText()).replaceAll(/\s+/g, ' ')).toBe(words(1_500, stem));
    }
    expect(faults).toEqual([]);
  });

  it('22 two tabs on one chat show the same, and what one sends is in the other once', async () => {
    const { page, context, faults } = await world.visit();
    world.model.script(({ prompt }) =>
      prompt === '' ? undefined : answer(`Heard ${prompt}`, { tokensPerSecond: 50 }),
    );
    const session = await newChat(page, 'from the first');
    await page.getByText('Heard from the first').waitFor();
    const other = await context.newPage();
    await openChat(other, session);
    await other.getByText('Heard from the first').waitFor();
    await say(other, 'from the second');
    for (const tab of [page, other]) {
      await tab.getByText('Heard from the second').waitFor();
      await answered(tab);
      expect(await said(tab)).toEqual(['from the first', 'from the second']);
      expect(await answers(tab).allTextContents()).toEqual(['Heard from the first', 'Heard from the second']);
      expect(await tab.locator('[data-outgoing]').count()).toBe(0);
    }
    expect(await storedTexts(world, session, 'user')).toEqual(['from the first', 'from the second']);
    expect(faults).toEqual([]);
  });

  it('19 a message that waits is sent once although two tabs have it', async () => {
    const { page, context } = await world.visit();
    world.model.script([answer('Only once.', { repeat: true })]);
    const session = await emptyChat(world);
    await openChat(page, session);
    world.line.mode('refuse');
    world.line.cut();
    await say(page, 'Two tabs, one message');
    await page.locator('[data-outbox]').waitFor();
    world.line.mode('up');
    const other = await context.newPage();
    await openChat(other, session);
    for (const tab of [page, other]) {
      await tab.getByText('Only once.').waitFor({ timeout: 30_000 });
      await until('nothing on its way', async () => (await tab.locator('[data-outgoing]').count()) === 0, 20_000);
      expect(await said(tab)).toEqual(['Two tabs, one message']);
    }
    await idle(world, session);
    expect(await storedTexts(world, session, 'user')).toEqual(['Two tabs, one message']);
  });

  it('27 a question is on both devices, and deciding on one settles it on the other', async () => {
    const { page } = await world.visit();
    const { page: other, faults } = await world.visit({ desktop: true });
    world.model.script([toolUse('Bash', { command: 'echo both', description: 'Say both' }), 'Both know.']);
    const session = await newChat(page, 'Ask both');
    await openChat(other, session);
    await cards(other).waitFor();
    await still(cards(page));
    await cards(page).getByRole('button', { name: 'Allow once' }).tap();
    await cards(other).waitFor({ state: 'detached' });
    // Who allowed it stays at the step: when the answer is over, and for whoever opens the chat later.
    const isSaid = async (screen: Page): Promise<void> => {
      await screen.getByText('Both know.').waitFor();
      await answered(screen);
      await screen.getByText(/^Allowed by /).waitFor();
    };
    for (const screen of [page, other]) await isSaid(screen);
    for (const screen of [page, other]) {
      await screen.reload();
      await isSaid(screen);
    }
    expect(faults).toEqual([]);
  });

  it('21 without storage everything works for as long as the page lives, and the settings say so', async () => {
    const { page, faults } = await world.visit();
    await page.addInitScript(() => {
      const refuse = (): never => {
        throw new DOMException('The operation is insecure.', 'SecurityError');
      };
      Object.defineProperty(window, 'indexedDB', { get: refuse });
      Object.defineProperty(window, 'localStorage', { get: refuse });
      Object.defineProperty(window, 'sessionStorage', { get: refuse });
    });
    world.model.script([answer('Without storage.', { repeat: true })]);
    const session = await newChat(page, 'Private window');
    await page.getByText('Without storage.').waitFor();
    await answered(page);
    await composer(page).fill('A draft for now');
    await page.getByRole('button', { name: 'Back' }).tap();
    await page.locator(`main a[href="/c/${session}"]`).getByText('A draft for now').waitFor();
    await page.locator(`main a[href="/c/${session}"]`).tap();
    await until('the draft', async () => (await composer(page).inputValue()) === 'A draft for now');
    await page.getByRole('button', { name: 'Back' }).tap();
    await page.getByRole('link', { name: 'Settings' }).tap();
    await page.getByRole('link', { name: /This device/ }).tap();
    await page.getByText('This browser keeps nothing for this page').waitFor();
    expect(faults).toEqual([]);
  });

  it('21 storage that fails in the middle (full, or taken away) loses nothing that is on the screen', async () => {
    const { page, faults } = await world.visit();
    await page.addInitScript(() => {
      IDBObjectStore.prototype.put = () => {
        throw new DOMException('There is no room.', 'QuotaExceededError');
      };
    });
    world.model.script([answer('Still here.', { repeat: true })]);
    await newChat(page, 'A full disk');
    await page.getByText('Still here.').waitFor();
    await answered(page);
    expect(await said(page)).toEqual(['A full disk']);
    expect(await page.locator('[data-outgoing]').count()).toBe(0);
    expect(faults).toEqual([]);
  });

  it('27 a device whose clock is wrong by days shows no nonsense and can still send and decide', async () => {
    for (const days of [-3, 400]) {
      const { page, context, faults } = await world.visit();
      await page.addInitScript((ms) => {
        const Real = Date;
        const now = (): number => Real.now() + ms;
        window.Date = new Proxy(Real, {
          construct: (target, given) => Reflect.construct(target, given.length === 0 ? [now()] : given),
          get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
        });
      }, days * 86_400_000);
      world.model.script([toolUse('Bash', { command: 'echo clock', description: 'Say clock' }), 'In time.']);
      await newChat(page, 'What time is it?');
      await cards(page).waitFor();
      await still(cards(page));
      await cards(page).getByRole('button', { name: 'Allow once' }).tap();
      await page.getByText('In time.').waitFor();
      await answered(page);
      const text = await page.locator('[data-transcript]').innerText();
      expect(text).not.toMatch(/NaN|Invalid|-\d+ (s|min|h)\b|\d{3,} (min|h)\b/);
      expect(await page.locator('[data-outgoing]').count()).toBe(0);
      await page.goto('/');
      await page.locator('main li').first().waitFor();
      expect(await page.locator('main').innerText()).not.toMatch(/NaN|Invalid/);
      expect(faults).toEqual([]);
      await context.close();
    }
  });

  it('21 the login runs out in the middle of a chat: back after it, draft and unsent message kept', async () => {
    const holder = await makeKey(world.harness);
    const { page, faults } = await world.visit({ key: holder.key });
    world.model.script([answer('Welcome back.', { repeat: true })]);
    const session = await emptyChat(world);
    await openChat(page, session);
    await composer(page).fill('Sent when nobody was signed in');
    await page.route('**/api/v1/sessions/*/**', (route) =>
      route.request().method() === 'POST' ? route.abort() : route.fallback(),
    );
    await sendButton(page).tap();
    await page.locator('[data-outbox]').waitFor();
    await composer(page).fill('And a draft behind it');
    const key = await rotate(world, holder.keyId);
    await page.waitForURL(/\/login\?next=/);
    expect(new URL(page.url()).searchParams.get('next')).toBe(`/c/${session}`);
    await page.unrouteAll({ behavior: 'wait' });
    await page.getByLabel('API key').fill(key);
    await page.getByRole('button', { name: 'Sign in', exact: true }).tap();
    await page.waitForURL(`**/c/${session}`);
    await page.getByText('Welcome back.').waitFor({ timeout: 30_000 });
    await until('the message to have arrived', async () => (await said(page)).length === 1);
    await idle(world, session);
    expect(await storedTexts(world, session, 'user')).toEqual(['Sent when nobody was signed in']);
    expect(await composer(page).inputValue()).toBe('And a draft behind it');
    expect(faults.filter((fault) => !fault.includes('401'))).toEqual([]);
  });

  it('17 answers of the server that come late, out of order or twice change nothing', async () => {
    const { page, faults } = await world.visit();
    world.model.script([answer(words(300), { tokensPerSecond: 300 }), 'The second.', 'The third.']);
    const session = await emptyChat(world);
    const gate = Promise.withResolvers<void>();
    let asked = 0;
    // Snapshots of the chat are answered late: as it was when they were asked for.
    await page.route('**/api/v1/sessions/*/messages*', async (route) => {
      if (route.request().method() !== 'GET') return route.fallback();
      asked += 1;
      const response = await route.fetch();
      await gate.promise;
      await route.fulfill({ response }).catch(() => {});
    });
    await page.goto(`/c/${session}`);
    await composer(page).waitFor();
    await until('the first snapshot to be asked for', () => asked > 0);
    await say(page, 'The first question');
    await until(
      'the server to be done',
      async () => (await storedTexts(world, session, 'assistant')).length === 1,
      20_000,
    );
    // Now the chat as it was before all of that.
    gate.resolve();
    await answers(page).waitFor();
    await answered(page);
    await page.unrouteAll({ behavior: 'wait' });
    // Twice: everything is asked for again, as after a sleep.
    for (let time = 0; time < 3; time += 1) await page.evaluate(() => dispatchEvent(new Event('online')));
    for (const text of ['The second question', 'The third question']) {
      await say(page, text);
      await until('it to be answered', async () => (await storedTexts(world, session, 'user')).includes(text));
      await idle(world, session);
      await page.evaluate(() => dispatchEvent(new Event('online')));
    }
    await page.getByText('The third.').waitFor();
    await painted(page);
    expect(await said(page)).toEqual(['The first question', 'The second question', 'The third question']);
    expect(await answers(page).allTextContents()).toEqual(await storedTexts(world, session, 'assistant'));
    expect(await turns(page).count()).toBe(3);
    expect(faults).toEqual([]);
  });

  it('18 a line that is down is said after two seconds, once, and no longer when it is back', async () => {
    const { page } = await world.visit();
    const session = await emptyChat(world);
    await openChat(page, session);
    const line = page.getByText('No connection to the server.');
    expect(await line.count()).toBe(0);
    world.line.mode('refuse');
    world.line.cut();
    await line.waitFor();
    expect(await line.count()).toBe(1);
    world.line.mode('up');
    await line.waitFor({ state: 'detached', timeout: 20_000 });
  });
});
