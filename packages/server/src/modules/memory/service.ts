/** What can be done with memories. See `index.ts`. */
import type {
  AddedMemories,
  AddMemories,
  Memory,
  MemoryAuthor,
  MemoryGraph,
  MemoryHistory,
  MemoryList,
  MemoryResults,
  MemorySettings,
  memoryGraphQuerySchema,
  memoryListQuerySchema,
  SearchMemories,
  UpdateMemory,
} from '@hearth/contract';
import type { z } from 'zod';
import type { Db } from '../../db/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import { AppError, isAppError } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import type { GraphStore } from '../../ports/graph-store.ts';
import type { Audit } from '../audit/index.ts';
import type { Extract, Said } from './extract.ts';
import type { Following } from './following.ts';
import type { Learning } from './learning.ts';
import { type Recall, toResult } from './recall.ts';
import {
  blockedNote,
  type Conversation,
  categoryOf,
  conversationIn,
  draftOf,
  knownNote,
  notThere,
  personal,
  saidAlready,
  waitingNote,
  withoutFlags,
} from './requests.ts';
import type { MemorySettingsStore } from './settings.ts';
import { type Connection, type MemoryRow, type MemoryStore, metadataOf, toMemory } from './store.ts';
import type { Draft, MemoryWriter, Written } from './writer.ts';

/** Who asks, for the audit trail. */
export interface Asker {
  ownerId: string;
  keyId: string | null;
  ip: string | null;
}

export interface LearnOptions {
  signal?: AbortSignal;
  /** In the transaction that stores the facts; false: they are not wanted any more. */
  note?: (tx: Connection) => Promise<boolean>;
}

/** What was stored, and which one it corrects. */
export type Stored = Pick<MemoryRow, 'id' | 'supersedes'>;

export type Learned = Pick<Written, 'merged' | 'superseded' | 'blocked'> & {
  refused: number;
  rows: readonly Stored[];
};

/** A fact that the assistant writes down. */
export interface Kept {
  text: string;
  category: string | null;
  author: MemoryAuthor;
  sessionId: string;
}

export interface Memories {
  add(asker: Asker, request: AddMemories): Promise<AddedMemories>;
  /** Finds facts in a conversation and stores them. SERVICE_UNAVAILABLE when the model is away: nothing is stored. */
  learn(ownerId: string, conversation: Conversation, how?: LearnOptions): Promise<Learned>;
  /** Stores one fact as it is given; its id, or that it was known. VALIDATION_ERROR when personal data are not wanted. */
  keep(asker: Asker, fact: Kept): Promise<string | 'known'>;
  search(asker: Asker, request: SearchMemories): Promise<MemoryResults>;
  list(ownerId: string, query: z.infer<typeof memoryListQuerySchema>): Promise<MemoryList>;
  get(ownerId: string, id: string): Promise<Memory>;
  /** The correction of a memory: a new one that supersedes it. */
  correct(asker: Asker, id: string, change: UpdateMemory, author?: MemoryAuthor): Promise<Memory>;
  /** With everything it corrected and was corrected by. */
  forget(asker: Asker, id: string): Promise<void>;
  forgetAll(asker: Asker): Promise<number>;
  history(ownerId: string, id: string): Promise<MemoryHistory>;
  graph(ownerId: string, query: z.infer<typeof memoryGraphQuerySchema>): Promise<MemoryGraph>;
  settings(ownerId: string): Promise<MemorySettings>;
  updateSettings(asker: Asker, change: Partial<MemorySettings>): Promise<MemorySettings>;
  /** Lets go what is older than the owner wants to keep; says what of whom. */
  expire(): Promise<{ ownerId: string; ids: string[] }[]>;
}

export interface MemoriesDeps extends Pick<Learning, 'enqueueLearn' | 'dropWaiting' | 'learning'> {
  db: Db;
  clock: Clock;
  log: Log;
  audit: Audit;
  store: MemoryStore;
  settings: MemorySettingsStore;
  writer: MemoryWriter;
  recall: Recall;
  graph: GraphStore;
  extract: Extract;
  /** Asks for a follow-up in a transaction. */
  enqueueSync: (ownerId: string, tx: Connection) => Promise<void>;
  /** Lets index and graph follow these memories; resolves when they have, or after a moment in any case. */
  settle: Following['settle'];
}

/** Design: interactive answers within 5 s, then words alone. */
const embedWithinMs = 5_000;
/** Known facts that the model is shown, so that it can say what is repeated or corrected. */
const mostKnown = 12;

