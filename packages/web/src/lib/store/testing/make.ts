/** Short ways to write events, messages and pages; every one about the chat `chat` and the run `run` unless it says so. */
import type { MessageList } from '@hearth/client';
import type { Approval, EventData, EventType, Message, NumberedEvent, RunSummary, Session } from '@hearth/contract';
import { type Chat, emptyChat, emptyState, type HearthState } from '../state.ts';

export const now = '2026-05-01T12:00:00.000Z';
const ids = { session_id: 'chat', run_id: 'run' };

type Data<T extends EventType> = Partial<EventData<T>>;
const event = <T extends EventType>(seq: number, type: T, data: object): NumberedEvent =>
  ({ seq, type, data: { ...ids, ...data } }) as Extract<NumberedEvent, { type: T }>;

export const starts = (seq: number, index = 0, data: Data<'partial'> = {}): NumberedEvent =>
  event(seq, 'partial', {
    ...{ type: 'content_block_start', message_id: 'm', index, parent_tool_use_id: null },
    ...{ content_block: { type: 'text' }, ...data },
  });
export const word = (seq: number, text: string, index = 0, data: Data<'partial'> = {}): NumberedEvent =>
  event(seq, 'partial', {
    ...{ type: 'content_block_delta', message_id: 'm', index, parent_tool_use_id: null },
    ...{ delta: { type: 'text_delta', text }, ...data },
  });
export const told = (seq: number, uuid: string, data: Data<'message'> = {}): NumberedEvent =>
  event(seq, 'message', {
    ...{ uuid, type: 'assistant', content: [{ type: 'text', text: uuid }], parent_tool_use_id: null, ...data },
  });
export const status = (seq: number, data: Data<'status'>): NumberedEvent =>
  event(seq, 'status', { status: 'running', message: 'Working', ...data });
export const done = (seq: number, reason: 'completed' | 'interrupted' | 'error' = 'completed'): NumberedEvent =>
  event(seq, 'done', { reason });
export const changed = (seq: number, value: Session | null, id = 'chat'): NumberedEvent => ({
  seq,
  type: 'session',
  data: { session_id: id, session: value },
});
export const settled = (seq: number, id: string, how: Approval['status'] = 'allowed'): NumberedEvent =>
  event(seq, 'approval_settled', { approval_id: id, status: how, decided_by: 'phone' });
export const other = <T extends EventType>(seq: number, type: T, data: Data<T>): NumberedEvent =>
  event(seq, type, data);

export const message = (id: string, part: Partial<Message> = {}): Message => ({
  id,
  ...ids,
  type: 'assistant',
  content: [{ type: 'text', text: id }],
  status: 'complete',
  model: null,
  usage: null,
  parent_tool_use_id: null,
  client_message_id: null,
  created_at: now,
  ...part,
});

export const run = (id: string, state: RunSummary['status'] = 'running'): RunSummary => ({
  id,
  status: state,
  error: null,
  total_cost_usd: null,
  memories_used: [],
  created_at: now,
  ended_at: ['completed', 'interrupted', 'failed'].includes(state) ? now : null,
});

export const page = (messages: readonly string[], part: Partial<MessageList> = {}): MessageList => ({
  messages: messages.map((id) => message(id)),
  has_more: false,
  next_before: null,
  last_seq: 10,
  runs: [],
  decisions: [],
  live: [],
  ...part,
});

export const session = (id: string, part: Partial<Session> = {}): Session => ({
  ...{ id, status: 'active', activity: 'idle', title: id, model: null, mode: 'brainstorm', permission_mode: 'default' },
  ...{
    project_id: null,
    tags: [],
    archived: false,
    pinned: false,
    off_record: false,
    cwd: null,
    parent_session_id: null,
    origin: 'chat',
  },
  ...{ created_at: now, updated_at: now, last_message_at: null, last_message: null, total_turns: 0, total_cost_usd: 0 },
  usage: { input_tokens: 0, output_tokens: 0, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 },
  history_version: 0,
  ...part,
});

export const approval = (id: string, part: Partial<Approval> = {}): Approval => ({
  id,
  ...ids,
  ...{ kind: 'tool', tool_use_id: id, tool: 'Bash', title: 'Run it', input: {}, edited_input: null, risk: 'low' },
  ...{ risk_reason: '', status: 'pending', created_at: now, expires_at: now, decided_at: null, decided_by: null },
  ...part,
});

/** A state that shows one chat, loaded unless it says otherwise. */
export const showing = (chat: Partial<Chat> = {}): HearthState => ({
  ...emptyState,
  chats: { chat: { ...emptyChat, load: 'ready', ...chat } },
});
