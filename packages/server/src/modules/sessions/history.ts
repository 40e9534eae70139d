/**
 * A conversation as turns, in SQL: where one begins, what lies before a cut, and how that gets into another session. A
 * turn is a person's message and everything up to the next one. What is written joins the caller's transaction.
 */
import { AppError, invalidField } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { blocksOf, type Connection, findSession, firstText, isPromptRow, newUsage, type SessionRow } from './store.ts';

/** A place between two turns. */
export interface Cut {
  sessionId: string;
  /** Messages from this number on lie behind it. */
  beforeNo: number;
  /** The run of that message: the cut goes through it when the message had joined it. */
  runId: string | null;
  /** People's messages behind the cut, oldest first, as the agent's transcript names them. */
  prompts: string[];
}

/** Ids of messages on both sides of a cut, each in order. */
export interface Sides {
  staying: string[];
  leaving: string[];
}

/** On which side of the cut the agent's transcript has a message; null when it does not know it. */
export type Holds = (transcriptId: string) => boolean | null;

export interface SessionHistory {
  /** The number of a message; `field` is what named it, for the refusal of a message of another session. */
  numberOf(message: { ownerId: string; sessionId: string; messageId: string; field: string }): Promise<number>;
  /** The number of a run's first message; null when the session has none of it. */
  firstOfRun(sessionId: string, runId: string): Promise<number | null>;
  /** Where the turn of the message with this number begins, and where the next one does: null when it is the last. */
  turnBegin(sessionId: string, no: number): Promise<number>;
  turnEnd(sessionId: string, no: number): Promise<number | null>;
  /** The cut before the message with this number, or before the one that will have it. */
  cutAt(sessionId: string, no: number): Promise<Cut>;
  sides(cut: Cut, holds: Holds, tx: Connection): Promise<Sides>;
  /** Keeps writers of the session out until the transaction ends, and answers its row. */
  lock(ownerId: string, sessionId: string, tx: Connection): Promise<SessionRow>;
  /** Copies messages into a session that has none of their numbers; they keep them. */
  copy(messageIds: readonly string[], toSessionId: string, tx: Connection): Promise<void>;
  /**
   * Moves messages into another session, under the same condition, with what belongs to their runs. A run that the cut
   * goes through stays where it began.
   */
  move(messageIds: readonly string[], between: { from: string; to: string }, tx: Connection): Promise<void>;
  /** The text that lists show for a session. */
  preview(sessionId: string, tx: Connection): Promise<string | null>;
}

/** A session like another one, without its messages and what they cost. */
export const emptyCopy = (source: SessionRow, at: string): SessionRow => ({
  ...source,
  id: newId(),
  status: 'active',
  pinned: 0,
  parent_session_id: source.id,
  agent_session_id: null,
  history_version: 0,
  created_at: at,
  updated_at: at,
  total_turns: 0,
  total_cost_usd: 0,
  usage: newUsage,
});

const chunkSize = 200;
const chunksOf = (ids: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(ids.length / chunkSize) }, (_, index) =>
    ids.slice(index * chunkSize, (index + 1) * chunkSize),
  );

const notThere = (): AppError => new AppError('NOT_FOUND', 'There is no such message in this session.');

interface Placed {
  id: string;
  stays: boolean;
}

/**
 * Where a message joined a run, what the run had already said may have been stored after it: there the transcript
 * decides. Messages of subagents, which it does not name, go with the call that started them.
 */
const placeRun = (
  rows: readonly {
    id: string;
    no: number;
    transcript_id: string | null;
    parent_tool_use_id: string | null;
    content: string;
  }[],
  beforeNo: number,
  holds: Holds,
): Placed[] => {
  const calls = new Set<string>();
  const own = (row: (typeof rows)[number]): boolean => holds(row.transcript_id ?? row.id) ?? row.no < beforeNo;
  for (const row of rows) {
    if (row.parent_tool_use_id !== null || !own(row)) continue;
    for (const block of blocksOf(row)) if (block.type === 'tool_use') calls.add(block.id);
  }
  return rows.map((row) => ({
    id: row.id,
    stays: row.parent_tool_use_id === null ? own(row) : calls.has(row.parent_tool_use_id),
  }));
};

