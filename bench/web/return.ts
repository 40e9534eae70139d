/** Coming back: the saved chat is there before the server has said a word. */
import { answered, newChat } from '../../tests/e2e/support/chat.ts';
import type { World } from '../../tests/e2e/support/world.ts';
import type { Row } from '../lib/report.ts';

/** The API answers 3 s late; the app's own files come as always. */
export const measureReturn = async (world: World): Promise<Row[]> => {
  const { page, context } = await world.visit();
  world.model.script(['It is **saved**, and there when you come back.']);
  const id = await newChat(page, 'Remember this chat');
  await answered(page);
  await page.waitForTimeout(500);
  world.line.delay(3_000, /^\/api\//);
  const times: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    await page.goto('about:blank');
    const startedAt = performance.now();
    await page.goto(`/c/${id}`, { waitUntil: 'commit' });
    await page.getByText('there when you come back').waitFor();
    times.push(performance.now() - startedAt);
  }
  world.line.delay(0);
  await context.close();
  const median = times.toSorted((a, b) => a - b)[1] ?? Number.POSITIVE_INFINITY;
  return [
    {
      measure: 'saved chat on the screen, the API 3 s late',
      ours: `${median.toFixed(0)} ms`,
      limit: '500 ms',
      ok: median <= 500,
    },
  ];
};
