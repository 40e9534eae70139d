/** The memories of a bench: the module's own writer, search index and recall on a real SQLite file, without a server around them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSqlGraphStore } from '../../packages/server/src/adapters/graph-store/sql.ts';
import { createSqliteSearchIndex } from '../../packages/server/src/adapters/search-index/sqlite/index.ts';
import { migrateDatabase, openDatabase } from '../../packages/server/src/db/index.ts';
import { systemClock as clock } from '../../packages/server/src/kernel/clock.ts';
import { newId } from '../../packages/server/src/kernel/ids.ts';
import { silentLog as log } from '../../packages/server/src/kernel/log.ts';
import { createNear } from '../../packages/server/src/modules/memory/near.ts';
import { createRecall, type Recalled } from '../../packages/server/src/modules/memory/recall.ts';
import { createSanitise } from '../../packages/server/src/modules/memory/sanitise.ts';
import { createMemorySettings } from '../../packages/server/src/modules/memory/settings.ts';
import { createMemoryStore, type MemoryStore } from '../../packages/server/src/modules/memory/store.ts';
import { createSync } from '../../packages/server/src/modules/memory/sync.ts';
import { createMemoryWriter, type Draft } from '../../packages/server/src/modules/memory/writer.ts';
import type { Embedder } from '../../packages/server/src/ports/embedder.ts';
import type { SearchIndex } from '../../packages/server/src/ports/search-index.ts';

export interface Text {
  text: string;
  /** The conversation it belongs to. */
  runId: string;
}

export interface Library {
  dir: string;
  store: MemoryStore;
  index: SearchIndex;
  makeOwner(): Promise<string>;
  /** Rows and words, as `POST /memories` with `infer: false` stores them; what was said twice in a conversation is there once. */
  add(ownerId: string, texts: readonly Text[]): Promise<(Text & { id: string })[]>;
  /** Everything that was added goes into the index. */
  settle(ownerId: string): Promise<void>;
  find(ownerId: string, query: string, limit: number): Promise<Recalled[]>;
  close(): Promise<void>;
}

const draftOf = (text: string): Draft => ({
  text,
  author: 'owner',
  category: null,
  metadata: {},
  sessionId: null,
  messageId: null,
  occurredAt: '2023-01-01T00:00:00.000Z',
  graph: null,
  repeats: null,
  corrects: null,
});

export const openLibrary = async (embedder: Embedder): Promise<Library> => {
  const dir = mkdtempSync(join(tmpdir(), 'hearth-bench-memory-'));
  const options = { kind: 'sqlite' as const, path: join(dir, 'hearth.db') };
  await migrateDatabase(options);
  const db = await openDatabase(options);
  const store = createMemoryStore(db);
  const index = createSqliteSearchIndex({ dir: join(dir, 'index'), clock });
  const graph = createSqlGraphStore(db);
  const sync = createSync({ store, index, embedder, graph, clock, log, onSpaceChanged: async () => {} });
  const settings = createMemorySettings({ db, clock, keepsGraph: true });
  const writer = createMemoryWriter({
    db,
    clock,
    store,
    settings,
    sanitise: createSanitise(() => []),
    near: createNear({ store, index, embedder, sync, clock, log }),
    enqueueSync: async () => {},
  });
  const recall = createRecall({ store, index, embedder, graph, sync, checkIndex: () => {}, clock, log });
  return {
    dir,
    store,
    index,
    async makeOwner() {
      const id = newId();
      await db.kysely.insertInto('owners').values({ id, name: id, created_at: clock.now().toISOString() }).execute();
      return id;
    },
    async add(ownerId, texts) {
      const stored: (Text & { id: string })[] = [];
      for (const [runId, some] of Map.groupBy(texts, (one) => one.runId)) {
        const drafts = some.map(({ text }) => draftOf(text));
        const { rows } = await writer.write(ownerId, { agentId: 'main', runId }, drafts);
        stored.push(...rows.map(({ id, text }) => ({ id, text, runId })));
      }
      return stored;
    },
    async settle(ownerId) {
      let more = true;
      while (more) ({ more } = await sync.run(ownerId));
    },
    async find(ownerId, query, limit) {
      const asked = { query, limit, enable_graph: true, embedWithinMs: 5_000 };
      return (await recall.find(ownerId, asked)).found;
    },
    async close() {
      await index.close();
      await db.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
};
