/**
 * What can be done with sessions. Each function takes the owner and answers `SESSION_NOT_FOUND` for what is not theirs,
 * exactly as for what never existed.
 */
import type {
  ContentBlock,
  CreateSession,
  Message,
  PermissionMode,
  Session,
  SessionListQuery,
  UpdateSession,
  Usage,
} from '@hearth/contract';
import { addUsage, usageSchema } from '@hearth/contract';
import type { Db } from '../../db/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { parseJson } from '../../kernel/json.ts';
import type { EventLog } from '../events/index.ts';
import {
  type Connection,
  findLatestSession,
  findSession,
  firstText,
  listSessions,
  newUsage,
  pageOfMessages,
  type SessionRow,
  takeMessageNo,
  toMessage,
  toSession,
} from './store.ts';

export type { SessionRow } from './store.ts';

export interface NewMessage {
  id: string;
  runId: string | null;
  type: 'user' | 'assistant' | 'system';
  content: ContentBlock[];
  status?: 'complete' | 'interrupted';
  model?: string | null;
  usage?: Usage | null;
  parentToolUseId?: string | null;
  clientMessageId?: string | null;
}

export interface SessionTotals {
  turns: number;
  costUsd: number;
  usage: Usage;
  model: string | null;
  agentSessionId: string | null;
}

export interface Sessions {
  create(
    ownerId: string,
    input: CreateSession,
    extra?: { origin?: Session['origin']; parentId?: string },
  ): Promise<Session>;
  get(ownerId: string, id: string): Promise<Session>;
  row(ownerId: string, id: string): Promise<SessionRow>;
  latest(ownerId: string): Promise<SessionRow | null>;
  list(ownerId: string, query: SessionListQuery): Promise<{ sessions: Session[]; total: number }>;
  update(ownerId: string, id: string, change: UpdateSession): Promise<Session>;
  promote(ownerId: string, id: string, projectId: string): Promise<Session>;
  setPermissionMode(ownerId: string, id: string, mode: PermissionMode): Promise<void>;
  remove(ownerId: string, id: string): Promise<void>;
  messages(ownerId: string, id: string, page: { before?: string; limit: number }): Promise<MessagePageResult>;
  /** Stores one message; joins `tx` when given. */
  addMessage(ownerId: string, sessionId: string, message: NewMessage, tx?: Connection): Promise<void>;
  /** Refuses to go on from a conversation that another process has cut since this row was read. */
  mustHaveHistory(session: Pick<SessionRow, 'id' | 'history_version'>, tx: Connection): Promise<void>;
  /** Books a finished run on its session; joins `tx`. */
  addTotals(sessionId: string, totals: SessionTotals, tx: Connection): Promise<void>;
  /** Copies the messages of one session to another, for a fork. */
  copyMessages(fromId: string, toId: string, tx: Connection): Promise<void>;
  /** Tells every reader what the session looks like now. */
  announce(ownerId: string, id: string): Promise<void>;
}

export interface MessagePageResult {
  messages: Message[];
  has_more: boolean;
  next_before: string | null;
  last_seq: number;
}

export interface SessionsDeps {
  db: Db;
  clock: Clock;
  events: EventLog;
  /** What a session is doing; the agent module knows. */
  activity: (sessionIds: string[]) => Promise<Map<string, Session['activity']>>;
  /** Called before a session is removed, so that its run can be stopped. */
  onRemove: (sessionId: string) => Promise<void>;
}

const notFound = (): AppError => new AppError('SESSION_NOT_FOUND', 'There is no such session.');

