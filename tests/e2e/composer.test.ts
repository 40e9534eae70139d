/** Writing: keys mean what the device leads one to expect, and nothing takes the focus away. */
import { answer } from '@hearth/stand-in';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/until.ts';
import { answered, composer, newChat, openChat, say, sendButton, stopButton, words } from './support/chat.ts';
import { observe, painted, seen } from './support/observe.ts';
import { emptyChat, idle, storedTexts } from './support/server.ts';
import { browserMissing, startWorld, type World } from './support/world.ts';

/** The time the acceptance point allows, on a machine a quarter as quick. */
const limit = (ms: number): number => ms * 4;

/** Notes when a message is tapped away, and when it stands on the screen with the composer empty. */
const timeSending = (page: Page, text: string): Promise<void> =>
  page.evaluate((wanted) => {
    const times = { tapped: 0, shown: 0 };
    Object.assign(window, { times });
    document.addEventListener(
      'click',
      () => {
        times.tapped ||= performance.now();
      },
      { capture: true },
    );
    const look = (): void => {
      const area = document.querySelector('textarea');
      const shown = [...document.querySelectorAll('[data-transcript] p')].some((one) => one.textContent === wanted);
      if (times.tapped > 0 && shown && area?.value === '') times.shown = performance.now();
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, text);

describe.skipIf(browserMissing)('composer', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());

  it('10 by touch Return is a newline', async () => {
    const { page } = await world.visit();
    const session = await emptyChat(world);
    await openChat(page, session);
    await composer(page).tap();
    await page.keyboard.type('one');
    await page.keyboard.press('Enter');
    await page.keyboard.type('two');
    expect(await composer(page).inputValue()).toBe('one\ntwo');
    expect(await page.locator('[data-outgoing]').count()).toBe(0);
  });

  it('10 on a computer Enter sends, Shift+Enter is a newline, and during composition neither', async () => {
    const { page, context } = await world.visit({ desktop: true });
    world.model.script([answer('Read.', { repeat: true })]);
    const session = await emptyChat(world);
    await openChat(page, session);
    await composer(page).click();
    await page.keyboard.type('one');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('two');
    expect(await composer(page).inputValue()).toBe('one\ntwo');
    const client = await context.newCDPSession(page);
    await client.send('Input.imeSetComposition', { text: 'にほ', selectionStart: 2, selectionEnd: 2 });
    for (const init of [
      { key: 'Enter', isComposing: true },
      { key: 'Enter', keyCode: 229 },
    ]) {
      await composer(page).evaluate(
        (area, given) =>
          area.dispatchEvent(new KeyboardEvent('keydown', { ...given, bubbles: true, cancelable: true })),
        init,
      );
    }
    await painted(page);
    expect(await composer(page).inputValue()).toBe('one\ntwoにほ');
    expect(await page.locator('[data-outgoing], [data-turn]').count()).toBe(0);
    await client.send('Input.insertText', { text: '日本' });
    await page.keyboard.press('Enter');
    await page.getByText('Read.').waitFor();
    expect(await composer(page).inputValue()).toBe('');
    expect(await storedTexts(world, session, 'user')).toEqual(['one\ntwo日本']);
  });

  it('11 a sent message stands there within 50 ms with the composer cleared, whatever the server does', async () => {
    const { page, faults } = await world.visit();
    world.model.script([answer('Read.', { repeat: true })]);
    const session = await emptyChat(world);
    await openChat(page, session);
    await composer(page).fill('A quick word');
    await timeSending(page, 'A quick word');
    world.line.mode('hang');
    await sendButton(page).tap();
    const times = await until('it to be shown', () =>
      page.evaluate(() => {
        const { times: t } = window as unknown as { times: { tapped: number; shown: number } };
        return t.shown > 0 ? t : null;
      }),
    );
    expect(times.shown - times.tapped).toBeLessThanOrEqual(limit(50));
    world.line.mode('up');
    world.line.cut();
    await page.getByText('Read.').waitFor({ timeout: 30_000 });
    expect(faults).toEqual([]);
  });

  it('11 by touch no script moves the focus: not on opening, sending, answering or stopping', async () => {
    const { page } = await world.visit();
    await observe(page);
    world.model.script([answer(words(60), { tokensPerSecond: 300 }), answer(words(900), { tokensPerSecond: 200 })]);
    await newChat(page, 'First');
    await page.locator('[data-answer]').waitFor();
    await answered(page);
    await say(page, 'Second');
    await until(
      'Stop to be meant',
      async () =>
        (
          await page
            .locator('[data-live] .md')
            .innerText()
            .catch(() => '')
        ).includes('word60'),
      15_000,
    );
    await stopButton(page).tap();
    await page.getByText('Stopped').waitFor();
    // `fill` of the test itself focuses the field; nothing else may.
    expect((await seen(page)).focused.filter((name) => !name.startsWith('TEXTAREA Message'))).toEqual([]);
    const mine = (await seen(page)).focused.length;
    await painted(page);
    expect((await seen(page)).focused.length).toBe(mine);
  });

  it('11 after sending the keyboard stays as it was: an unfocused composer is not focused', async () => {
    const { page } = await world.visit();
    world.model.script([answer('Read.', { repeat: true })]);
    await openChat(page, await emptyChat(world));
    await composer(page).fill('Typed, then put away');
    await composer(page).blur();
    await sendButton(page).tap();
    await page.getByText('Read.').waitFor();
    await answered(page);
    expect(await composer(page).evaluate((area) => area === document.activeElement)).toBe(false);
  });

  it('11 while it answers, a second message can be queued or sent into it', async () => {
    const { page } = await world.visit();
    world.model.script([
      // Long enough that the second message meets it, also on a busy machine.
      answer(words(400), { tokensPerSecond: 80 }),
      answer('And the second.', { repeat: true }),
    ]);
    const session = await newChat(page, 'Begin');
    await stopButton(page).waitFor();
    await composer(page).fill('Then this');
    await page.getByRole('button', { name: 'Queue' }).tap();
    await page.getByText('Goes out after this answer').waitFor();
    expect(await storedTexts(world, session, 'user')).toEqual(['Begin']);
    await page.getByText('And the second.').waitFor({ timeout: 30_000 });
    await idle(world, session);
    expect(await storedTexts(world, session, 'user')).toEqual(['Begin', 'Then this']);
    expect(await page.locator('[data-turn]').count()).toBe(2);
  });

  it('11 what is sent into a running answer joins it, and both are there once', async () => {
    const { page, faults } = await world.visit();
    world.model.script([
      // Long enough that the second message meets it, also on a busy machine.
      answer(words(500, 'early'), { tokensPerSecond: 80 }),
      answer('Heard both.', { repeat: true }),
    ]);
    const session = await newChat(page, 'Begin');
    await page.getByText('early5').waitFor();
    await composer(page).fill('And consider this');
    await page.getByRole('button', { name: 'Send now, into the running answer' }).tap();
    await page.getByText('Heard both.').waitFor({ timeout: 40_000 });
    await answered(page);
    await idle(world, session);
    expect(await storedTexts(world, session, 'user')).toEqual(['Begin', 'And consider this']);
    expect(await page.locator('[data-message-text]').allTextContents()).toEqual(['Begin', 'And consider this']);
    expect(await page.locator('[data-answer]').allTextContents()).toEqual(
      await storedTexts(world, session, 'assistant'),
    );
    expect(await page.locator('[data-outgoing]').count()).toBe(0);
    expect(faults).toEqual([]);
  });

  it('11 the whole-screen editor opens by its button only, and closes with Escape', async () => {
    const { page } = await world.visit();
    await openChat(page, await emptyChat(world));
    await composer(page).tap();
    const height = (await composer(page).boundingBox())?.height ?? 0;
    await page.getByRole('button', { name: 'Write on the whole screen' }).tap();
    await until('it to grow', async () => ((await composer(page).boundingBox())?.height ?? 0) > height + 300);
    await page.keyboard.press('Escape');
    await until('it to shrink', async () => ((await composer(page).boundingBox())?.height ?? 0) < height + 10);
  });
});
