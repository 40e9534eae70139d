/** A message sent while an answer is being written gets its own answer, in the same run, by the real binary. */
import { messageListSchema } from '@hearth/contract';
import { answer, type StandIn } from '@hearth/stand-in';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Harness, startHarness, startModel } from './harness.ts';
import { until } from './support/until.ts';

let model: StandIn;
let harness: Harness;
beforeAll(async () => {
  model = await startModel();
  harness = await startHarness({ standIn: model });
});
afterAll(async () => {
  await harness.close();
  await model.close();
});

it('is answered although the first answer had no step to be told in', async () => {
  model.script([answer('word '.repeat(300), { tokensPerSecond: 100 }), answer('Heard both.', { repeat: true })]);
  const { id } = await harness.client.sessions.create({});
  const page = async () => messageListSchema.parse((await harness.json(`/api/v1/sessions/${id}/messages`)).body);
  const first = await harness.client.sessions.send(id, { prompt: 'Begin', include_partial_messages: true });
  await until('the answer to begin', async () => (await page()).live.length > 0, 20_000);
  const second = await harness.client.sessions.send(id, { prompt: 'And consider this' });
  expect(second).toMatchObject({ joined: true, run_id: first.run_id });
  await until('the end', async () => (await page()).runs[0]?.ended_at !== null, 30_000);
  const texts = (await page()).messages.map(({ content: [block] }) =>
    block?.type === 'text' ? block.text.slice(0, 20) : '',
  );
  expect(texts).toEqual(['Begin', 'And consider this', 'word word word word ', 'Heard both.']);
});
