/** The whole server with `MEMORY_ENGINE=mem0`: told in one chat, used in another, corrected, forgotten. */
import { memoryListSchema, memoryResultsSchema, queryResponseSchema } from '@hearth/contract';
import { type StandIn, startStandIn } from '@hearth/stand-in';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeService, startFakeService } from '../../../packages/server/src/adapters/http/testing/fake-service.ts';
import { type Harness, startHarness } from '../../../tests/harness.ts';

describe('the server over Mem0', () => {
  let standIn: StandIn;
  let model: FakeService;
  let harness: Harness;
  beforeAll(async () => {
    standIn = await startStandIn({ tokensPerSecond: 0 });
    model = await startFakeService({
      answer: ({ body }) => {
        const isTold = JSON.stringify(body).includes('user: I am allergic to peanuts.');
        const memory = isTold ? [{ id: '0', text: 'The owner is allergic to peanuts.', attributed_to: 'user' }] : [];
        return {
          status: 200,
          body: { choices: [{ message: { role: 'assistant', content: JSON.stringify({ memory }) } }] },
        };
      },
      failed: (status, message) => ({ status, body: { error: { message } } }),
    });
    const env = { MEMORY_ENGINE: 'mem0', LLM_BASE_URL: `${model.url}/v1`, LLM_MODEL: 'small' };
    harness = await startHarness({ standIn, env: { ...env, HEARTH_MEMORY: 'on', HEARTH_LEARN_SECONDS: '0' } });
  });
  afterAll(async () => {
    await harness.close();
    await Promise.all([model.stop(), standIn.close()]);
  });

  const call = async (method: string, path: string, body?: unknown) => {
    const answer = await harness.json(`/api/v1/memories${path}`, body, method);
    return { status: answer.status, body: Object(answer.body) };
  };
  const ask = async (prompt: string) => queryResponseSchema.parse(await harness.client.query({ prompt }));
  const list = async () => memoryListSchema.parse((await call('GET', '')).body).memories;

  it('is told once, uses it in another chat, corrects it, and forgets it', async () => {
    const told = await ask('I am allergic to peanuts.');
    await expect.poll(async () => (await list()).length, { timeout: 20_000 }).toBe(1);
    const [learned] = await list();
    expect(learned).toMatchObject({
      memory: 'The owner is allergic to peanuts.',
      author: 'owner',
      run_id: told.session_id,
    });
    expect(learned?.source.session_id).toBe(told.session_id);

    const used = await ask('Am I allergic to peanuts?');
    expect(used.memories_used).toEqual([learned?.id]);

    const corrected = await call('PUT', `/${learned?.id}`, { memory: 'The owner is allergic to walnuts.' });
    expect(corrected).toMatchObject({ status: 200, body: { id: learned?.id, searchable: 'yes' } });
    const found = memoryResultsSchema.parse((await call('POST', '/search', { query: 'allergic to what?' })).body);
    expect(found).toMatchObject({
      count: 1,
      degraded: [],
      results: [{ memory: 'The owner is allergic to walnuts.' }],
    });

    expect((await call('DELETE', `/${learned?.id}`)).status).toBe(200);
    expect((await call('GET', `/${learned?.id}`)).status).toBe(404);
    expect(await list()).toEqual([]);
  });

  it('is offered to the assistant itself', async () => {
    const saved = await ask('Remember that I like fish.');
    expect(saved.content).toContain('Saved');
    const [kept] = await list();
    expect(kept).toMatchObject({ author: 'assistant', run_id: saved.session_id });
    expect((await call('DELETE', '')).status).toBe(200);
    expect(await list()).toEqual([]);
  });
});
