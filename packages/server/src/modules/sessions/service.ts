/**
 * What can be done with sessions. Each function takes the owner and answers `SESSION_NOT_FOUND` for what is not theirs,
 * exactly as for what never existed.
 */
import type {
  ContentBlock,
  CreateSession,
  PermissionMode,
  Session,
  SessionListQuery,
  UpdateSession,
  Usage,
} from '@hearth/contract';
import { addUsage, usageSchema } from '@hearth/contract';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { parseJson } from '../../kernel/json.ts';
import { createAnnouncer } from './announcer.ts';
import { createMessageReader, type MessageReader, type MessageReaderDeps } from './messages.ts';
import {
  type Connection,
  findLatestSession,
  findSession,
  firstText,
  listSessions,
  newUsage,
  type SessionRow,
  takeMessageNo,
  toSession,
} from './store.ts';
import { titleFrom } from './title.ts';

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
  /** Nothing is learned from it. */
  offRecord?: boolean;
}

export interface SessionTotals {
  turns: number;
  costUsd: number;
  usage: Usage;
  agentSessionId: string | null;
}

/** Whoever may not simply take the mode has been asked for a key before. */
export type NewSession = Omit<CreateSession, 'confirm_api_key'>;

export interface InsertOptions {
  id: string;
  origin: Session['origin'];
  parentId?: string;
  tx: Connection;
}

export interface Sessions extends MessageReader {
  create(ownerId: string, input: NewSession, id?: string): Promise<Session>;
  /** As `create`, inside the caller's transaction: who commits it announces it. */
  insert(ownerId: string, input: NewSession, extra: InsertOptions): Promise<void>;
  get(ownerId: string, id: string): Promise<Session>;
  row(ownerId: string, id: string): Promise<SessionRow>;
  latest(ownerId: string): Promise<SessionRow | null>;
  list(ownerId: string, query: SessionListQuery): Promise<{ sessions: Session[]; total: number }>;
  update(ownerId: string, id: string, change: UpdateSession): Promise<Session>;
  promote(ownerId: string, id: string, projectId: string): Promise<Session>;
  setPermissionMode(ownerId: string, id: string, mode: PermissionMode): Promise<void>;
  remove(ownerId: string, id: string): Promise<void>;
  /** Stores one message; joins `tx` when given, and then who commits it announces it. */
  addMessage(ownerId: string, sessionId: string, message: NewMessage, tx?: Connection): Promise<void>;
  /** Gives a session that has no title one from what was said; joins `tx`. */
  nameByMessage(id: string, text: string, tx: Connection): Promise<void>;
  /** Takes a message back that reached nobody. */
  withdrawMessage(id: string): Promise<void>;
  /** Refuses to go on from a conversation that another process has cut since this row was read. */
  mustHaveHistory(session: Pick<SessionRow, 'id' | 'history_version'>, tx: Connection): Promise<void>;
  /** Books a finished run on its session; joins `tx`. */
  addTotals(sessionId: string, totals: SessionTotals, tx: Connection): Promise<void>;
  /** Copies the messages of one session to another, for a fork. */
  copyMessages(fromId: string, toId: string, tx: Connection): Promise<void>;
  /** Tells every reader what the session looks like now. Never rejects: a session that is gone needs no word. */
  announce(ownerId: string, id: string): Promise<void>;
}

export interface SessionsDeps extends Omit<MessageReaderDeps, 'requireSession'> {
  clock: Clock;
  /** What a session is doing; the agent module knows. */
  activity: (sessionIds: string[]) => Promise<Map<string, Session['activity']>>;
  /** Throws, naming the field, when this is no folder that runs may work in. */
  checkFolder: (field: string, path: string) => Promise<unknown>;
  /** Called before a session is removed, so that its run can be stopped. */
  onRemove: (sessionId: string) => Promise<void>;
}