export const createSessions = (deps: SessionsDeps): Sessions => {
  const { clock, events } = deps;
  const db = deps.db.kysely;
  const now = (): string => clock.now().toISOString();

  const row = async (ownerId: string, id: string, on: Connection = db): Promise<SessionRow> => {
    const found = await findSession(on, ownerId, id);
    if (!found) throw notFound();
    return found;
  };

  const withActivity = async (rows: SessionRow[]): Promise<Session[]> => {
    const activity = await deps.activity(rows.map((one) => one.id));
    return rows.map((one) => toSession(one, activity.get(one.id) ?? 'idle'));
  };

  const get = async (ownerId: string, id: string): Promise<Session> => {
    const [session] = await withActivity([await row(ownerId, id)]);
    if (!session) throw notFound();
    return session;
  };

  const announce = async (ownerId: string, id: string): Promise<void> => {
    events.publish(ownerId, { type: 'session', data: { session: await get(ownerId, id), session_id: id } });
  };

  const change = async (ownerId: string, id: string, set: Partial<SessionRow>): Promise<Session> => {
    const changed = await db
      .updateTable('sessions')
      .set({ ...set, updated_at: now() })
      .where('id', '=', id)
      .where('owner_id', '=', ownerId)
      .where('deleted_at', 'is', null)
      .executeTakeFirst();
    if (changed.numUpdatedRows === 0n) throw notFound();
    const session = await get(ownerId, id);
    events.publish(ownerId, { type: 'session', data: { session, session_id: id } });
    return session;
  };

  return {
    row: (ownerId, id) => row(ownerId, id),
    get,
    announce,
    async latest(ownerId) {
      return (await findLatestSession(db, ownerId)) ?? null;
    },
    async create(ownerId, input, extra) {
      const at = now();
      const id = newId();
      await db
        .insertInto('sessions')
        .values({
          id,
          owner_id: ownerId,
          status: 'active',
          title: input.title ?? null,
          title_source: input.title === undefined ? 'none' : 'owner',
          model: input.model ?? null,
          mode: input.mode,
          permission_mode: input.permission_mode ?? 'default',
          project_id: input.project_id ?? null,
          tags: JSON.stringify([...new Set(input.tags)]),
          cwd: input.cwd ?? null,
          parent_session_id: extra?.parentId ?? null,
          origin: extra?.origin ?? 'chat',
          agent_session_id: null,
          created_at: at,
          updated_at: at,
          last_message_at: null,
          last_message: null,
          usage: newUsage,
          deleted_at: null,
        })
        .execute();
      const session = await get(ownerId, id);
      events.publish(ownerId, { type: 'session', data: { session, session_id: id } });
      return session;
    },
    async list(ownerId, query) {
      const { rows, total } = await listSessions(db, ownerId, query);
      return { sessions: await withActivity(rows), total };
    },
    update: (ownerId, id, { title, tags, archived, pinned }) =>
      change(ownerId, id, {
        ...(title === undefined ? {} : { title, title_source: 'owner' as const }),
        ...(tags === undefined ? {} : { tags: JSON.stringify([...new Set(tags)]) }),
        ...(archived === undefined ? {} : { archived: archived ? 1 : 0 }),
        ...(pinned === undefined ? {} : { pinned: pinned ? 1 : 0 }),
      }),
    promote: (ownerId, id, projectId) => change(ownerId, id, { project_id: projectId, mode: 'code' }),
    async setPermissionMode(ownerId, id, mode) {
      await change(ownerId, id, { permission_mode: mode });
    },
    async remove(ownerId, id) {
      await row(ownerId, id);
      await deps.onRemove(id);
      // Events that still wait to be stored would otherwise come back after the deletion.
      await events.flush();
      await db.transaction().execute(async (tx) => {
        const { agent_session_id } = await row(ownerId, id, tx);
        const shared = await tx
          .selectFrom('sessions')
          .select('id')
          .where('agent_session_id', '=', agent_session_id)
          .where('id', '!=', id)
          .executeTakeFirst();
        if (agent_session_id !== null && !shared)
          await tx.deleteFrom('transcript_entries').where('agent_session_id', '=', agent_session_id).execute();
        await tx.deleteFrom('messages').where('session_id', '=', id).execute();
        await tx.deleteFrom('approvals').where('session_id', '=', id).execute();
        // What went to an archive was told under the session it came from.
        const runs = tx.selectFrom('runs').select('id').where('session_id', '=', id);
        await tx.deleteFrom('events').where('run_id', 'in', runs).execute();
        await tx.deleteFrom('runs').where('session_id', '=', id).execute();
        await tx.deleteFrom('checkpoints').where('session_id', '=', id).execute();
        await tx.deleteFrom('events').where('owner_id', '=', ownerId).where('session_id', '=', id).execute();
        await tx.deleteFrom('sessions').where('id', '=', id).execute();
      });
      events.publish(ownerId, { type: 'session', data: { session: null, session_id: id } });
    },
    async messages(ownerId, id, { before, limit }) {
      await row(ownerId, id);
      // Read before the messages: an event that arrives in between is then seen twice, never missed.
      const lastSeq = await events.lastSeq(ownerId);
      let beforeNo: number | null = null;
      if (before !== undefined) {
        const mark = await db
          .selectFrom('messages')
          .select('no')
          .where('id', '=', before)
          .where('session_id', '=', id)
          .executeTakeFirst();
        if (!mark) throw new AppError('NOT_FOUND', 'There is no such message in this session.');
        beforeNo = mark.no;
      }
      const page = await pageOfMessages(db, id, { beforeNo, limit });
      return {
        messages: page.rows.map(toMessage),
        has_more: page.hasMore,
        next_before: page.hasMore ? (page.rows[0]?.id ?? null) : null,
        last_seq: lastSeq,
      };
    },
    async addMessage(ownerId, sessionId, message, tx) {
      const insert = async (on: Connection): Promise<void> => {
        const no = await takeMessageNo(on, sessionId);
        const at = now();
        await on
          .insertInto('messages')
          .values({
            id: message.id,
            session_id: sessionId,
            owner_id: ownerId,
            run_id: message.runId,
            no,
            type: message.type,
            content: JSON.stringify(message.content),
            status: message.status ?? 'complete',
            model: message.model ?? null,
            usage: message.usage ? JSON.stringify(message.usage) : null,
            parent_tool_use_id: message.parentToolUseId ?? null,
            client_message_id: message.clientMessageId ?? null,
            created_at: at,
          })
          .execute();
        const text = message.parentToolUseId ? null : firstText(message.content);
        if (text !== null)
          await on
            .updateTable('sessions')
            .set({ last_message: text, last_message_at: at, updated_at: at })
            .where('id', '=', sessionId)
            .execute();
      };
      if (tx) await insert(tx);
      else await db.transaction().execute(insert);
    },
    async mustHaveHistory({ id, history_version }, tx) {
      const now = await tx.selectFrom('sessions').select('history_version').where('id', '=', id).executeTakeFirst();
      if (now?.history_version === history_version) return;
      const message = 'The conversation went back to an earlier turn at the same moment. Send the message again.';
      throw new AppError('CONFLICT', message, { retryAfter: 1 });
    },
    async addTotals(sessionId, totals, tx) {
      const current = await tx
        .selectFrom('sessions')
        .select(['usage', 'total_turns', 'total_cost_usd'])
        .where('id', '=', sessionId)
        .executeTakeFirst();
      if (!current) return;
      const usage = addUsage(parseJson(usageSchema, current.usage, 'usage'), totals.usage);
      await tx
        .updateTable('sessions')
        .set({
          usage: JSON.stringify(usage),
          total_turns: current.total_turns + totals.turns,
          total_cost_usd: current.total_cost_usd + totals.costUsd,
          ...(totals.model ? { model: totals.model } : {}),
          ...(totals.agentSessionId ? { agent_session_id: totals.agentSessionId } : {}),
        })
        .where('id', '=', sessionId)
        .execute();
    },
    async copyMessages(fromId, toId, tx) {
      const rows = await tx.selectFrom('messages').selectAll().where('session_id', '=', fromId).orderBy('no').execute();
      for (let i = 0; i < rows.length; i += 200) {
        const chunk = rows.slice(i, i + 200).map((one) => ({
          ...one,
          id: newId(),
          session_id: toId,
          client_message_id: null,
          transcript_id: one.transcript_id ?? one.id,
        }));
        await tx.insertInto('messages').values(chunk).execute();
      }
      await tx
        .updateTable('sessions')
        .set({ next_message_no: (rows.at(-1)?.no ?? 0) + 1 })
        .where('id', '=', toId)
        .execute();
    },
  };
};
