import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../kernel/clock.ts';
import { createPolicy } from '../../kernel/policies.ts';
import { type FakeService, startFakeService } from '../http/testing/fake-service.ts';
import { createOpenAiModel } from './openai.ts';

let fake: FakeService;
let content: string;
let asked: unknown;
beforeAll(async () => {
  fake = await startFakeService({
    key: { header: 'authorization', value: 'Bearer secret' },
    answer: ({ body }) => {
      asked = body;
      return { status: 200, body: { choices: [{ message: { role: 'assistant', content } }] } };
    },
    failed: (status, message) => ({ status, body: { error: { message } } }),
  });
});
afterEach(() => {
  fake.mode = 'well';
});
afterAll(() => fake.stop());

const limits = { connectMs: 200, requestMs: 300, retries: 0 };
const make = (apiKey = 'secret') =>
  createOpenAiModel({
    url: `${fake.url}/v1`,
    model: 'small',
    apiKey,
    clock: systemClock,
    policy: createPolicy('model that finds facts', limits),
  });
const question = { system: 'Find facts.', text: 'I like fish.', schema: { type: 'object' } };
const away = { code: 'SERVICE_UNAVAILABLE' };

it.each([
  ['plain JSON', '{"facts":[1]}'],
  ['JSON between fences', '```json\n{"facts":[1]}\n```'],
])('reads %s', async (_name, text) => {
  content = text;
  expect(await make().ask(question)).toEqual({ facts: [1] });
  expect(asked).toMatchObject({
    model: 'small',
    messages: [{ role: 'system' }, { role: 'user', content: 'I like fish.' }],
  });
});

it('says that it is away when it is refused, so that what was asked is tried again later', async () => {
  const model = make();
  await fake.stop();
  await expect(model.ask(question)).rejects.toMatchObject({ ...away, retryAfter: 5 });
  await expect(model.ping()).rejects.toMatchObject(away);
  await fake.start();
});

it.each(['hang', 'reset', 'error', 'garbage', 'noise'] as const)(
  'says that it is away when it answers with %s',
  async (mode) => {
    fake.mode = mode;
    await expect(make().ask(question)).rejects.toMatchObject(away);
  },
);

it('is proved by a question, since a list of models needs no key everywhere', async () => {
  content = 'OK';
  await make().prove();
  expect(asked).toMatchObject({ model: 'small', messages: [{ role: 'user' }] });
  await expect(make('other').prove()).rejects.toMatchObject({ message: expect.stringContaining('not accept the key') });
});

it('says that it is away when the model talks instead, or the key is wrong', async () => {
  content = 'Here are the facts: none.';
  await expect(make().ask(question)).rejects.toMatchObject(away);
  await expect(make('other').ask(question)).rejects.toMatchObject(away);
});
