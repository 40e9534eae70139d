/** The whole of memory on SQLite, with a model that is given; for contract suites. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBundledEmbedder } from '../../../adapters/embedder/bundled.ts';
import { createSqlGraphStore } from '../../../adapters/graph-store/sql.ts';
import { createSqliteSearchIndex } from '../../../adapters/search-index/sqlite/index.ts';
import type { Engine } from '../../../db/test-db.ts';
import { systemClock } from '../../../kernel/clock.ts';
import { createLifecycle } from '../../../kernel/lifecycle.ts';
import { silentLog } from '../../../kernel/log.ts';
import type { MemoryEngine } from '../../../ports/memory-engine.ts';
import type { StructuredModel } from '../../../ports/structured-model.ts';
import { createAudit } from '../../audit/index.ts';
import { createJobs } from '../../jobs/index.ts';
import { contractSecret, type MemoriesUnderTest } from '../memories.contract.ts';
import { createMemoryPart } from '../part.ts';

export interface PartUnderTest extends MemoriesUnderTest {
  jobs: ReturnType<typeof createJobs>;
  close(): Promise<void>;
}

const noModel: StructuredModel = { ask: () => Promise.reject(new Error('nothing is asked here')) };

export const startMemoryPart = async (
  database: Engine,
  engine: MemoryEngine | null,
  model = noModel,
): Promise<PartUnderTest> => {
  const db = await database.makeDb();
  const dir = mkdtempSync(join(tmpdir(), 'hearth-memory-'));
  const base = { db, clock: systemClock, log: silentLog };
  const jobs = createJobs(base);
  const lifecycle = createLifecycle({ ...base, limitMs: 10_000 });
  const index = createSqliteSearchIndex({ dir, clock: systemClock });
  const embedder = createBundledEmbedder(base);
  const told: PartUnderTest['told'] = [];
  const part = createMemoryPart({
    ...base,
    events: {
      publish(ownerId, event) {
        if (event.type === 'memory') told.push({ ownerId, ...event.data });
        return { ...event, seq: told.length };
      },
    },
    audit: createAudit(base),
    jobs,
    lifecycle,
    probes: [],
    index,
    embedder,
    graph: createSqlGraphStore(db),
    model,
    engine,
    secrets: () => [contractSecret],
    placeOf: () => null,
    inChats: { enabled: true, learnAfterMs: 0 },
  });
  await jobs.start();
  await part.start();
  return {
    part,
    db,
    jobs,
    told,
    async close() {
      await jobs.stop(1_000);
      await lifecycle.stop();
      await Promise.all([index.close(), embedder.close()]);
      await db.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
};
