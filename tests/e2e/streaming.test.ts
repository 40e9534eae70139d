/** Answers while they are written, and what becomes of them when the reader or the network goes away. */
import { answer } from '@hearth/stand-in';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/until.ts';
import { answered, answers, liveText, newChat, openChat, say, stopButton, turns, words } from './support/chat.ts';
import { observe, seen, totalShift } from './support/observe.ts';
import { askedFor, emptyChat, idle, storedTexts } from './support/server.ts';
import { browserMissing, startWorld, type World } from './support/world.ts';

/** 400 deltas of three words, about a hundred a second. */
const long = Array.from({ length: 20 }, (_, index) => words(60, `p${index}w`)).join('\n\n');
const plain = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();
const slowly = { tokensPerSecond: 600 };

describe.skipIf(browserMissing)('streaming', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());

  it('12 an answer of 400 deltas grows, moves nothing, and is announced once at each end', async () => {
    const { page, faults } = await world.visit();
    await observe(page);
    world.model.script([answer(long, slowly)]);
    await openChat(page, await emptyChat(world));
    await say(page, 'Tell me a long one');
    await answers(page).waitFor();
    await answered(page);
    expect(plain(await answers(page).innerText())).toBe(plain(long));
    const { live, announced } = await seen(page);
    expect(live.length).toBeGreaterThan(15);
    for (const [index, text] of live.entries()) expect(plain(text)).toContain(plain(live[index - 1] ?? ''));
    await until('the end to be announced', async () => (await seen(page)).announced.includes('Answer complete'));
    expect(announced.filter((text) => text === 'Answering')).toHaveLength(1);
    expect((await seen(page)).announced).toEqual(['Answering', 'Answer complete']);
    expect(await totalShift(page)).toBeLessThanOrEqual(0.02);
    expect(faults).toEqual([]);
  });

  it('12 the first message of a new chat is announced the same way', async () => {
    const { page } = await world.visit();
    await observe(page);
    world.model.script([answer(words(300), slowly)]);
    await newChat(page, 'Tell me something');
    await answers(page).waitFor();
    await answered(page);
    await until('the end to be announced', async () => (await seen(page)).announced.includes('Answer complete'));
    expect((await seen(page)).announced).toEqual(['Answering', 'Answer complete']);
    expect(await totalShift(page)).toBeLessThanOrEqual(0.02);
  });

  it('15 half a fence, table, bold, link and script show no raw marks, run nothing and fetch nothing', async () => {
    const { page, strangers, faults } = await world.visit();
    await observe(page);
    const parts = [
      'It is **very bold text of some length** here and `some code that is long` there.',
      'A [link with words](https://example.com/some/long/path?with=query) follows.',
      '| Column one | Column two |\n| --- | --- |\n| first cell | second cell |\n| third cell | fourth cell |',
      '```js\nconst value = "in a fence";\nconsole.log(value);\n```',
      '<script>document.title = "broken in"</script>',
      '<img src="https://evil.example/p.png" onerror="document.title = \'broken in\'">',
      '![a picture](https://evil.example/q.png)',
      'The end.',
    ];
    world.model.script([answer(parts.join('\n\n'), { tokensPerSecond: 40 })]);
    await newChat(page, 'Show me everything');
    await page.getByText('The end.').waitFor();
    await answered(page);
    const { live } = await seen(page);
    expect(live.length).toBeGreaterThan(15);
    // Marks that a reader would see come and go: an open bold, an open code span, half a link, a table's rule, a fence.
    const raw = [/\*\*/, /`/, /\]\(/, /\[link/, /\| ?-{2,}/, /-{3,} ?\|/];
    const flickers = live.flatMap((text) => raw.filter((mark) => mark.test(text)).map((mark) => `${mark}: ${text}`));
    expect(flickers).toEqual([]);
    expect(await page.locator('[data-transcript] :is(script, iframe, object, embed)').count()).toBe(0);
    expect(await page.locator('[data-transcript] img').count()).toBe(0);
    expect(await page.locator('[data-answer] table td').allInnerTexts()).toEqual([
      'first cell',
      'second cell',
      'third cell',
      'fourth cell',
    ]);
    expect(await page.locator('[data-answer] pre').innerText()).toContain('const value = "in a fence";');
    expect(await page.title()).toBe('Hearth');
    expect(strangers).toEqual([]);
    expect(faults).toEqual([]);
  });

  it('16 Stop is asked for once, says so, and the words so far outlive a reload', async () => {
    const { page, faults } = await world.visit();
    world.model.script([answer(long, { tokensPerSecond: 100 })]);
    const session = await newChat(page, 'Talk until I stop you');
    await until(
      'some words',
      async () =>
        (
          await liveText(page)
            .innerText()
            .catch(() => '')
        ).includes('p1w5'),
      15_000,
    );
    const stops = (): number => askedFor(world, 'POST', /\/interrupt$/).length;
    const before = stops();
    const release = world.line.holdBack('POST', /\/interrupt$/);
    await stopButton(page).tap();
    await page.getByRole('button', { name: 'Stopping' }).tap({ force: true });
    release();
    await answered(page);
    await page.getByText('Stopped').waitFor();
    expect(stops() - before).toBe(1);
    const kept = await answers(page).innerText();
    expect(kept).toContain('p1w5');
    expect(plain(long).startsWith(plain(kept))).toBe(true);
    expect(plain(kept).length).toBeLessThan(plain(long).length);
    await idle(world, session);
    expect((await storedTexts(world, session, 'assistant')).map(plain)).toEqual([plain(kept)]);
    await page.reload();
    await page.getByText('Stopped').waitFor();
    expect(await answers(page).innerText()).toBe(kept);
    expect(await page.locator('[data-working]').count()).toBe(0);
    expect(faults).toEqual([]);
  });

  it('17 a stream that is cut at delta 100 of 400 goes on, and ends with the text of the server', async () => {
    const { page, faults } = await world.visit();
    world.model.script([answer(long, slowly)]);
    await openChat(page, await emptyChat(world));
    world.line.cutStreamAfter('event: partial', 100);
    const before = askedFor(world, 'GET', /^\/api\/v1\/events/).length;
    await say(page, 'Tell me a long one');
    await until('the stream to be opened again', () => askedFor(world, 'GET', /^\/api\/v1\/events/).length > before);
    await answers(page).waitFor({ timeout: 20_000 });
    await answered(page);
    const session = page.url().split('/').at(-1) ?? '';
    const shown = (await answers(page).allInnerTexts()).map(plain);
    expect(shown).toEqual((await storedTexts(world, session, 'assistant')).map(plain));
    expect(shown).toEqual([plain(long)]);
    expect(await turns(page).count()).toBe(1);
    expect(faults).toEqual([]);
  });

  it('18 hidden for five minutes while the run ended: the whole answer is there on return', async () => {
    const { page, faults } = await world.visit();
    await page.addInitScript(() => {
      let state: DocumentVisibilityState = 'visible';
      Object.defineProperty(document, 'visibilityState', { get: () => state });
      Object.defineProperty(document, 'hidden', { get: () => state === 'hidden' });
      addEventListener('visibility-for-tests', (event) => {
        state = (event as CustomEvent<DocumentVisibilityState>).detail;
        document.dispatchEvent(new Event('visibilitychange'));
      });
    });
    const look = (state: DocumentVisibilityState): Promise<void> =>
      page.evaluate((detail) => {
        dispatchEvent(new CustomEvent('visibility-for-tests', { detail }));
      }, state);
    await page.clock.install();
    world.model.script([answer(long, slowly)]);
    const session = await newChat(page, 'Tell me a long one');
    await until(
      'the first words',
      async () =>
        (
          await liveText(page)
            .innerText()
            .catch(() => '')
        ).includes('p0w20'),
      15_000,
    );
    await look('hidden');
    // What a phone does with a page in the background: its line dies without a word.
    world.line.mode('hang');
    world.line.cut();
    await page.clock.fastForward('05:00');
    await idle(world, session);
    world.line.mode('up');
    world.line.cut();
    await look('visible');
    await answers(page).waitFor({ timeout: 4_000 });
    await page.locator('[data-working]').waitFor({ state: 'detached', timeout: 4_000 });
    expect((await answers(page).allInnerTexts()).map(plain)).toEqual([plain(long)]);
    expect(await page.getByText('No connection to the server').count()).toBe(0);
    expect(await page.locator('[data-transcript] [role=alert]').count()).toBe(0);
    expect(faults).toEqual([]);
  });
});
