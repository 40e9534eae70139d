/** Joins the pieces of memory, and its background work with the ledger of jobs. */

import type { OwnTool } from '@hearth/runtime';
import type { Db } from '../../db/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Lifecycle } from '../../kernel/lifecycle.ts';
import type { Log } from '../../kernel/log.ts';
import { createUpkeep } from '../../kernel/upkeep.ts';
import { createWatch } from '../../kernel/watch.ts';
import type { Embedder } from '../../ports/embedder.ts';
import type { GraphStore } from '../../ports/graph-store.ts';
import type { MemoryEngine } from '../../ports/memory-engine.ts';
import type { SearchIndex } from '../../ports/search-index.ts';
import type { StructuredModel } from '../../ports/structured-model.ts';
import type { Audit } from '../audit/index.ts';
import type { EventLog } from '../events/index.ts';
import type { Probe } from '../health/index.ts';
import type { Jobs } from '../jobs/index.ts';
import { type ChatMemory, createChatMemory } from './chat.ts';
import { createEnginePart } from './engine-part.ts';
import { createExtract } from './extract.ts';
import { createFollowing } from './following.ts';
import { withFresh } from './fresh.ts';
import { createLearning } from './learning.ts';
import { createNear } from './near.ts';
import { createMemoryNews, withImportNews, withNews } from './news.ts';
import { createRecall } from './recall.ts';
import { createSanitise } from './sanitise.ts';
import { createMemories, type Memories } from './service.ts';
import { createMemorySettings } from './settings.ts';
import { type Connection, createMemoryStore, type MemoryStore } from './store.ts';
import { createSync } from './sync.ts';
import { createMemoryTools, type MemoryToolsDeps } from './tools.ts';
import { createMemoryTransfer, createRowReader, type MemoryTransfer, type WriteOne } from './transfer.ts';
import { createMemoryWriter, type MemoryWriter } from './writer.ts';

export interface MemoryPartDeps {
  db: Db;
  clock: Clock;
  log: Log;
  audit: Audit;
  events: Pick<EventLog, 'publish'>;
  jobs: Jobs;
  lifecycle: Lifecycle;
  /** Services beside the server; none for what is built in. */
  probes: readonly Probe[];
  index: SearchIndex;
  embedder: Embedder;
  graph: GraphStore;
  model: StructuredModel;
  /** Null: our own, over the parts above. */
  engine: MemoryEngine | null;
  /** Values that must never be stored. */
  secrets: () => readonly string[];
  /** The conversation, and the run, that a call of one of the memory tools comes from. */
  placeOf: MemoryToolsDeps['placeOf'];
  /** Off: chats neither recall nor teach. */
  inChats: { enabled: boolean; learnAfterMs: number };
}

export interface MemoryPart {
  memories: Memories;
  transfer: MemoryTransfer;
  chat: ChatMemory;
  index: SearchIndex;
  /** For health. */
  probes: readonly Probe[];
  /** Features that suffer from what no probe sees: what waits to be learned is too much, or was given up. */
  lostFeatures(): Promise<string[]>;
  /** The tools of an owner's chats. */
  tools: (ownerId: string) => OwnTool[];
  /** Takes up what a crash has left: call once after the start. */
  start(): Promise<void>;
}

const syncJob = 'memory.sync';
/** A service that is there again is noticed within this time. */
const watchMs = 5_000;

/** Our writer, a line of an import at a time. */
const lineWriter =
  (writer: MemoryWriter) =>
  async (ownerId: string): Promise<WriteOne> =>
  async (place, draft) => {
    const { rows, blocked } = await writer.write(ownerId, place, [draft]);
    return rows.length > 0 ? 'stored' : blocked > 0 ? 'blocked' : 'known';
  };

const watchServices = (deps: MemoryPartDeps, back: () => Promise<void>): void => {
  if (deps.probes.length === 0) return;
  createUpkeep(deps)(watchMs, 'looking for parts that were away', createWatch(deps.probes, back));
};

