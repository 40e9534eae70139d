/**
 * `Memories` over an engine that is not ours (`ports/memory-engine.ts`). What we promise holds here too: clean before it
 * is stored, an audit row for each act, the owner's settings, deletion without a trace. What such an engine cannot do is
 * said: it has no graph, corrects in place, and learns nothing from what others wrote.
 */
import type { AddedMemories, MemoryHistory, SearchMemories } from '@hearth/contract';
import type { Db } from '../../db/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import { isAppError } from '../../kernel/errors.ts';
import { sha256Hex } from '../../kernel/ids.ts';
import type { EngineHit, EngineMemory, MemoryEngine } from '../../ports/memory-engine.ts';
import type { Audit } from '../audit/index.ts';
import { noteOf, toOurResult, toOurs } from './engine-shape.ts';
import type { EngineWriter, Found } from './engine-writer.ts';
import type { Learning } from './learning.ts';
import {
  blockedNote,
  type Conversation,
  categoryOf,
  conversationIn,
  draftOf,
  knownNote,
  noGraph,
  notThere,
  personal,
  saidAlready,
  waitingNote,
} from './requests.ts';
import type { Sanitise } from './sanitise.ts';
import type { Asker, LearnOptions, Memories } from './service.ts';
import type { MemorySettingsStore } from './settings.ts';

export interface EngineMemoriesDeps extends Learning {
  db: Db;
  clock: Clock;
  audit: Audit;
  engine: MemoryEngine;
  settings: MemorySettingsStore;
  sanitise: Sanitise;
  writer: EngineWriter;
}

export interface EngineSearch {
  /** Secrets are taken out of the question as well: it goes to the engine's own services. */
  find(ownerId: string, query: Omit<SearchMemories, 'explain'>): Promise<EngineHit[]>;
}

/** The engine knows no categories, so more is asked for and sorted out here. */
const mostFiltered = 100;

export const createEngineSearch = ({
  engine,
  sanitise,
}: Pick<EngineMemoriesDeps, 'engine' | 'sanitise'>): EngineSearch => ({
  async find(ownerId, { query, limit, category, agent_id: agentId, run_id: runId }) {
    const clean = await sanitise(query, 'allow');
    if (clean === 'blocked' || clean.text.trim() === '') return [];
    const wanted = category === undefined ? limit : mostFiltered;
    const hits = await engine.search(ownerId, { text: clean.text, limit: wanted, agentId, runId });
    const fitting = hits.filter(({ memory }) => category === undefined || noteOf(memory).category === category);
    return fitting.slice(0, limit);
  },
});

type RecordAct = (asker: Asker, action: string, target: string | null, code?: string | null) => Promise<void>;

const createAdding = (deps: EngineMemoriesDeps, record: RecordAct): Pick<Memories, 'add' | 'learn' | 'keep'> => {
  const { db, clock, engine, settings, writer } = deps;
  const now = (): string => clock.now().toISOString();

  const learn = async (
    ownerId: string,
    conversation: Conversation,
    { signal, note }: LearnOptions = {},
  ): Promise<Found> => {
    const found = await writer.find(ownerId, conversation);
    // The engine has stores of its own, so this is not one transaction with them: what is not wanted is taken back.
    let isWanted = false;
    try {
      signal?.throwIfAborted();
      isWanted = note === undefined || (await db.kysely.transaction().execute(note));
    } finally {
      if (!isWanted) for (const { id } of found.memories) await engine.remove(ownerId, id);
    }
    return isWanted ? found : { ...found, memories: [] };
  };

  const answer = (
    ownerId: string,
    memories: readonly EngineMemory[],
    merged: number,
    notes: string[],
  ): AddedMemories => ({
    memories: memories.map((memory) => toOurs(ownerId, memory)),
    count: memories.length,
    merged,
    superseded: [],
    queued: false,
    notes,
  });

  const addInferred = async (asker: Asker, conversation: Conversation, notes: string[]): Promise<AddedMemories> => {
    const { ownerId } = asker;
    try {
      const { memories, blocked, foreign } = await learn(ownerId, conversation);
      const left = foreign > 0 ? ['What others wrote was left out: this memory engine cannot mark it as theirs.'] : [];
      return answer(ownerId, memories, 0, [...blockedNote(blocked), ...left, ...notes]);
    } catch (error) {
      if (!isAppError(error, 'SERVICE_UNAVAILABLE')) throw error;
      await deps.enqueueLearn(asker, conversation);
      return { ...answer(ownerId, [], 0, [waitingNote, ...notes]), queued: true };
    }
  };

  const addGiven = async ({ ownerId }: Asker, conversation: Conversation, notes: string[]): Promise<AddedMemories> => {
    const known = await writer.known(ownerId);
    const memories: EngineMemory[] = [];
    const passed = { known: 0, blocked: 0 };
    for (const one of conversation.said) {
      const given = await writer.give(ownerId, { place: conversation.place, draft: draftOf(conversation, one), known });
      if (typeof given === 'string') passed[given] += 1;
      else memories.push(given);
    }
    return answer(ownerId, memories, passed.known, [
      ...blockedNote(passed.blocked),
      ...knownNote(passed.known),
      ...notes,
    ]);
  };

  return {
    async add(asker, request) {
      const conversation = conversationIn(request, await settings.get(asker.ownerId), now());
      const notes = request.enable_graph ? ['This memory engine keeps no graph of people and things.'] : [];
      const work = (request.infer ?? true) ? addInferred : addGiven;
      const added = await work(asker, conversation, notes);
      await record(asker, 'added', added.memories[0]?.id ?? null, added.queued ? 'QUEUED' : null);
      return added;
    },
    async learn(ownerId, conversation, how) {
      const { memories, blocked } = await learn(ownerId, conversation, how);
      const rows = memories.map(({ id }) => ({ id, supersedes: null }));
      return { rows, merged: 0, superseded: [], blocked, refused: 0 };
    },
    async keep(asker, { text, category, author, sessionId }) {
      const { ownerId } = asker;
      const place = { agentId: 'main', runId: sessionId };
      const conversation = { said: [], place, sessionId, metadata: {}, occurredAt: now(), graph: false };
      const draft = { ...draftOf(conversation, { text, author, messageId: null }), category };
      const given = await writer.give(ownerId, { place, draft, known: await writer.known(ownerId) });
      if (given === 'blocked') throw personal('text');
      await record(asker, 'added', given === 'known' ? null : given.id);
      return given === 'known' ? 'known' : given.id;
    },
  };
};

