import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryResultsSchema } from '@hearth/contract';
import { expect, it } from 'vitest';
import { type Harness, startHarness } from './harness.ts';
import { filesUnder } from './support/files.ts';
import { until } from './support/until.ts';

it('finds everything again after the index was lost', async () => {
  const home = mkdtempSync(join(tmpdir(), 'hearth-memory-'));
  const search = async (harness: Harness) => {
    const { body } = await harness.json('/api/v1/memories/search', { query: 'chimney sweep', explain: true });
    return memoryResultsSchema.parse(body).results[0];
  };
  const first = await startHarness({ home });
  await first.json('/api/v1/memories', { messages: 'The chimney sweep comes in May.', infer: false });
  expect((await search(first))?.reasons?.meaning).toBeGreaterThan(0);
  await first.close();
  const index = new Set(
    filesUnder(home)
      .filter((file) => file.includes('/index/'))
      .map((file) => file.split('/index/')[0]),
  );
  expect(index.size).toBe(1);
  for (const folder of index) rmSync(join(folder ?? '', 'index'), { recursive: true });
  const again = await startHarness({ home });
  const found = await until('the memory', async () => ((await search(again))?.reasons?.meaning ?? 0) > 0, 10_000);
  expect(found).toBe(true);
  await again.close();
  rmSync(home, { recursive: true, force: true });
});