/** Index and graph follow the rows as a job of the ledger. */
const createFollower = (deps: MemoryPartDeps, store: MemoryStore) => {
  const { jobs, clock, log } = deps;
  const enqueueSync = (ownerId: string, tx?: Connection): Promise<void> =>
    jobs.enqueue({ ownerId, kind: syncJob, uniqueKey: ownerId, payload: {} }, tx);
  const takeUp = async (): Promise<void> => {
    for (const ownerId of await store.ownersWithWork()) await enqueueSync(ownerId);
    jobs.wake();
  };
  const sync = createSync({ ...deps, store, onSpaceChanged: takeUp });
  /** The job does the work; whoever has asked waits a moment for it. */
  const { settle, moved } = createFollowing({
    clock,
    wake: jobs.wake,
    hasWork: (ownerId, ids) => (ids === 'all' ? store.hasWork(ownerId) : store.areWaiting(ids)),
    isAtWork: (ownerId) => jobs.isAtWork(ownerId, syncJob),
  });
  jobs.define(syncJob, {
    attempts: 10,
    timeoutMs: 120_000,
    run: async ({ ownerId }, signal) => ((await sync.run(ownerId, signal)).more ? 'more' : 'done'),
    ended: ({ ownerId }) => moved(ownerId),
  });
  const checkIndex = (ownerId: string): void => {
    const work = async (): Promise<void> => {
      if (!(await sync.reconcile(ownerId))) return;
      await enqueueSync(ownerId);
      jobs.wake();
    };
    work().catch((error: unknown) => log.warn({ err: error }, 'the index could not be compared; it is tried again'));
  };
  return { sync, enqueueSync, takeUp, settle, checkIndex };
};

const createOwnPart = (deps: MemoryPartDeps): MemoryPart => {
  const { clock, jobs, index } = deps;
  const store = createMemoryStore(deps.db);
  const settings = createMemorySettings({ ...deps, keepsGraph: true });
  const sanitise = createSanitise(deps.secrets);
  const { sync, enqueueSync, takeUp, settle, checkIndex } = createFollower(deps, store);
  const near = createNear({ ...deps, store, sync });
  const writer = createMemoryWriter({ ...deps, store, settings, sanitise, near, enqueueSync });
  const recall = createRecall({ ...deps, store, index: withFresh(index, store), sync, checkIndex });
  const learning = createLearning({
    ...deps,
    settings,
    sanitise,
    learn: (...conversation) => memories.learn(...conversation),
    leaveBehind: (ownerId) => chat.leaveBehind(ownerId),
  });
  const news = createMemoryNews(deps.events);
  const own = createMemories({
    ...deps,
    ...learning,
    store,
    settings,
    writer,
    recall,
    extract: createExtract(deps.model),
    enqueueSync,
    settle,
  });
  const memories = withNews(own, news);
  const chat = createChatMemory({ ...deps, ...deps.inChats, ...learning, store, settings, recall, memories });
  const transfer = createMemoryTransfer({
    all: createRowReader(store),
    writer: lineWriter(writer),
    now: () => clock.now(),
    settle,
  });
  return {
    index,
    probes: deps.probes,
    lostFeatures: learning.lostFeatures,
    memories,
    tools: createMemoryTools({ ...chat, memories, placeOf: deps.placeOf }),
    transfer: withImportNews(transfer, news),
    chat,
    async start() {
      // Also what was given up meanwhile: the rows still say what is left to do.
      const again = (): Promise<void> => takeUp().then(jobs.retryAway);
      await again();
      watchServices(deps, again);
    },
  };
};

export const createMemoryPart = (deps: MemoryPartDeps): MemoryPart =>
  deps.engine === null
    ? createOwnPart(deps)
    : createEnginePart({ ...deps, engine: deps.engine, watch: () => watchServices(deps, deps.jobs.retryAway) });