const createReading = (
  { engine, learning }: EngineMemoriesDeps,
  mustGet: (ownerId: string, id: string) => Promise<EngineMemory>,
): Pick<Memories, 'list' | 'get' | 'history' | 'graph'> => ({
  async list(ownerId, query) {
    const [found, waiting] = await Promise.all([
      engine.list(ownerId, { agentId: query.agent_id, runId: query.run_id }),
      learning(ownerId),
    ]);
    const all = found
      .map((memory) => toOurs(ownerId, memory))
      .filter(({ author }) => query.author === undefined || author === query.author);
    const categories: { [name: string]: number } = {};
    for (const { category } of all) categories[category ?? ''] = (categories[category ?? ''] ?? 0) + 1;
    const wanted = all
      .filter(({ category }) => query.category === undefined || category === query.category)
      .sort((a, b) => (b.created_at < a.created_at ? -1 : b.created_at > a.created_at ? 1 : b.id < a.id ? -1 : 1));
    const memories = wanted.slice((query.page - 1) * query.page_size, query.page * query.page_size);
    return { memories, count: memories.length, total: wanted.length, categories, waiting };
  },
  get: async (ownerId, id) => toOurs(ownerId, await mustGet(ownerId, id)),
  async history(ownerId, id): Promise<MemoryHistory> {
    const memory = toOurs(ownerId, await mustGet(ownerId, id));
    const changes = await engine.history(ownerId, id);
    const history = changes.map(({ event, text, at }) => ({
      memory: { ...memory, memory: text, hash: sha256Hex(text), updated_at: at },
      event: event === 'added' ? ('added' as const) : ('corrected' as const),
      at,
    }));
    return { history };
  },
  graph: async () => noGraph,
});

export const createEngineMemories = (deps: EngineMemoriesDeps, search: EngineSearch): Memories => {
  const { clock, audit, engine, settings, writer } = deps;
  const record: RecordAct = (asker, action, target, code = null) =>
    audit.record({ ...asker, action: `memory.${action}`, outcome: 'ok', code, target });
  const mustGet = async (ownerId: string, id: string): Promise<EngineMemory> => {
    const found = await engine.get(ownerId, id);
    if (found === null) throw notThere();
    return found;
  };

  return {
    ...createAdding(deps, record),
    ...createReading(deps, mustGet),
    async search(asker, request) {
      const hits = await search.find(asker.ownerId, request);
      await record(asker, 'searched', null);
      const results = hits.map((hit) => toOurResult(asker.ownerId, hit, request));
      return { results, count: results.length, degraded: [] };
    },
    async correct(asker, id, change, author = 'owner') {
      const { ownerId } = asker;
      const old = await mustGet(ownerId, id);
      const before = noteOf(old);
      const given = change.metadata ?? before.given;
      const category = categoryOf(given) ?? before.category;
      const occurred_at = clock.now().toISOString();
      const note = { ...before, author, given, category, occurred_at };
      const known = await writer.known(ownerId);
      const fresh = await writer.replace(ownerId, old, { text: change.memory, note, known });
      if (fresh === 'known') throw saidAlready();
      if (fresh === 'blocked') throw personal('memory');
      if (fresh === null) throw notThere();
      await record(asker, 'corrected', id);
      return toOurs(ownerId, fresh);
    },
    async forget(asker, id) {
      await mustGet(asker.ownerId, id);
      await record(asker, 'deleted', id);
      await engine.remove(asker.ownerId, id);
    },
    async forgetAll(asker) {
      await record(asker, 'deleted', 'all');
      await deps.dropWaiting(asker.ownerId);
      return engine.removeAll(asker.ownerId);
    },
    settings: settings.get,
    async updateSettings(asker, change) {
      const next = await settings.update(asker.ownerId, change);
      await record(asker, 'settings', null);
      return next;
    },
    async expire() {
      const gone: { ownerId: string; ids: string[] }[] = [];
      for (const { ownerId, retention } of await settings.withRetention()) {
        const daysOf = (category: string | null): number | null | undefined => {
          const own = retention[category ?? '*'];
          // Null is a decision of its own: kept for ever, whatever is said of all others.
          return own === undefined ? retention['*'] : own;
        };
        const ids: string[] = [];
        for (const memory of await engine.list(ownerId)) {
          const { category, occurred_at } = noteOf(memory);
          const days = daysOf(category);
          const before = days == null ? '' : new Date(clock.now().getTime() - days * 86_400_000).toISOString();
          if (occurred_at >= before) continue;
          await engine.remove(ownerId, memory.id);
          ids.push(memory.id);
        }
        if (ids.length > 0) gone.push({ ownerId, ids });
      }
      return gone;
    },
  };
};