export const createSessionHistory = (db: Connection): SessionHistory => {
  const cutAt: SessionHistory['cutAt'] = async (sessionId, no) => {
    const prompts = await db
      .selectFrom('messages')
      .select(['id', 'transcript_id', 'run_id', 'no'])
      .where('session_id', '=', sessionId)
      .where('no', '>=', no)
      .where(isPromptRow)
      .orderBy('no')
      .execute();
    const first = prompts[0]?.no === no ? prompts[0] : undefined;
    return {
      sessionId,
      beforeNo: no,
      runId: first?.run_id ?? null,
      prompts: prompts.map((row) => row.transcript_id ?? row.id),
    };
  };

  const promptNear = async (sessionId: string, no: number, where: 'last' | 'next'): Promise<number | null> => {
    const row = await db
      .selectFrom('messages')
      .select('no')
      .where('session_id', '=', sessionId)
      .where('no', where === 'last' ? '<=' : '>', no)
      .where(isPromptRow)
      .orderBy('no', where === 'last' ? 'desc' : 'asc')
      .limit(1)
      .executeTakeFirst();
    return row?.no ?? null;
  };

  return {
    cutAt,
    async numberOf({ ownerId, sessionId, messageId, field }) {
      const row = await db
        .selectFrom('messages')
        .select(['no', 'session_id'])
        .where('id', '=', messageId)
        .where('owner_id', '=', ownerId)
        .executeTakeFirst();
      if (!row) throw notThere();
      if (row.session_id !== sessionId) throw invalidField(field, 'is a message of another session');
      return row.no;
    },
    async firstOfRun(sessionId, runId) {
      const row = await db
        .selectFrom('messages')
        .select((eb) => eb.fn.min('no').as('no'))
        .where('session_id', '=', sessionId)
        .where('run_id', '=', runId)
        .executeTakeFirst();
      return row?.no ?? null;
    },
    // What lies before the first message of a person belongs to its turn.
    turnBegin: async (sessionId, no) => (await promptNear(sessionId, no, 'last')) ?? 0,
    turnEnd: (sessionId, no) => promptNear(sessionId, no, 'next'),
    async sides({ sessionId, beforeNo, runId }, holds, tx) {
      const rows = await tx
        .selectFrom('messages')
        .select(['id', 'no', 'run_id'])
        .where('session_id', '=', sessionId)
        .orderBy('no')
        .execute();
      const ofRun =
        runId === null
          ? []
          : await tx
              .selectFrom('messages')
              .select(['id', 'no', 'transcript_id', 'parent_tool_use_id', 'content'])
              .where('session_id', '=', sessionId)
              .where('run_id', '=', runId)
              .orderBy('no')
              .execute();
      const placed = new Map(placeRun(ofRun, beforeNo, holds).map(({ id, stays }) => [id, stays]));
      const stays = (row: { id: string; no: number }): boolean => placed.get(row.id) ?? row.no < beforeNo;
      return {
        staying: rows.filter(stays).map((row) => row.id),
        leaving: rows.filter((row) => !stays(row)).map((row) => row.id),
      };
    },
    async lock(ownerId, sessionId, tx) {
      // The engines have no common way to lock a row but writing it.
      await tx
        .updateTable('sessions')
        .set((eb) => ({ history_version: eb.ref('history_version') }))
        .where('id', '=', sessionId)
        .where('owner_id', '=', ownerId)
        .execute();
      const row = await findSession(tx, ownerId, sessionId);
      if (!row) throw new AppError('SESSION_NOT_FOUND', 'There is no such session.');
      return row;
    },
    async copy(messageIds, toSessionId, tx) {
      for (const ids of chunksOf(messageIds)) {
        const rows = await tx.selectFrom('messages').selectAll().where('id', 'in', ids).orderBy('no').execute();
        const copies = rows.map((row) => {
          const transcript_id = row.transcript_id ?? row.id;
          return { ...row, id: newId(), session_id: toSessionId, transcript_id, client_message_id: null };
        });
        await tx.insertInto('messages').values(copies).execute();
      }
    },
    async move(messageIds, { from, to }, tx) {
      for (const ids of chunksOf(messageIds))
        await tx.updateTable('messages').set({ session_id: to }).where('id', 'in', ids).execute();
      await tx
        .updateTable('runs')
        .set({ session_id: to })
        .where('session_id', '=', from)
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('messages')
                .select('messages.id')
                .whereRef('messages.run_id', '=', 'runs.id')
                .where('messages.session_id', '=', from),
            ),
          ),
        )
        .execute();
      const moved = tx.selectFrom('runs').select('id').where('session_id', '=', to);
      await tx
        .updateTable('approvals')
        .set({ session_id: to })
        .where('session_id', '=', from)
        .where('run_id', 'in', moved)
        .execute();
    },
    async preview(sessionId, tx) {
      const rows = tx
        .selectFrom('messages')
        .select('content')
        .where('session_id', '=', sessionId)
        .where('parent_tool_use_id', 'is', null)
        .where('content', 'like', '%{"type":"text"%')
        .orderBy('no', 'desc')
        .limit(1);
      const row = await rows.executeTakeFirst();
      return row ? firstText(blocksOf(row)) : null;
    },
  };
};
