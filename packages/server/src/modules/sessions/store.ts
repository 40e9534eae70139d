/** SQL of sessions and messages. Every function takes the connection, so that callers can join a transaction. */
import {
  type ContentBlock,
  contentBlockSchema,
  emptyUsage,
  type Message,
  type Session,
  type SessionListQuery,
  usageSchema,
} from '@hearth/contract';
import { type ExpressionBuilder, type Kysely, type Selectable, sql } from 'kysely';
import { z } from 'zod';
import type { Database, MessagesTable, SessionsTable } from '../../db/index.ts';
import { parseJson } from '../../kernel/json.ts';

export type Connection = Kysely<Database>;
export type SessionRow = Selectable<SessionsTable>;

const tagsShape = z.array(z.string());
const blocksShape = z.array(contentBlockSchema);

export const toSession = (row: SessionRow, activity: Session['activity']): Session => ({
  id: row.id,
  status: row.status,
  activity,
  title: row.title,
  model: row.model,
  mode: row.mode,
  permission_mode: row.permission_mode,
  project_id: row.project_id,
  tags: parseJson(tagsShape, row.tags, 'tags'),
  archived: row.archived === 1,
  pinned: row.pinned === 1,
  off_record: row.off_record === 1,
  cwd: row.cwd,
  parent_session_id: row.parent_session_id,
  origin: row.origin,
  created_at: row.created_at,
  updated_at: row.updated_at,
  last_message_at: row.last_message_at,
  last_message: row.last_message,
  total_turns: row.total_turns,
  total_cost_usd: row.total_cost_usd,
  usage: parseJson(usageSchema, row.usage, 'usage'),
  history_version: row.history_version,
});

export const toMessage = (row: Selectable<MessagesTable>, content: ContentBlock[]): Message => ({
  id: row.id,
  session_id: row.session_id,
  run_id: row.run_id,
  type: row.type,
  content,
  status: row.status,
  model: row.model,
  usage: row.usage === null ? null : parseJson(usageSchema, row.usage, 'usage'),
  parent_tool_use_id: row.parent_tool_use_id,
  client_message_id: row.client_message_id,
  created_at: row.created_at,
});