export const createMemories = (deps: MemoriesDeps): Memories => {
  const { clock, store, audit } = deps;
  const now = (): string => clock.now().toISOString();

  const record = (asker: Asker, action: string, target: string | null, code: string | null = null): Promise<void> =>
    audit.record({ ...asker, action: `memory.${action}`, outcome: 'ok', code, target });

  const knownTo = async (ownerId: string, said: readonly Said[]) => {
    const text = said
      .map((one) => one.text)
      .join('\n')
      .slice(0, 4_000);
    const query = { query: text, limit: mostKnown, enable_graph: false, embedWithinMs };
    const { found } = await deps.recall.find(ownerId, query);
    return found.map(({ row }) => ({ id: row.id, text: row.text }));
  };

  const learn = async (
    ownerId: string,
    conversation: Conversation,
    { signal, note }: LearnOptions = {},
  ): Promise<Written & Learned> => {
    const known = await knownTo(ownerId, conversation.said);
    const { said, occurredAt: at } = conversation;
    const { facts, refused } = await deps.extract({ said, known, at, signal });
    const drafts = facts.map(
      (fact): Draft => ({
        ...draftOf(conversation, fact),
        category: categoryOf(conversation.metadata) ?? fact.category,
        graph: conversation.graph ? fact.graph : null,
        repeats: fact.repeats,
        corrects: fact.corrects,
      }),
    );
    const written = await deps.writer.write(ownerId, conversation.place, drafts, { before: note, mergeNear: true });
    return { ...written, refused };
  };

  const notesOn = ({ blocked, merged }: Written, refused: number): string[] => [
    ...blockedNote(blocked),
    ...knownNote(merged),
    ...(refused > 0 ? [`${refused} parts of the model's answer could not be used.`] : []),
  ];

  const answerOf = async (ownerId: string, written: Written, refused = 0): Promise<AddedMemories> => {
    const ids = written.rows.map(({ id }) => id);
    if (ids.length > 0) await deps.settle(ownerId, [...ids, ...written.superseded]);
    const fresh = new Map((await store.byIds(ownerId, ids, 'all')).map((row) => [row.id, row]));
    const memories = written.rows.map((row) => toMemory(fresh.get(row.id) ?? row));
    const { merged, superseded } = written;
    return { memories, count: memories.length, merged, superseded, queued: false, notes: notesOn(written, refused) };
  };

  const addInferred = async (asker: Asker, conversation: Conversation): Promise<AddedMemories> => {
    try {
      const { refused, ...written } = await learn(asker.ownerId, conversation);
      return await answerOf(asker.ownerId, written, refused);
    } catch (error) {
      if (!isAppError(error, 'SERVICE_UNAVAILABLE')) throw error;
      await deps.enqueueLearn(asker, conversation);
      return { memories: [], count: 0, merged: 0, superseded: [], queued: true, notes: [waitingNote] };
    }
  };

  const add: Memories['add'] = async (asker, request) => {
    const conversation = conversationIn(request, await deps.settings.get(asker.ownerId), now());
    if (request.infer ?? true) {
      const added = await addInferred(asker, conversation);
      await record(asker, 'added', added.memories[0]?.id ?? null, added.queued ? 'QUEUED' : null);
      return added;
    }
    const drafts = conversation.said.map((one) => draftOf(conversation, one));
    const entry = { ...asker, action: 'memory.added', outcome: 'ok' as const };
    const written = await deps.writer.write(asker.ownerId, conversation.place, drafts, {
      after: ([first], tx) => audit.record({ ...entry, target: first?.id ?? null }, tx),
    });
    return answerOf(asker.ownerId, written);
  };

  const row = async (ownerId: string, id: string): Promise<MemoryRow> => {
    const [found] = await store.byIds(ownerId, [id], 'all');
    if (!found) throw notThere();
    return found;
  };

  const correct: Memories['correct'] = async (asker, id, change, author = 'owner') => {
    const { ownerId } = asker;
    const old = await row(ownerId, id);
    if (old.superseded_by !== null)
      throw new AppError('CONFLICT', 'This memory was corrected already; change the newer one.', {
        details: { superseded_by: old.superseded_by },
      });
    const metadata = change.metadata ?? withoutFlags(metadataOf(old));
    const written = await deps.writer.write(ownerId, { agentId: old.agent_id, runId: null }, [
      {
        text: change.memory,
        author,
        category: categoryOf(metadata) ?? old.category,
        metadata,
        sessionId: old.source_session_id,
        messageId: old.source_message_id,
        occurredAt: now(),
        graph: null,
        repeats: null,
        corrects: old.id,
      },
    ]);
    const [fresh] = written.rows;
    if (!fresh) {
      if (written.blocked > 0) throw personal('memory');
      throw saidAlready();
    }
    await record(asker, 'corrected', old.id);
    await deps.settle(ownerId, [fresh.id, old.id]);
    return toMemory(await row(ownerId, fresh.id));
  };

  const keep: Memories['keep'] = async (asker, { text, category, author, sessionId }) => {
    const { enable_graph: graph } = await deps.settings.get(asker.ownerId);
    const place = { agentId: 'main', runId: sessionId };
    const conversation = { said: [], place, sessionId, metadata: {}, occurredAt: now(), graph };
    const draft = { ...draftOf(conversation, { text, author, messageId: null }), category };
    const written = await deps.writer.write(asker.ownerId, place, [draft]);
    if (written.blocked > 0) throw personal('text');
    await record(asker, 'added', written.rows[0]?.id ?? null);
    await deps.settle(
      asker.ownerId,
      written.rows.map(({ id }) => id),
    );
    return written.rows[0]?.id ?? 'known';
  };

  const bury = async (ownerId: string, ids: readonly string[] | 'all'): Promise<number> => {
    const count = await deps.db.kysely.transaction().execute(async (tx) => {
      const buried = await store.bury(ownerId, ids, now(), tx);
      if (buried > 0) await deps.enqueueSync(ownerId, tx);
      return buried;
    });
    if (count > 0) await deps.settle(ownerId, ids);
    return count;
  };

  return {
    add,
    learn,
    keep,
    correct,
    async search(asker, request) {
      const { found, degraded, tookMs } = await deps.recall.find(asker.ownerId, { ...request, embedWithinMs });
      await record(asker, 'searched', null);
      const results = found.map((one) => toResult(one, request.query, request.explain));
      return { results, count: results.length, degraded, ...(request.explain ? { took_ms: tookMs } : {}) };
    },
    async list(ownerId, query) {
      const [{ rows, total, categories }, waiting] = await Promise.all([
        store.list(ownerId, query),
        deps.learning(ownerId),
      ]);
      return { memories: rows.map(toMemory), count: rows.length, total, categories, waiting };
    },
    get: async (ownerId, id) => toMemory(await row(ownerId, id)),
    async forget(asker, id) {
      await row(asker.ownerId, id);
      const chain = await store.chain(asker.ownerId, id);
      await record(asker, 'deleted', id);
      await bury(
        asker.ownerId,
        chain.map((one) => one.id),
      );
    },
    async forgetAll(asker) {
      await record(asker, 'deleted', 'all');
      await deps.dropWaiting(asker.ownerId);
      return bury(asker.ownerId, 'all');
    },
    async history(ownerId, id) {
      await row(ownerId, id);
      const chain = await store.chain(ownerId, id);
      return {
        history: chain.map((one) => ({
          memory: toMemory(one),
          event: one.supersedes === null ? ('added' as const) : ('corrected' as const),
          at: one.created_at,
        })),
      };
    },
    async graph(ownerId, query) {
      const total = await deps.graph.count(ownerId);
      const found = await graphFor(deps.graph, ownerId, query);
      return {
        entities: found.entities.map(({ memoryIds, ...entity }) => ({ ...entity, memory_ids: [...memoryIds] })),
        relations: found.relations.map(({ memoryIds, ...relation }) => ({ ...relation, memory_ids: [...memoryIds] })),
        total,
      };
    },
    settings: deps.settings.get,
    async updateSettings(asker, change) {
      const next = await deps.settings.update(asker.ownerId, change);
      await record(asker, 'settings', null);
      return next;
    },
    async expire() {
      const gone: { ownerId: string; ids: string[] }[] = [];
      for (const { ownerId, retention } of await deps.settings.withRetention()) {
        const named = Object.keys(retention).filter((name) => name !== '*');
        for (const [name, days] of Object.entries(retention)) {
          if (days === null) continue;
          const before = new Date(clock.now().getTime() - days * 86_400_000).toISOString();
          const ids = await store.expired(ownerId, name === '*' ? { except: named } : name, before, 1_000);
          if (ids.length === 0) continue;
          await bury(ownerId, ids);
          gone.push({ ownerId, ids });
        }
      }
      return gone;
    },
  };
};

const graphFor = async (
  graph: GraphStore,
  ownerId: string,
  { about, to, depth, limit }: z.infer<typeof memoryGraphQuerySchema>,
) => {
  const nothing = { entities: [], relations: [] };
  if (about === undefined) return graph.overview(ownerId, limit);
  const [from] = await graph.mentioned(ownerId, about);
  if (!from) return nothing;
  if (to === undefined) return graph.around(ownerId, [from.id], { depth, limit });
  const [end] = await graph.mentioned(ownerId, to);
  return end ? ((await graph.path(ownerId, from.id, end.id, 6)) ?? nothing) : nothing;
};
