/**
 * The network is cut at fifty random moments while a person sends, watches answers and decides. Nothing may be lost,
 * doubled or out of order: what is on the screen in the end is compared with what the server has stored.
 */

import { messageListSchema } from '@hearth/contract';
import { type Step, toolUse } from '@hearth/stand-in';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/until.ts';
import { composer, newChat, sendButton } from './support/chat.ts';
import { browserMissing, startWorld, type World } from './support/world.ts';

const rounds = 50;
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1_000_000));

/** Small and repeatable: a failing run can be run again with its seed. */
const createRandom = (start: number): (() => number) => {
  let state = start >>> 0;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
};

const wordsOf = (round: number): string =>
  Array.from({ length: 30 }, (_, index) => `answer${round}word${index}`).join(' ');

const roundOf = (text: string): number => Number(/message (\d+)/.exec(text)?.[1] ?? Number.NaN);

/** Every third message leads to a question; all answers take about half a second to stream. */
const answerTo = (lastHuman: string, hasResult: boolean): Step => {
  const round = roundOf(lastHuman);
  const plain = {
    kind: 'answer' as const,
    tokensPerSecond: 80,
    content: [{ type: 'text' as const, text: wordsOf(round) }],
  };
  if (round % 3 !== 0 || hasResult) return plain;
  return toolUse('Bash', { command: `echo ${round}`, description: `Step ${round}` });
};

interface Line {
  who: 'user' | 'assistant';
  text: string;
}

const stored = async (world: World, session: string): Promise<Line[]> => {
  const { body } = await world.harness.json(`/api/v1/sessions/${session}/messages?limit=200`);
  return messageListSchema.parse(body).messages.flatMap((message): Line[] => {
    const text = message.content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n');
    return text === '' || message.type === 'system'
      ? []
      : [{ who: message.type === 'user' ? 'user' : 'assistant', text }];
  });
};

const shown = (page: Page): Promise<Line[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll('[data-turn]')].flatMap((turn) => {
      const clean = (element: Element | null): string => element?.textContent?.trim() ?? '';
      const own = clean(turn.querySelector('[data-message-text]'));
      const answers = [...turn.querySelectorAll('[data-answer]')].map((answer) => ({
        who: 'assistant' as const,
        text: clean(answer),
      }));
      return [...(own === '' ? [] : [{ who: 'user' as const, text: own }]), ...answers];
    }),
  );

describe.skipIf(browserMissing)(`the line is cut ${rounds} times (SEED=${seed})`, () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
    world.model.script(({ humanTexts, toolResults }) => answerTo(humanTexts.at(-1) ?? '', toolResults.length > 0));
  });
  afterAll(() => world.close());

  it('and nothing is lost, doubled or out of order', { timeout: 300_000 }, async () => {
    const random = createRandom(seed);
    const pause = (most: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, random() * most));
    const { page, faults } = await world.visit();
    const session = await newChat(page, 'message 1');
    const cutLine = async (): Promise<void> => {
      await pause(900);
      const how = random();
      if (how < 0.3) world.line.loseAnswerTo('POST', /\/resume|\/approvals\//);
      else world.line.mode(how < 0.8 ? 'refuse' : 'hang');
      world.line.cut();
      await pause(700);
      world.line.mode('up');
      world.line.cut();
    };
    const decide = async (): Promise<void> => {
      const allow = page.getByRole('button', { name: 'Allow once' }).first();
      if (await allow.isVisible().catch(() => false)) await allow.tap({ timeout: 1_000 }).catch(() => {});
    };
    const sent = ['message 1'];
    for (let round = 2; round <= rounds + 1; round += 1) {
      const cutting = cutLine();
      if (random() < 0.6) {
        const text = `message ${round}`;
        await composer(page).fill(text);
        await pause(300);
        await sendButton(page).tap();
        sent.push(text);
      } else await pause(500);
      await decide();
      await cutting;
    }
    await until(
      'all is said and decided',
      async () => {
        await decide();
        const { body } = await world.harness.json(`/api/v1/sessions/${session}`);
        const lines = await stored(world, session);
        const idle = (body as { activity: string }).activity === 'idle';
        return idle && lines.filter(({ who }) => who === 'user').length === sent.length;
      },
      120_000,
    );
    const truth = await stored(world, session);
    expect(truth.filter(({ who }) => who === 'user').map(({ text }) => text)).toEqual(sent);
    await until('nothing to be on its way', async () => (await page.locator('[data-outgoing]').count()) === 0, 30_000);
    await until(
      'the screen to show as much as the server has',
      async () => (await shown(page)).length >= truth.length,
      30_000,
    );
    expect(await shown(page)).toEqual(truth);
    expect(faults).toEqual([]);
    await page.reload();
    await page.locator('[data-turn]').first().waitFor();
    await until('the newest page', async () => (await shown(page)).at(-1)?.text === truth.at(-1)?.text);
    const after = await shown(page);
    expect(after).toEqual(truth.slice(-after.length));
  });
});
