import { memoryEngineContract } from '../../ports/memory-engine.contract.ts';
import { createPlainEngine } from './testing/plain-engine.ts';

memoryEngineContract(async () => createPlainEngine());
