/** Decisions: each is meant, each is delivered once, and what was decided elsewhere is over here too. */
import { answer, toolUse } from '@hearth/stand-in';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { makeOwner } from '../support/owners.ts';
import { until } from '../support/until.ts';
import { answered, cards, composer, newChat } from './support/chat.ts';
import { observe, painted, seen, still } from './support/observe.ts';
import { askedFor, idle, pendingOf, storedTexts } from './support/server.ts';
import { browserMissing, startWorld, type World } from './support/world.ts';

const bash = (command: string): ReturnType<typeof toolUse> =>
  toolUse('Bash', { command, description: `Do ${command}` });

/** A chat that asks for one command. The card has stood still for long enough to be tapped. */
const asked = async (world: World, page: Page, command: string): Promise<string> => {
  world.model.script([bash(command), 'It went on.']);
  const session = await newChat(page, `Please: ${command}`);
  await cards(page).waitFor();
  await still(cards(page));
  return session;
};

const button = (page: Page, name: string) => cards(page).first().getByRole('button', { name });
const decisions = (world: World): number => askedFor(world, 'POST', /^\/api\/v1\/approvals\//).length;

describe.skipIf(browserMissing)('approvals', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());

  it('26 three at once can all be reached, say "1 of 3", and allowing one leaves two', async () => {
    const { page, faults } = await world.visit();
    const files = ['/etc/hostname', '/etc/os-release', '/etc/hosts'];
    world.model.script([answer(files.map((file) => toolUse('Read', { file_path: file }))), 'All read.']);
    await newChat(page, 'Read three of them');
    await until('three cards', async () => (await cards(page).count()) === 3, 15_000);
    for (const place of ['1 of 3', '2 of 3', '3 of 3']) await cards(page).getByText(place, { exact: true }).waitFor();
    for (const index of [0, 1, 2]) {
      const allow = cards(page).nth(index).getByRole('button', { name: 'Allow once' });
      await allow.scrollIntoViewIfNeeded();
      expect(
        await allow.evaluate((element) => {
          const box = element.getBoundingClientRect();
          const at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
          return element === at || element.contains(at);
        }),
      ).toBe(true);
    }
    const last = cards(page).nth(2);
    const title = await last.getByRole('heading').innerText();
    await still(last);
    await last.getByRole('button', { name: 'Allow once' }).tap();
    await until('two cards', async () => (await cards(page).count()) === 2);
    await cards(page).getByText('1 of 2', { exact: true }).waitFor();
    expect((await cards(page).getByRole('heading').allInnerTexts()).includes(title)).toBe(false);
    for (const left of [1, 0]) {
      await still(cards(page).first());
      await button(page, 'Allow once').tap();
      await until(`${left} left`, async () => (await cards(page).count()) === left);
    }
    await page.getByText('All read.').waitFor();
    expect(faults).toEqual([]);
  });

  it('27 a tap says Sending until the server has answered, and only then settles', async () => {
    const { page } = await world.visit();
    const session = await asked(world, page, 'echo sending');
    const before = decisions(world);
    const gate = Promise.withResolvers<void>();
    await page.route('**/api/v1/approvals/*', async (route) => {
      if (route.request().method() === 'POST') await gate.promise;
      await route.fallback();
    });
    await button(page, 'Allow once').tap();
    await button(page, 'Sending').waitFor();
    expect(await cards(page).count()).toBe(1);
    expect(await pendingOf(world, session)).toHaveLength(1);
    await button(page, 'Sending').tap({ force: true });
    gate.resolve();
    await cards(page).waitFor({ state: 'detached' });
    await page.getByText('It went on.').waitFor();
    await idle(world, session);
    expect(decisions(world) - before).toBe(1);
  });

  it('27 a server error gives the buttons back with the reason', async () => {
    const { page } = await world.visit();
    await asked(world, page, 'echo error');
    await page.route('**/api/v1/approvals/*', (route) =>
      route.request().method() === 'POST'
        ? route.fulfill({ status: 500, json: { error: { code: 'INTERNAL_ERROR', message: 'The disk is full.' } } })
        : route.fallback(),
    );
    await button(page, 'Allow once').tap();
    await cards(page)
      .getByText(/Not delivered.*The disk is full/)
      .waitFor();
    await button(page, 'Allow once').waitFor();
    await page.unroute('**/api/v1/approvals/*');
    await still(cards(page));
    await button(page, 'Allow once').tap();
    await cards(page).waitFor({ state: 'detached' });
    await page.getByText('It went on.').waitFor();
  });

  it('27 decided elsewhere: settled, with who decided, and no live button', async () => {
    const { page } = await world.visit();
    const session = await asked(world, page, 'echo elsewhere');
    const [pending] = await pendingOf(world, session);
    await world.harness.client.approvals.decide(pending?.id ?? '', { decision: 'deny' });
    await cards(page).waitFor({ state: 'detached' });
    await page.getByText(/^Denied by /).waitFor();
    expect(await page.getByRole('button', { name: /Allow once|Deny/ }).count()).toBe(0);
  });

  it('27 decided elsewhere while this page did not hear of it: the tap shows what was decided', async () => {
    const { page } = await world.visit();
    const session = await asked(world, page, 'echo unheard');
    await page.route('**/api/v1/events*', (route) => route.abort());
    const [pending] = await pendingOf(world, session);
    await page.evaluate(() => {
      // The card stays as it is: what the stream would say does not come.
      Object.assign(window, { cut: true });
    });
    world.line.mode('hang');
    world.line.cut();
    await world.harness.client.approvals.decide(pending?.id ?? '', { decision: 'deny' });
    world.line.mode('up');
    world.line.cut();
    if ((await cards(page).count()) === 1)
      await button(page, 'Allow once')
        .tap({ timeout: 2_000 })
        .catch(() => {});
    await page.unroute('**/api/v1/events*');
    await cards(page).waitFor({ state: 'detached' });
    await page.getByText(/^Denied by /).waitFor();
    expect((await world.harness.client.approvals.get(pending?.id ?? '')).status).toBe('denied');
  });

  it('27 expired: settled text, no live button, nothing was done', async () => {
    const { page } = await world.visit();
    const session = await asked(world, page, 'echo expired');
    const [pending] = await pendingOf(world, session);
    await world.harness.server.app.db.kysely
      .updateTable('approvals')
      .set({ expires_at: new Date(Date.now() - 60_000).toISOString() })
      .where('id', '=', pending?.id ?? '')
      .execute();
    // The server may notice first, and then there is nothing left to tap.
    await button(page, 'Allow once')
      .tap({ timeout: 2_000 })
      .catch(() => {});
    await cards(page).waitFor({ state: 'detached' });
    await page.getByText('Nobody decided in time').waitFor();
    expect(await page.getByRole('button', { name: 'Allow once' }).count()).toBe(0);
    expect((await world.harness.client.approvals.get(pending?.id ?? '')).status).toBe('expired');
  });

  it('28 a tap within 400 ms of its appearance does nothing, and Enter in the composer never approves', async () => {
    const { page } = await world.visit();
    world.model.script([bash('echo early'), 'It went on.', 'Heard.']);
    // Taps as soon as there is something to tap, in the very frame.
    await page.addInitScript(() => {
      new MutationObserver((_list, observer) => {
        const early = [...document.querySelectorAll<HTMLElement>('[data-approval] button')].find(
          (one) => one.textContent === 'Allow once',
        );
        if (!early) return;
        observer.disconnect();
        early.click();
        setTimeout(() => early.click(), 100);
        setTimeout(() => {
          early.click();
          document.body.dataset.tapped = 'early';
        }, 250);
      }).observe(document, { subtree: true, childList: true });
    });
    const session = await newChat(page, 'Do it early');
    await page.locator('body[data-tapped=early]').waitFor({ state: 'attached' });
    await still(cards(page));
    expect(await pendingOf(world, session)).toHaveLength(1);
    expect(await button(page, 'Allow once').count()).toBe(1);
    await composer(page).focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await painted(page);
    expect(await pendingOf(world, session)).toHaveLength(1);
    await button(page, 'Allow once').tap();
    await page.getByText('It went on.').waitFor();
  });

  it('28 on a computer neither: Enter in the composer sends words, and the card never takes the focus', async () => {
    const { page } = await world.visit({ desktop: true });
    await observe(page);
    await asked(world, page, 'echo enter').catch(() => {});
    const session = page.url().split('/').at(-1) ?? '';
    expect(await page.evaluate(() => document.activeElement?.closest('[data-approval]') ?? null)).toBeNull();
    expect((await seen(page)).focused.filter((name) => name.startsWith('BUTTON'))).toEqual([]);
    const [pending] = await pendingOf(world, session);
    await composer(page).fill('Not that, please');
    await page.keyboard.press('Enter');
    await until('the words to be sent', async () => (await composer(page).inputValue()) === '');
    await page.keyboard.press('Enter');
    await painted(page);
    const { status } = await world.harness.client.approvals.get(pending?.id ?? '');
    expect(['pending', 'cancelled']).toContain(status);
    // What is still on its way at the end of a test would take the next one's answers.
    await until('the words to be stored', async () =>
      (await storedTexts(world, session, 'user')).includes('Not that, please'),
    );
  });

  it('28 a card that moves under the finger takes no tap until it is still again', async () => {
    const { page } = await world.visit();
    const session = await asked(world, page, 'echo moving');
    await cards(page).evaluate((card) => {
      const early = [...card.querySelectorAll('button')].find((one) => one.textContent === 'Allow once');
      card.parentElement?.insertBefore(Object.assign(document.createElement('div'), { style: 'height:80px' }), card);
      early?.click();
    });
    await painted(page);
    expect(await pendingOf(world, session)).toHaveLength(1);
    expect(await button(page, 'Sending').count()).toBe(0);
    await still(cards(page));
    await button(page, 'Allow once').tap();
    await page.getByText('It went on.').waitFor();
  });

  it('28 what destroys is held, or confirmed twice by keyboard', async () => {
    const { page } = await world.visit();
    const session = await asked(world, page, 'rm -rf ./old');
    const hold = cards(page).getByRole('button', { name: /allow once/i });
    await hold.tap();
    await cards(page).getByRole('button', { name: 'Hold longer' }).waitFor();
    expect(await pendingOf(world, session)).toHaveLength(1);
    await cards(page).getByRole('button', { name: 'Hold longer' }).focus();
    await page.keyboard.press('Enter');
    await cards(page).getByRole('button', { name: 'Press again to allow once' }).waitFor();
    expect(await pendingOf(world, session)).toHaveLength(1);
    await page.keyboard.press('Enter');
    await page.getByText('It went on.').waitFor();
  });

  it('29 a link to an approval, signed out: login, then that very approval', async () => {
    const { page } = await world.visit();
    const session = await asked(world, page, 'echo linked');
    const [pending] = await pendingOf(world, session);
    const { page: other, faults } = await world.visit({ signedOut: true });
    await other.goto(`/approve/${pending?.id}`);
    await other.waitForURL(/\/login\?next=/);
    await other.getByLabel('API key').fill(world.key);
    await other.getByRole('button', { name: 'Sign in', exact: true }).tap();
    await other.waitForURL(`**/approve/${pending?.id}`);
    await other.getByText('echo linked', { exact: true }).waitFor();
    await still(cards(other));
    await button(other, 'Allow once').tap();
    await other.getByText(/^Allowed by /).waitFor();
    await page.getByText('It went on.').waitFor();
    expect(faults.filter((fault) => !fault.includes('401'))).toEqual([]);
  });

  it('29 the id of somebody else is not found and tells nothing', async () => {
    const { page } = await world.visit();
    const session = await asked(world, page, 'echo private-matter');
    const [pending] = await pendingOf(world, session);
    const stranger = await makeOwner(world.harness);
    const { page: other } = await world.visit({ key: stranger.key });
    for (const id of [pending?.id, crypto.randomUUID(), 'no-id-at-all']) {
      await other.goto(`/approve/${id}`);
      await other.getByText('Nothing waiting here').waitFor();
      expect(await other.locator('body').innerText()).not.toContain('private-matter');
      expect(await other.getByRole('button', { name: /Allow|Deny/ }).count()).toBe(0);
    }
  });

  it('27 the server is stopped and started again during a question: nothing is lost, the decision still counts', async () => {
    const own = await startWorld();
    onTestFinished(() => own.close());
    const { page } = await own.visit();
    const session = await asked(own, page, 'echo survived');
    await own.restart();
    await until(
      'the page to be connected again',
      async () =>
        await button(page, 'Allow once')
          .isEnabled()
          .catch(() => false),
      30_000,
    );
    expect(await pendingOf(own, session)).toHaveLength(1);
    await still(cards(page));
    await button(page, 'Allow once').tap();
    await page.getByText('It went on.').waitFor({ timeout: 30_000 });
    await answered(page);
    expect(await cards(page).count()).toBe(0);
  });
});