/** The text of a message that lists show for its session. */
const shownText = (message: NewMessage): string | null => (message.parentToolUseId ? null : firstText(message.content));

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

  const announcer = createAnnouncer({ events, read: get });
  const announce = async (ownerId: string, id: string): Promise<void> => {
    // What happened is stored, whether readers can be told of it now or not.
    await announcer.tell(ownerId, id).catch(() => {});
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
    return announcer.tell(ownerId, id);
  };

  const checkMove = async (ownerId: string, id: string, cwd: string | null): Promise<void> => {
    await row(ownerId, id);
    if (cwd !== null) await deps.checkFolder('cwd', cwd);
    if ((await deps.activity([id])).has(id))
      throw new AppError('CONFLICT', 'cwd: cannot change while the session is at work. Wait for the end, or stop it.');
  };

  const insert: Sessions['insert'] = async (ownerId, input, { id, origin, parentId, tx }) => {
    const at = now();
    await tx
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
        off_record: input.off_record ? 1 : 0,
        parent_session_id: parentId ?? null,
        origin,
        agent_session_id: null,
        created_at: at,
        updated_at: at,
        last_message_at: null,
        last_message: null,
        usage: newUsage,
        deleted_at: null,
      })
      .execute();
  };

  return {
    ...createMessageReader({ ...deps, requireSession: async (ownerId, id) => void (await row(ownerId, id)) }),
    row: (ownerId, id) => row(ownerId, id),
    get,
    announce,
    async latest(ownerId) {
      return (await findLatestSession(db, ownerId)) ?? null;
    },
    insert,
    async create(ownerId, input, id = newId()) {
      if (input.cwd !== undefined) await deps.checkFolder('cwd', input.cwd);
      await insert(ownerId, input, { id, origin: 'chat', tx: db });
      return announcer.tell(ownerId, id);
    },
    async list(ownerId, query) {
      const { rows, total } = await listSessions(db, ownerId, query);
      return { sessions: await withActivity(rows), total };
    },
    async update(ownerId, id, { title, tags, archived, pinned, off_record, model, cwd }) {
      if (cwd !== undefined) await checkMove(ownerId, id, cwd);
      return change(ownerId, id, {
        ...(title === undefined ? {} : { title, title_source: 'owner' as const }),
        ...(tags === undefined ? {} : { tags: JSON.stringify([...new Set(tags)]) }),
        ...(archived === undefined ? {} : { archived: archived ? 1 : 0 }),
        ...(pinned === undefined ? {} : { pinned: pinned ? 1 : 0 }),
        ...(off_record === undefined ? {} : { off_record: off_record ? 1 : 0 }),
        ...(model === undefined ? {} : { model }),
        ...(cwd === undefined ? {} : { cwd }),
      });
    },
    promote: (ownerId, id, projectId) => change(ownerId, id, { project_id: projectId, mode: 'code' }),
    async setPermissionMode(ownerId, id, mode) {
      await change(ownerId, id, { permission_mode: mode });
    },
    async remove(ownerId, id) {
      await row(ownerId, id);
      await deps.onRemove(id);
      // Events that still wait to be stored would otherwise come back after the deletion.
      await events.flush();
      const removal = async (tx: Connection): Promise<void> => {
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
      };
      await announcer.tellRemoval(ownerId, id, () => db.transaction().execute(removal));
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
            off_record: message.offRecord === true ? 1 : 0,
            created_at: at,
          })
          .execute();
        const text = shownText(message);
        if (text !== null)
          await on
            .updateTable('sessions')
            .set({ last_message: text, last_message_at: at, updated_at: at })
            .where('id', '=', sessionId)
            .execute();
      };
      if (tx) return insert(tx);
      await db.transaction().execute(insert);
      // The run does not wait for its readers.
      if (shownText(message) !== null) void announce(ownerId, sessionId);
    },
    async nameByMessage(id, text, tx) {
      const title = titleFrom(text);
      if (title === null) return;
      const set = { title, title_source: 'auto' as const };
      await tx.updateTable('sessions').set(set).where('id', '=', id).where('title', 'is', null).execute();
    },
    async withdrawMessage(id) {
      await db.deleteFrom('messages').where('id', '=', id).execute();
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
