/**
 * Memory in chats: what is put before the model with a message, and what is learned from a conversation afterwards. The
 * learning is a job of its own, written together with the end of the run; it decides by the run's own row, so nothing of
 * an off-the-record run is ever read.
 */
import { type TurnRequest, turnRequestSchema } from '@hearth/contract';
import { z } from 'zod';
import type { Db } from '../../db/index.ts';
import { parseJson, tryParseJson } from '../../kernel/json.ts';
import type { Log } from '../../kernel/log.ts';
import type { Jobs } from '../jobs/index.ts';
import { isOwnTool } from '../policy/index.ts';
import type { Said } from './extract.ts';
import { type Fact, type MemoryBlock, renderMemories } from './prompt.ts';
import type { RecallQuery } from './recall.ts';
import type { Conversation } from './requests.ts';
import type { Memories } from './service.ts';
import type { MemorySettingsStore } from './settings.ts';
import type { Connection, MemoryStore } from './store.ts';

export const learnJob = 'memory.learn';

export interface ChatMemory {
  /** Something was said, and where it belongs is still looked up: what takes longest may begin. */
  expect(ownerId: string, turn: TurnRequest): void;
  /** Null: nothing fits, or memory is off. Never fails and never takes long: a chat does not wait for it. */
  recall(ownerId: string, turn: TurnRequest): Promise<MemoryBlock | null>;
  /** The conversation has read what others wrote: pages, files, results of commands. */
  isTainted(ownerId: string, sessionId: string): Promise<boolean>;
  /** A message that is off the record has joined the run. */
  isOffRecord(runId: string): Promise<boolean>;
  /** What was said until now is not searched for facts any more. */
  leaveBehind(ownerId: string): Promise<void>;
  /** In the transaction that ends a run. */
  afterRun(run: { ownerId: string; sessionId: string }, tx: Connection): Promise<void>;
}

/** Finds what fits a message, whichever engine keeps it. */
export interface ChatRecall {
  expect?(query: string): void;
  find(ownerId: string, query: RecallQuery): Promise<{ found: readonly (Fact & { ranked: { score: number } })[] }>;
}

export interface ChatMemoryDeps {
  db: Db;
  log: Log;
  store: Pick<MemoryStore, 'hasAny'>;
  settings: MemorySettingsStore;
  recall: ChatRecall;
  memories: Pick<Memories, 'learn'>;
  jobs: Jobs;
  /** Tells the owner that a conversation was not searched for facts. */
  gaveUp: (ownerId: string, sessionId: string | null) => Promise<void>;
  /** The operator's switch. */
  enabled: boolean;
  /** A conversation is searched for facts this long after a run, so that several turns make one question. */
  learnAfterMs: number;
}

/** After this the words of the question alone decide. */
const embedWithinMs = 150;
const usualLimit = 8;
/** Of a long message its beginning says what it is about. */
const mostAsked = 1_000;
const leastScore = 0.12;
/** Of one conversation at a time. */
const mostMessages = 100;

const requestShape = z.object({ turn: turnRequestSchema }).loose();
const blockShape = z.looseObject({ type: z.string(), text: z.string().optional(), name: z.string().optional() });

/** Tools whose results somebody else wrote. */
const bringsForeignWords = (tool: string): boolean =>
  /^(WebFetch|WebSearch|Read|Grep|Bash|mcp__)/.test(tool) && !isOwnTool(tool);

interface MessageRow {
  id: string;
  type: 'user' | 'assistant' | 'system';
  content: string;
  created_at: string;
}

const textIn = (blocks: z.infer<typeof blockShape>[]): string =>
  blocks
    .flatMap((block) => (block.type === 'text' && block.text ? [block.text] : []))
    .join('\n')
    .trim();

const isTainted = (contents: readonly z.infer<typeof blockShape>[][]): boolean =>
  contents.some((blocks) => blocks.some(({ type, name }) => type === 'tool_use' && bringsForeignWords(name ?? '')));

