/** A client that opens a session while an answer is being written sees all of it, and how earlier runs ended. */
import { messageListSchema } from '@hearth/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, startHarness } from './harness.ts';
import { until } from './support/until.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    script: ({ text }) =>
      text === 'fail' ? [{ fail: 'MODEL_OVERLOADED', message: 'busy' }] : [{ begin: 'Once upon a time there' }],
  });
});
afterAll(() => harness.close());

const page = async (session: string) =>
  messageListSchema.parse((await harness.json(`/api/v1/sessions/${session}/messages`)).body);
const begin = async (prompt: string): Promise<string> => {
  const session = await harness.client.sessions.create({});
  const stop = new AbortController();
  for await (const event of harness.client.resume(session.id, { prompt }, { signal: stop.signal }))
    if (event.type === 'message') break;
  stop.abort();
  return session.id;
};

describe('the newest page of a session', () => {
  it('holds the answer that is being written, up to a numbered event', async () => {
    const session = await begin('tell');
    await until(
      'the whole beginning',
      async () => (await page(session)).live[0]?.blocks[0]?.text === 'Once upon a time there',
    );
    const { live, last_seq, runs } = await page(session);
    expect(live).toHaveLength(1);
    expect(live[0]?.seq).toBeLessThanOrEqual(last_seq);
    expect(runs).toMatchObject([{ status: 'running', ended_at: null }]);
    await harness.client.sessions.interrupt(session);
    const after = await page(session);
    expect(after.live).toEqual([]);
    expect(after.runs).toMatchObject([{ status: 'interrupted', error: null }]);
    expect(after.messages.at(-1)).toMatchObject({
      status: 'interrupted',
      content: [{ type: 'text', text: 'Once upon a time there' }],
    });
  });

  it('says how a run failed, also long after its events are gone', async () => {
    const session = await begin('fail');
    await until('the end', async () => (await page(session)).runs[0]?.ended_at !== null);
    expect((await page(session)).runs).toMatchObject([{ status: 'failed', error: { message: 'busy' } }]);
  });
});
