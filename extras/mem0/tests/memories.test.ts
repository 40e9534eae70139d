/** The whole of memory over real Mem0: the same suite that our own engine passes. */
import { afterAll, describe } from 'vitest';
import { sqliteEngine } from '../../../packages/server/src/db/test-db.ts';
import { memoriesContract } from '../../../packages/server/src/modules/memory/memories.contract.ts';
import { type PartUnderTest, startMemoryPart } from '../../../packages/server/src/modules/memory/testing/part.ts';
import { useEngines } from './support.ts';

describe('memory over Mem0', () => {
  const make = useEngines();
  const database = sqliteEngine();
  const started: PartUnderTest[] = [];
  afterAll(async () => {
    for (const one of started) await one.close();
  });
  memoriesContract(async () => {
    const one = await startMemoryPart(database, (await make()).engine);
    started.push(one);
    return one;
  });
});
