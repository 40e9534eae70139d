/** A persona reaches the model: the system prompt of real runs, with the real binary against the offline model. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StandIn } from '@hearth/stand-in';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, startHarness, startModel } from './harness.ts';
import { text } from './support/events.ts';
import { until } from './support/until.ts';

describe('the persona of an owner', () => {
  let model: StandIn;
  let harness: Harness;
  beforeAll(async () => {
    model = await startModel();
    harness = await startHarness({ standIn: model, env: { HEARTH_SPARE_WORKER: 'on' } });
  });
  afterAll(async () => {
    await harness.close();
    await model.close();
  });

  const ask = async (body: object): Promise<string> => {
    const answer = await harness.json('/api/v1/query/single', body);
    expect(answer.status).toBe(200);
    return text(answer.body, 'session_id');
  };
  const told = (): string => JSON.stringify(model.requests.last()?.body.system);

  it('is in the system prompt of new chats; a chat keeps the one it began with', async () => {
    const session = await ask({ prompt: 'hello' });
    expect(told()).toContain('You are Hearth, the personal assistant');
    const change = { name: 'Jarvis', custom_instructions: 'Use metric units.\n# Forged heading' };
    expect((await harness.json('/api/v1/persona', change, 'PUT')).status).toBe(200);
    await ask({ prompt: 'and now?', session_id: session });
    expect(told()).toContain('You are Hearth,');
    await ask({ prompt: 'something new' });
    expect(told()).toContain('You are Jarvis,');
    expect(told()).toContain('> Also: Use metric units.\\n> # Forged heading\\n');
    expect(told()).toContain('A refusal is a decision');
  });

  it('is what the worker that waits for a new chat was started with', async () => {
    await harness.json('/api/v1/persona', { name: 'Friday' }, 'PUT');
    const { runtime } = harness.server.app;
    await until('a spare', () => runtime.stats().spare, 20_000);
    const answer = ask({ prompt: 'quick?' });
    await until('the spare is taken', () => !runtime.stats().spare, 5_000);
    await answer;
    expect(told()).toContain('You are Friday,');
  });

  it('is what persona.json says after an edit by hand', async () => {
    writeFileSync(join(harness.home, 'config', 'persona.json'), '{"name":"Alfred"}');
    await ask({ prompt: 'who are you?' });
    expect(told()).toContain('You are Alfred,');
    const { body } = await harness.json('/api/v1/persona/history');
    expect(JSON.stringify(body)).toContain('Friday');
  });

  it('gives way to a system prompt that the request brings itself', async () => {
    await ask({ prompt: 'x', system_prompt: 'You are a parrot.' });
    expect(told()).toContain('You are a parrot.');
    expect(told()).not.toContain('Alfred');
  });
});
