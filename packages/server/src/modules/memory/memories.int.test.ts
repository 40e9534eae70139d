import { afterAll, describe } from 'vitest';
import { createPlainEngine } from '../../adapters/memory-engine/testing/plain-engine.ts';
import { sqliteEngine } from '../../db/test-db.ts';
import type { MemoryEngine } from '../../ports/memory-engine.ts';
import { memoriesContract } from './memories.contract.ts';
import { type PartUnderTest, startMemoryPart } from './testing/part.ts';

describe.each<[string, () => MemoryEngine | null]>([
  ['our own engine', () => null],
  ['another engine', createPlainEngine],
])('memory over %s', (_name, engine) => {
  const database = sqliteEngine();
  const started: PartUnderTest[] = [];
  afterAll(async () => {
    for (const one of started) await one.close();
  });
  memoriesContract(async () => {
    const one = await startMemoryPart(database, engine());
    started.push(one);
    return one;
  });
});