export const findSession = (db: Connection, ownerId: string, id: string): Promise<SessionRow | undefined> =>
  db
    .selectFrom('sessions')
    .selectAll()
    .where('id', '=', id)
    .where('owner_id', '=', ownerId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();

export const findLatestSession = (db: Connection, ownerId: string): Promise<SessionRow | undefined> =>
  db
    .selectFrom('sessions')
    .selectAll()
    .where('owner_id', '=', ownerId)
    .where('deleted_at', 'is', null)
    .where('last_message_at', 'is not', null)
    .where('archived', '=', 0)
    .orderBy('last_message_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();

type Filter = ReturnType<ExpressionBuilder<Database, 'sessions'>['and']>;

const likePattern = (text: string): string => `%${text.toLowerCase().replaceAll(/[\\%_]/g, (mark) => `\\${mark}`)}%`;

const filters = (eb: ExpressionBuilder<Database, 'sessions'>, ownerId: string, query: SessionListQuery): Filter => {
  const all = [eb('owner_id', '=', ownerId), eb('deleted_at', 'is', null)];
  if (query.mode) all.push(eb('mode', '=', query.mode));
  if (query.project_id) all.push(eb('project_id', '=', query.project_id));
  if (query.archived) all.push(eb('archived', '=', query.archived === 'true' ? 1 : 0));
  if (query.search?.trim())
    all.push(
      eb(sql<string>`lower(coalesce(title, ''))`, 'like', sql<string>`${likePattern(query.search.trim())} escape '\\'`),
    );
  for (const tag of query.tags?.split(',') ?? []) {
    if (tag.trim() !== '')
      all.push(eb('tags', 'like', sql<string>`${likePattern(JSON.stringify(tag.trim())).toString()} escape '\\'`));
  }
  return eb.and(all);
};

export const listSessions = async (
  db: Connection,
  ownerId: string,
  query: SessionListQuery,
): Promise<{ rows: SessionRow[]; total: number }> => {
  const rows = await db
    .selectFrom('sessions')
    .selectAll()
    .where((eb) => filters(eb, ownerId, query))
    .orderBy('pinned', 'desc')
    .orderBy(sql`coalesce(last_message_at, created_at)`, 'desc')
    .orderBy('id', 'desc')
    .limit(query.page_size)
    .offset((query.page - 1) * query.page_size)
    .execute();
  const count = await db
    .selectFrom('sessions')
    .select((eb) => eb.fn.countAll().as('n'))
    .where((eb) => filters(eb, ownerId, query))
    .executeTakeFirstOrThrow();
  return { rows, total: Number(count.n) };
};

export const newUsage = JSON.stringify(emptyUsage);

/** Takes the next message number of a session; the row lock orders concurrent writers. */
export const takeMessageNo = async (db: Connection, sessionId: string): Promise<number> => {
  const row = await db
    .updateTable('sessions')
    .set((eb) => ({ next_message_no: eb('next_message_no', '+', 1) }))
    .where('id', '=', sessionId)
    .returning('next_message_no')
    .executeTakeFirstOrThrow();
  return row.next_message_no - 1;
};

export const firstText = (content: ContentBlock[]): string | null => {
  const block = content.find((candidate) => candidate.type === 'text');
  return block?.type === 'text' ? block.text.replaceAll(/\s+/g, ' ').trim().slice(0, 160) : null;
};

export interface MessagePage {
  rows: Selectable<MessagesTable>[];
  hasMore: boolean;
}

export const blocksOf = (row: Pick<Selectable<MessagesTable>, 'content'>): ContentBlock[] =>
  parseJson(blocksShape, row.content, 'message');

/** `isPrompt` of the contract, over columns. Text that a person wrote cannot look like this: its quotes are escaped. */
export const isPromptRow = (eb: ExpressionBuilder<Database, 'messages'>) =>
  eb.and([
    eb('type', '=', 'user'),
    eb('parent_tool_use_id', 'is', null),
    eb('content', 'not like', '%{"type":"tool_result"%'),
  ]);

/** A page that would begin in the middle of a turn reaches this many messages further back at most. */
const furthestBack = 400;

/** What lies between the beginning of a turn and one of its messages. */
const sinceTurnBegan = async (db: Connection, sessionId: string, no: number): Promise<Selectable<MessagesTable>[]> => {
  const earlier = db.selectFrom('messages').where('session_id', '=', sessionId).where('no', '<', no);
  const furthest = await earlier
    .select('no')
    .orderBy('no', 'desc')
    .offset(furthestBack - 1)
    .limit(1)
    .executeTakeFirst();
  const begin = await db
    .selectFrom('messages')
    .select('no')
    .where('session_id', '=', sessionId)
    .where('no', '<=', no)
    .where('no', '>=', furthest?.no ?? 0)
    .where(isPromptRow)
    .orderBy('no', 'desc')
    .limit(1)
    .executeTakeFirst();
  return earlier
    .selectAll()
    .where('no', '>=', begin?.no ?? furthest?.no ?? 0)
    .orderBy('no')
    .execute();
};

export interface MessagePageRange {
  beforeNo: number | null;
  limit: number;
  anchor?: 'turn' | undefined;
}

/** The newest `limit` messages before `beforeNo`, oldest first; with an anchor back to the beginning of a turn. */
export const pageOfMessages = async (
  db: Connection,
  sessionId: string,
  page: MessagePageRange,
): Promise<MessagePage> => {
  let rows = db.selectFrom('messages').selectAll().where('session_id', '=', sessionId);
  if (page.beforeNo !== null) rows = rows.where('no', '<', page.beforeNo);
  const newest = await rows
    .orderBy('no', 'desc')
    .limit(page.limit + 1)
    .execute();
  const rest = newest.slice(0, page.limit).reverse();
  const [first] = rest;
  if (!first || newest.length <= page.limit) return { rows: rest, hasMore: false };
  if (page.anchor === undefined) return { rows: rest, hasMore: true };
  const turn = await sinceTurnBegan(db, sessionId, first.no);
  const oldest = turn[0] ?? first;
  const older = await db
    .selectFrom('messages')
    .select('no')
    .where('session_id', '=', sessionId)
    .where('no', '<', oldest.no)
    .orderBy('no', 'desc')
    .limit(1)
    .executeTakeFirst();
  return { rows: [...turn, ...rest], hasMore: older !== undefined };
};

/** Messages in order, from behind one number up to before another. */
export const messagesAfter = (
  db: Connection,
  sessionId: string,
  range: { after: number; before: number; limit: number },
): Promise<Selectable<MessagesTable>[]> =>
  db
    .selectFrom('messages')
    .selectAll()
    .where('session_id', '=', sessionId)
    .where('no', '>', range.after)
    .where('no', '<', range.before)
    .orderBy('no')
    .limit(range.limit)
    .execute();
