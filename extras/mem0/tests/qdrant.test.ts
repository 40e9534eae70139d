/** Mem0 on Qdrant: the same contract, and Qdrant going away. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../packages/server/src/kernel/ids.ts';
import { memoryEngineContract } from '../../../packages/server/src/ports/memory-engine.contract.ts';
import { type FakeQdrant, startFakeQdrant } from './fake-qdrant.ts';
import { useEngines } from './support.ts';

describe('Mem0 on Qdrant', () => {
  const make = useEngines();
  let qdrant: FakeQdrant;
  beforeAll(async () => {
    qdrant = await startFakeQdrant();
  });
  afterAll(() => qdrant.stop());
  const start = async () => (await make({ qdrant: { url: qdrant.url, apiKey: 'secret' } })).engine;

  memoryEngineContract(start);

  it('keeps to the collections of Mem0', () => {
    expect([...qdrant.collections.keys()].sort()).toEqual([
      'mem0_memories',
      'mem0_memories_entities',
      'memory_migrations',
    ]);
  });

  it('says that it is away while Qdrant is, also at the start, and goes on afterwards', async () => {
    const owner = newId();
    const addition = { agentId: 'main', runId: null, metadata: {}, infer: false };
    const messages = [{ role: 'user' as const, text: 'The owner likes tea.' }];
    const away = { code: 'SERVICE_UNAVAILABLE' };
    const engine = await start();
    await engine.add(owner, { ...addition, messages });
    qdrant.mode = 'reset';
    const late = await start();
    for (const one of [engine, late]) {
      await expect(one.ping()).rejects.toMatchObject(away);
      await expect(one.add(owner, { ...addition, messages })).rejects.toMatchObject(away);
      await expect(one.search(owner, { text: 'tea', limit: 3 })).rejects.toMatchObject(away);
      await expect(one.list(owner)).rejects.toMatchObject(away);
      await expect(one.removeAll(owner)).rejects.toMatchObject(away);
    }
    qdrant.mode = 'well';
    for (const one of [engine, late]) expect(await one.list(owner)).toHaveLength(1);
    expect(await late.removeAll(owner)).toBe(1);
  });
});