const saidIn = (rows: readonly MessageRow[]): Said[] => {
  const all = rows.map((row) => ({ row, blocks: parseJson(z.array(blockShape), row.content, 'message') }));
  const tainted = isTainted(all.map(({ blocks }) => blocks));
  return all.flatMap(({ row, blocks }): Said[] => {
    const text = textIn(blocks).slice(0, 20_000);
    if (text === '' || row.type === 'system') return [];
    const author = row.type === 'user' ? 'owner' : tainted ? 'untrusted' : 'assistant';
    return [{ author, text, messageId: row.id }];
  });
};

export const createChatMemory = (deps: ChatMemoryDeps): ChatMemory => {
  const { db, store, jobs } = deps;
  /** Owners for whom something was looked up the last time: nobody else's words start a model. */
  const recalling = new Set<string>();

  const wanted = ({ memory, prompt }: TurnRequest): boolean =>
    deps.enabled && memory?.enabled !== false && prompt.trim() !== '';
  const queryOf = (turn: TurnRequest): string => turn.prompt.slice(0, mostAsked);

  const find = async (ownerId: string, turn: TurnRequest): Promise<MemoryBlock | null> => {
    if (!wanted(turn)) return null;
    const [hasAny, settings] = await Promise.all([store.hasAny(ownerId), deps.settings.get(ownerId)]);
    const recalls = hasAny && settings.enabled;
    if (recalls) recalling.add(ownerId);
    else recalling.delete(ownerId);
    if (!recalls) return null;
    const { found } = await deps.recall.find(ownerId, {
      query: queryOf(turn),
      limit: turn.memory?.limit ?? usualLimit,
      enable_graph: turn.memory?.enable_graph ?? settings.enable_graph,
      embedWithinMs,
    });
    return renderMemories(found.filter(({ ranked }) => ranked.score >= leastScore));
  };

  /** Runs from which something may be learned: people's own, that were not off the record. */
  const openRuns = async (ownerId: string, sessionId: string): Promise<Map<string, TurnRequest>> => {
    const rows = await db.kysely
      .selectFrom('runs')
      .where('session_id', '=', sessionId)
      .where('owner_id', '=', ownerId)
      .where('origin', 'in', ['chat', 'api'])
      .select(['id', 'request'])
      .execute();
    return new Map(
      rows.flatMap(({ id, request }) => {
        const turn = tryParseJson(requestShape, request)?.turn;
        return turn && turn.memory?.enabled !== false ? [[id, turn] as const] : [];
      }),
    );
  };

  /** For each run that a message off the record has joined, the number of the first such message. */
  const offRecordFrom = async (sessionId: string): Promise<Map<string | null, number>> => {
    const rows = await db.kysely
      .selectFrom('messages')
      .where('session_id', '=', sessionId)
      .where('off_record', '=', 1)
      .groupBy('run_id')
      .select((eb) => ['run_id', eb.fn.min('no').as('no')])
      .execute();
    return new Map(rows.map(({ run_id, no }) => [run_id, no]));
  };

  /** What was said since the last time; null when there is nothing to learn from. */
  const newlySaid = async (
    ownerId: string,
    sessionId: string,
  ): Promise<{ upTo: number; conversation: Conversation | null }> => {
    const session = await db.kysely
      .selectFrom('sessions')
      .where('id', '=', sessionId)
      .where('owner_id', '=', ownerId)
      .where('deleted_at', 'is', null)
      .select('learned_no')
      .executeTakeFirst();
    if (!session) return { upTo: 0, conversation: null };
    const all = await db.kysely
      .selectFrom('messages')
      .where('session_id', '=', sessionId)
      .where('no', '>', session.learned_no)
      .where('parent_tool_use_id', 'is', null)
      .orderBy('no')
      .limit(mostMessages)
      .select(['id', 'no', 'run_id', 'type', 'content', 'created_at'])
      .execute();
    const runs = await openRuns(ownerId, sessionId);
    const offFrom = await offRecordFrom(sessionId);
    // The answer to what is off the record tells of it too.
    const rows = all.filter(
      ({ run_id, no }) => run_id !== null && runs.has(run_id) && no < (offFrom.get(run_id) ?? Infinity),
    );
    const upTo = all.at(-1)?.no ?? session.learned_no;
    const said = saidIn(rows);
    const settings = await deps.settings.get(ownerId);
    if (!settings.enabled || !said.some(({ author }) => author === 'owner')) return { upTo, conversation: null };
    const wantsGraph = [...runs.values()].every((turn) => turn.memory?.enable_graph !== false);
    const conversation = {
      said,
      place: { agentId: 'main', runId: sessionId },
      sessionId,
      metadata: {},
      occurredAt: rows[0]?.created_at ?? new Date(0).toISOString(),
      graph: settings.enable_graph && wantsGraph,
    };
    return { upTo, conversation };
  };

  const noteLearned = async (sessionId: string, upTo: number, tx: Connection): Promise<void> => {
    await tx
      .updateTable('sessions')
      .set({ learned_no: upTo })
      .where('id', '=', sessionId)
      // Never back: "forget everything" may have moved it on while the model was looking.
      .where('learned_no', '<', upTo)
      .execute();
  };

  jobs.define(learnJob, {
    attempts: 3,
    timeoutMs: 180_000,
    async run({ id, ownerId, payload }, signal) {
      const sessionId = String(payload.session_id);
      const { upTo, conversation } = await newlySaid(ownerId, sessionId);
      if (conversation === null) await noteLearned(sessionId, upTo, db.kysely);
      else {
        // "Forget everything" takes the job away; what it was about to remember goes with it.
        const note = async (tx: Connection): Promise<boolean> => {
          await noteLearned(sessionId, upTo, tx);
          return jobs.stands(id, tx);
        };
        await deps.memories.learn(ownerId, conversation, { signal, note });
      }
      return 'done';
    },
    gaveUp: ({ ownerId, payload }) => deps.gaveUp(ownerId, String(payload.session_id)),
  });

  return {
    expect(ownerId, turn) {
      if (wanted(turn) && recalling.has(ownerId)) deps.recall.expect?.(queryOf(turn));
    },
    recall: (ownerId, turn) =>
      find(ownerId, turn).catch((error: unknown) => {
        deps.log.warn({ err: error }, 'a chat goes on without what is remembered');
        return null;
      }),
    async leaveBehind(ownerId) {
      await db.kysely
        .updateTable('sessions')
        .set(({ ref, eb }) => ({ learned_no: eb(ref('next_message_no'), '-', 1) }))
        .where('owner_id', '=', ownerId)
        .execute();
    },
    async isTainted(ownerId, sessionId) {
      const rows = await db.kysely
        .selectFrom('messages')
        .innerJoin('sessions', 'sessions.id', 'messages.session_id')
        .where('messages.session_id', '=', sessionId)
        .where('sessions.owner_id', '=', ownerId)
        .where('messages.content', 'like', '%"tool_use"%')
        .select('messages.content')
        .execute();
      return isTainted(rows.map(({ content }) => parseJson(z.array(blockShape), content, 'message')));
    },
    async isOffRecord(runId) {
      const found = db.kysely.selectFrom('messages').where('run_id', '=', runId).where('off_record', '=', 1);
      return (await found.select('id').limit(1).executeTakeFirst()) !== undefined;
    },
    async afterRun({ ownerId, sessionId }, tx) {
      if (!deps.enabled) return;
      const job = { ownerId, kind: learnJob, uniqueKey: sessionId, payload: { session_id: sessionId } };
      // What is to be learned from stays in the messages; the end of a run must not fail for it.
      await jobs.enqueue({ ...job, unlimited: true, delayMs: deps.learnAfterMs }, tx);
    },
  };
};
