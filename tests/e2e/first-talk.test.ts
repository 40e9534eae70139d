/** What a newcomer does first, by touch: the key, a question, a tool step, an approval, a tool that fails. */

import { toolUse } from '@hearth/stand-in';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answered, composer, newChat, say, transcript } from './support/chat.ts';
import { still } from './support/observe.ts';
import { browserMissing, startWorld, type World } from './support/world.ts';

describe.skipIf(browserMissing)('the first talk', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());

  it('streams, shows steps, asks, and says what failed; no request leaves the origin', async () => {
    const { page, strangers, faults } = await world.visit();
    world.model.script([
      toolUse('Read', { file_path: 'missing.txt' }),
      'There is no such file. Shall I make it?',
      toolUse('Bash', { command: 'echo made', description: 'Make the file' }),
      'Done, it is **made**.',
    ]);
    await newChat(page, 'Look into missing.txt');
    await page.getByText('There is no such file.').waitFor();
    await page.getByText('Failed:').waitFor();
    await answered(page);
    await say(page, 'Yes, make it');
    const card = page.getByRole('region', { name: /Needs you/ });
    await card.waitFor();
    expect(await card.innerText()).toContain('echo made');
    await still(card);
    await card.getByRole('button', { name: 'Allow once' }).tap();
    await page.getByText('Done, it is').waitFor();
    await answered(page);
    expect(await transcript(page).innerText()).toContain('Ran');
    expect(await composer(page).inputValue()).toBe('');
    expect(strangers).toEqual([]);
    expect(faults).toEqual([]);
  });
});
