/** Real Mem0 on its own vector store, with the embedder that comes along: no service at all. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newId } from '../../../packages/server/src/kernel/ids.ts';
import type { Embedder } from '../../../packages/server/src/ports/embedder.ts';
import { memoryEngineContract } from '../../../packages/server/src/ports/memory-engine.contract.ts';
import { useEngines } from './support.ts';

describe('Mem0', () => {
  const make = useEngines();
  memoryEngineContract(async () => (await make()).engine);

  const addition = { agentId: 'main', runId: null, metadata: {}, infer: false };
  const messages = [{ role: 'user' as const, text: 'The owner likes tea.' }];
  /** Two numbers for every text. */
  const embedderNamed = (embedderId: string): Embedder => ({
    space: async () => ({ embedderId, dimensions: 2 }),
    embed: async (texts) => texts.map(({ length }) => Float32Array.of(0.6, length > 3 ? 0.8 : -0.8)),
    ping: async () => {},
    close: async () => {},
  });

  it('opens again what it has stored, in files for nobody else, and not with another embedder', async () => {
    const owner = newId();
    const embedder = embedderNamed('one:2');
    const { engine, dir } = await make({ embedder });
    await engine.add(owner, { ...addition, messages });
    await engine.close();
    const { engine: again } = await make({ dir, embedder });
    expect((await again.list(owner)).map(({ text }) => text)).toEqual(['The owner likes tea.']);
    expect(statSync(dir).mode & 0o077).toBe(0);
    for (const name of readdirSync(dir).filter((one) => one.endsWith('.db')))
      expect(statSync(join(dir, name)).mode & 0o077).toBe(0);
    const { engine: other } = await make({ dir, embedder: embedderNamed('two:2') });
    const conflict = { code: 'CONFLICT', message: expect.stringContaining('one:2') };
    await expect(other.list(owner)).rejects.toMatchObject(conflict);
  });

  it('waits for an embedder that is away at the start', async () => {
    const embedder = embedderNamed('one:2');
    let isAway = true;
    const space = () => (isAway ? Promise.reject(new Error('away')) : embedder.space());
    const { engine } = await make({ embedder: { ...embedder, space } });
    await expect(engine.list(newId())).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    isAway = false;
    expect(await engine.list(newId())).toEqual([]);
  });
});
