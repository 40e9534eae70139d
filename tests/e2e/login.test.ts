/** Signing in: once, on this device, without the key staying anywhere. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plantKey } from '../support/owners.ts';
import { until } from '../support/until.ts';
import { browserMissing, startWorld, type World } from './support/world.ts';

const field = (page: Page) => page.locator('input[name=api_key]');
const submit = (page: Page) => page.locator('button[type=submit]');

const signIn = async (page: Page, key: string): Promise<void> => {
  await field(page).fill(key);
  await submit(page).tap();
};

/** Everything this origin keeps in the browser, as one text. */
const kept = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    const parts = [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage }), document.cookie];
    for (const { name } of await indexedDB.databases()) {
      const db = await new Promise<IDBDatabase>((resolve, reject) => {
        const opening = indexedDB.open(name ?? '');
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => reject(opening.error);
      });
      for (const store of db.objectStoreNames) {
        const objects = db.transaction(store).objectStore(store);
        for (const request of [objects.getAll(), objects.getAllKeys()]) {
          parts.push(
            await new Promise((resolve) => {
              request.onsuccess = () => resolve(JSON.stringify(request.result));
            }),
          );
        }
      }
      db.close();
    }
    return parts.join('\n');
  });

describe.skipIf(browserMissing)('login', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());

  it('1 the key is pasted once: then an HttpOnly cookie, and the key is kept nowhere', async () => {
    const { page, context, faults, strangers } = await world.visit({ signedOut: true });
    const urls: string[] = [];
    page.on('request', (request) => urls.push(request.url()));
    page.on('framenavigated', (frame) => urls.push(frame.url()));
    await page.goto('/login');
    await page.getByText(new URL(world.line.url).host).waitFor();
    await field(page).focus();
    await page.keyboard.insertText(world.key);
    await submit(page).tap();
    await page.getByRole('heading', { name: 'Chats' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/');
    const [cookie, ...more] = await context.cookies();
    expect(more).toEqual([]);
    expect(cookie?.httpOnly).toBe(true);
    expect(['Lax', 'Strict']).toContain(cookie?.sameSite);
    expect(cookie?.value).not.toContain(world.key);
    await page.goto('/settings/account');
    await page.getByText('Signed in with the key').waitFor();
    const all = await kept(page);
    expect(all).toContain('hearth.owner');
    expect(all).not.toContain(world.key);
    expect(urls.join('\n')).not.toContain(world.key);
    expect(faults.filter((fault) => !fault.includes('401'))).toEqual([]);
    expect(strangers).toEqual([]);
  });

  it('1 a one-time code from a device that is signed in does the same, and its address forgets it', async () => {
    const { page: first } = await world.visit();
    await first.goto('/settings/account');
    await first.getByRole('button', { name: 'Make a one-time code' }).tap();
    const code = await first.locator('p.font-mono').innerText();
    const { page } = await world.visit({ signedOut: true });
    await page.goto(`/login#code=${encodeURIComponent(code)}`);
    await until('the code to be filled in', async () => (await page.getByLabel('One-time code').inputValue()) === code);
    expect(page.url()).not.toContain(code);
    await submit(page).tap();
    await page.getByRole('heading', { name: 'Chats' }).waitFor();
  });

  it('2 a wrong key is told at the field, which has the focus and keeps its value; an expired one in other words', async () => {
    const { page } = await world.visit({ signedOut: true });
    await page.goto('/login');
    await signIn(page, 'no-such-key-0123456789-abcdefgh');
    const message = page.getByRole('alert').filter({ hasText: 'does not know this key' });
    await message.waitFor();
    const wrong = await message.innerText();
    expect(await field(page).getAttribute('aria-invalid')).toBe('true');
    expect(await field(page).getAttribute('aria-describedby')).toBe(await message.getAttribute('id'));
    expect(await field(page).evaluate((input) => input === document.activeElement)).toBe(true);
    expect(await field(page).inputValue()).toBe('no-such-key-0123456789-abcdefgh');
    const yesterday = new Date(Date.now() - 86_400_000).toISOString();
    const { key } = await plantKey(world.harness, world.harness.server.app.ownerId, { expires_at: yesterday });
    await signIn(page, key);
    const expired = page.getByRole('alert').filter({ hasText: 'expired' });
    await expired.waitFor();
    expect(await expired.innerText()).not.toBe(wrong);
    expect(await field(page).inputValue()).toBe(key);
    expect(new URL(page.url()).pathname).toBe('/login');
  });

  it('2 a server that cannot be reached is not the fault of the key', async () => {
    const { page } = await world.visit({ signedOut: true });
    await page.goto('/login');
    await field(page).fill(world.key);
    world.line.mode('refuse');
    await submit(page).tap();
    await page.getByText("Can't reach the server").waitFor();
    expect(await field(page).getAttribute('aria-invalid')).toBeNull();
    expect(await field(page).inputValue()).toBe(world.key);
    world.line.mode('up');
    await submit(page).tap();
    await page.getByRole('heading', { name: 'Chats' }).waitFor();
  });

  it('3 a deep link comes back after the login, with query and hash', async () => {
    const { page } = await world.visit({ signedOut: true });
    await page.goto('/settings/appearance?from=mail&x=a%20b#theme');
    await page.waitForURL(/\/login\?next=/);
    await signIn(page, world.key);
    await page.getByRole('heading', { name: 'Appearance' }).waitFor();
    const { pathname, search, hash } = new URL(page.url());
    expect(`${pathname}${search}${hash}`).toBe('/settings/appearance?from=mail&x=a%20b#theme');
  });

  it('3 an address of another site is no place to come back to', async () => {
    for (const next of ['https://evil.example/', '//evil.example/', '/\\evil.example/', 'javascript:alert(1)']) {
      const { page, context, strangers } = await world.visit({ signedOut: true });
      await page.goto(`/login?next=${encodeURIComponent(next)}`);
      await signIn(page, world.key);
      await page.getByRole('heading', { name: 'Chats' }).waitFor();
      expect(page.url()).toBe(`${world.line.url}/`);
      expect(strangers).toEqual([]);
      await context.close();
    }
  });

  it('3 Back after signing out leads to the login again, not to an empty screen', async () => {
    const { page, faults } = await world.visit();
    await page.goto('/');
    await page.getByRole('heading', { name: 'Chats' }).waitFor();
    await page.getByRole('link', { name: 'Status' }).first().click();
    await page.getByRole('heading', { name: 'Status' }).waitFor();
    await page.getByRole('link', { name: 'Settings' }).first().click();
    await page
      .locator('main')
      .getByRole('link', { name: /Account/ })
      .first()
      .click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.locator('input[name=api_key]').waitFor();
    await page.goBack();
    await page.locator('input[name=api_key]').waitFor();
    expect(new URL(page.url()).pathname).toBe('/login');
    expect(faults).toEqual([]);
  });

  it('1 signing out leads to the login and leaves nothing of the person behind', async () => {
    const { page, context } = await world.visit();
    await page.goto('/settings/account');
    await page.getByRole('button', { name: 'Sign out' }).tap();
    await page.waitForURL('**/login');
    expect(await kept(page)).not.toContain(world.harness.server.app.ownerId);
    expect(await context.cookies()).toEqual([]);
    await page.goto('/');
    await page.waitForURL('**/login');
  });

  // Last, because the address is locked out for a minute afterwards.
  it('2 too many tries are told apart, and count down', async () => {
    const { page } = await world.visit({ signedOut: true });
    await page.goto('/login');
    for (let attempt = 0; attempt < 25; attempt += 1) {
      await world.harness.fetch('/api/v1/auth/login', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-API-Key': '' },
        body: JSON.stringify({ api_key: `wrong-key-number-${attempt}-0123456789` }),
      });
    }
    await signIn(page, 'no-such-key-0123456789-abcdefgh');
    const alert = page.getByRole('alert').filter({ hasText: /Too many tries\. Try again in \d+ s/ });
    await alert.waitFor();
    expect(await field(page).inputValue()).toBe('no-such-key-0123456789-abcdefgh');
    expect(await submit(page).isDisabled()).toBe(true);
    const first = await alert.innerText();
    await until('the seconds to go down', async () => (await alert.innerText()) !== first);
  });
});
