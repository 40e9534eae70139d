/** Facts found by Mem0's own prompts and a model of the OpenAI shape on loopback. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type FakeService, startFakeService } from '../../../packages/server/src/adapters/http/testing/fake-service.ts';
import { newId } from '../../../packages/server/src/kernel/ids.ts';
import type { EngineAddition } from '../../../packages/server/src/ports/memory-engine.ts';
import { useEngines } from './support.ts';

const askedShape = z.object({
  model: z.string(),
  messages: z.array(z.object({ role: z.string(), content: z.string() })),
});

describe('Mem0 with a model', () => {
  const make = useEngines();
  let fake: FakeService;
  let asked: z.infer<typeof askedShape>[] = [];
  let found: { text: string; attributed_to?: string }[] = [];
  beforeAll(async () => {
    fake = await startFakeService({
      key: { header: 'authorization', value: 'Bearer secret' },
      answer: ({ body }) => {
        asked.push(askedShape.parse(body));
        const memory = found.map((one, at) => ({ id: String(at), ...one }));
        const content = JSON.stringify({ memory });
        return { status: 200, body: { choices: [{ message: { role: 'assistant', content } }] } };
      },
      failed: (status, message) => ({ status, body: { error: { message } } }),
    });
  });
  afterEach(() => {
    fake.mode = 'well';
    asked = [];
  });
  afterAll(() => fake.stop());

  const start = async () => make({ llm: { url: `${fake.url}/v1`, model: 'small', apiKey: 'secret' } });
  const conversation = (...texts: string[]): EngineAddition => ({
    messages: texts.map((text, at) => ({ role: at % 2 === 0 ? 'user' : 'assistant', text })),
    agentId: 'main',
    runId: 'chat',
    metadata: { author: null },
    infer: true,
  });

  it('finds facts, says whose words they are, and finds them once', async () => {
    const { engine } = await start();
    const owner = newId();
    found = [
      { text: 'The owner is allergic to peanuts.', attributed_to: 'user' },
      { text: 'The assistant has suggested soy.', attributed_to: 'assistant' },
    ];
    const said = conversation('I am allergic to peanuts, what can I eat?', 'Try soy.');
    const stored = await engine.add(owner, said);
    expect(stored.map(({ text, saidBy, runId, metadata }) => ({ text, saidBy, runId, metadata }))).toEqual([
      { text: 'The owner is allergic to peanuts.', saidBy: 'user', runId: 'chat', metadata: { author: null } },
      { text: 'The assistant has suggested soy.', saidBy: 'assistant', runId: 'chat', metadata: { author: null } },
    ]);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ model: 'small' });
    expect(asked[0]?.messages.at(-1)?.content).toContain('I am allergic to peanuts');
    expect(await engine.add(owner, said)).toEqual([]);
    expect(await engine.list(owner)).toHaveLength(2);
    const [best] = await engine.search(owner, { text: 'allergic to peanuts', limit: 1 });
    expect(best?.memory).toEqual(stored[0]);
  });

  it('shows its model nothing of another owner', async () => {
    const { engine } = await start();
    const [ada, bob] = [newId(), newId()];
    found = [{ text: 'The owner has a dog called Rex.' }];
    await engine.add(ada, conversation('My dog is called Rex.'));
    asked = [];
    await engine.add(bob, conversation('Which dog do I have?'));
    expect(JSON.stringify(asked)).not.toContain('Rex');
  });

  it('leaves no word of what was forgotten in any file, nor of the conversation it came from', async () => {
    const { engine, dir } = await start();
    const owner = newId();
    found = [{ text: 'The owner collects zebrafinches.' }];
    const [fact] = await engine.add(owner, conversation('I collect zebrafinches, in secret.'));
    await engine.update(owner, fact?.id ?? '', { text: 'The owner collects zebrafinches and Quetzals.', metadata: {} });
    const files = () =>
      readdirSync(dir)
        .map((name) => readFileSync(join(dir, name), 'latin1'))
        .join('\n');
    expect(files()).toContain('zebrafinches');
    expect(await engine.remove(owner, fact?.id ?? '')).toBe(true);
    expect(files()).not.toMatch(/zebrafinch|quetzal/i);
    found = [{ text: 'The owner breeds axolotls.' }];
    await engine.add(owner, conversation('I breed axolotls.'));
    await engine.removeAll(owner);
    expect(files()).not.toMatch(/axolotl/i);
  });

  it.each(['reset', 'error', 'noise'] as const)('says that it is away when the model answers with %s', async (mode) => {
    const { engine } = await start();
    fake.mode = mode;
    const said = engine.add(newId(), conversation('I like tea.'));
    await expect(said).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });
});
