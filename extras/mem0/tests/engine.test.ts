/** Real Mem0 on its own vector store, with the embedder that comes along: no service at all. */
import { describe } from 'vitest';
import { memoryEngineContract } from '../../../packages/server/src/ports/memory-engine.contract.ts';
import { useEngines } from './support.ts';

describe('Mem0', () => {
  const make = useEngines();
  memoryEngineContract(async () => (await make()).engine);
});
