/** One numbered event -> the next state. Pure; an event that was applied before changes nothing. */
import type { EventData, NumberedEvent, Session } from '@hearth/contract';
import { addPartial, messageOf, settleParts, withoutRun } from './live-parts.ts';
import { type Chat, emptyChat, type HearthState, isOver, type RunState } from './state.ts';

const withChat = (state: HearthState, id: string, change: (chat: Chat) => Chat): HearthState => {
  const chat = state.chats[id];
  if (!chat) return state;
  const next = change(chat);
  return next === chat ? state : { ...state, chats: { ...state.chats, [id]: next } };
};

const newRun = (id: string, now: string): RunState => ({
  id,
  status: 'running',
  error: null,
  total_cost_usd: null,
  memories_used: [],
  created_at: now,
  ended_at: null,
});

const withRun = (chat: Chat, id: string, now: string, change: Partial<RunState>): Chat => ({
  ...chat,
  runs: { ...chat.runs, [id]: { ...(chat.runs[id] ?? newRun(id, now)), ...change } },
});

const onSession = (state: HearthState, data: EventData<'session'>, seq: number): HearthState => {
  const known = state.sessions[data.session_id];
  // The same event may come again on top of a snapshot that was read before it.
  if (known && known.at > seq) return state;
  const sessions = { ...state.sessions, [data.session_id]: { at: seq, value: data.session } };
  if (data.session !== null) return { ...state, sessions };
  const chats = state.chats[data.session_id]
    ? { ...state.chats, [data.session_id]: { ...emptyChat, load: 'gone' as const } }
    : state.chats;
  const approvals = Object.fromEntries(
    Object.entries(state.approvals).filter(([, { value }]) => value.session_id !== data.session_id),
  );
  return { ...state, sessions, chats, approvals };
};

const onMessage = (chat: Chat, data: EventData<'message'>, seq: number, now: string): Chat => {
  // Others may be missing before it: the snapshot that is under way brings them all.
  if (chat.load !== 'ready') return chat;
  const known = chat.messages.some((message) => message.id === data.uuid);
  const messages = known ? chat.messages : [...chat.messages, messageOf(data, now)];
  const live = settleParts(chat.live, data.message_id, data.content.length, seq);
  const next = { ...chat, messages, live };
  return chat.runs[data.run_id] ? next : withRun(next, data.run_id, now, {});
};

const onPartial = (chat: Chat, data: EventData<'partial'>, seq: number): Chat => {
  const run = chat.runs[data.run_id];
  if (chat.load !== 'ready' || chat.hasHoles || (run && isOver(run))) return chat;
  // What was said before the snapshot and is not live in it has become a message.
  if (seq <= chat.seq && !chat.live[data.message_id]) return chat;
  const live = addPartial(chat.live, data, seq);
  return live === chat.live ? chat : { ...chat, live };
};

const statusOfRun: Record<string, RunState['status']> = { queued: 'queued', waiting: 'waiting', parked: 'parked' };

const onStatus = (chat: Chat, data: EventData<'status'>, now: string): Chat => {
  const run = chat.runs[data.run_id];
  if (run && isOver(run)) return chat;
  return withRun(chat, data.run_id, now, { status: statusOfRun[data.status] ?? 'running', note: data.message });
};

const endings = { completed: 'completed', interrupted: 'interrupted', error: 'failed' } as const;

const onDone = (chat: Chat, data: EventData<'done'>, now: string): Chat => {
  const ended = withRun(chat, data.run_id, now, { status: endings[data.reason], ended_at: now, note: undefined });
  return { ...ended, live: withoutRun(chat.live, data.run_id), todos: [] };
};

const inChat = (chat: Chat, event: NumberedEvent, now: string): Chat => {
  // The snapshot contains it already. Parts have numbers of their own.
  if (event.seq <= chat.seq && event.type !== 'partial') return chat;
  switch (event.type) {
    case 'message':
      return onMessage(chat, event.data, event.seq, now);
    case 'partial':
      return onPartial(chat, event.data, event.seq);
    case 'init':
      return withRun(chat, event.data.run_id, now, { status: 'running', note: undefined });
    case 'status':
      return onStatus(chat, event.data, now);
    case 'todo':
      return { ...chat, todos: event.data.todos };
    case 'result':
      return withRun(chat, event.data.run_id, now, {
        total_cost_usd: event.data.total_cost_usd,
        memories_used: event.data.memories_used.filter((id) => typeof id === 'string'),
      });
    case 'error': {
      const { run_id, code, message } = event.data;
      return run_id === undefined ? chat : withRun(chat, run_id, now, { error: { code, message } });
    }
    case 'done':
      return onDone(chat, event.data, now);
    default:
      return chat;
  }
};

const onSettled = (state: HearthState, data: EventData<'approval_settled'>, seq: number, now: string): HearthState => {
  const known = state.approvals[data.approval_id];
  if (!known || known.value.status === data.status) return state;
  const value = { ...known.value, status: data.status, decided_by: data.decided_by, decided_at: now };
  const { tool_use_id, status, decided_by, decided_at } = value;
  const decision = { tool_use_id, status, decided_by, decided_at };
  const approvals = { ...state.approvals, [data.approval_id]: { at: seq, value } };
  // Kept with the chat too: its copy on this device says it as the server does.
  return withChat({ ...state, approvals }, value.session_id, (chat) => ({
    ...chat,
    decisions: { ...chat.decisions, [tool_use_id]: decision },
  }));
};

const chatOf = (event: NumberedEvent): string | undefined =>
  event.type !== 'session' && 'session_id' in event.data ? event.data.session_id : undefined;

export const applyEvent = (state: HearthState, event: NumberedEvent, now: string): HearthState => {
  const seen = event.seq > state.seq ? { ...state, seq: event.seq } : state;
  if (event.type === 'session') return onSession(seen, event.data, event.seq);
  if (event.type === 'memory') return { ...seen, memoryAt: Math.max(seen.memoryAt, event.seq) };
  if (event.type === 'approval_settled') return onSettled(seen, event.data, event.seq, now);
  const chat = chatOf(event);
  return chat === undefined ? seen : withChat(seen, chat, (one) => inChat(one, event, now));
};

/** Sessions this page knows, newest activity first; pinned ones lead. */
export const listedSessions = (state: Pick<HearthState, 'sessions'>): Session[] => {
  const known = Object.values(state.sessions).flatMap(({ value }) => value ?? []);
  const time = (session: Session): string => session.last_message_at ?? session.created_at;
  return known.toSorted(
    (a, b) => Number(b.pinned) - Number(a.pinned) || time(b).localeCompare(time(a)) || b.id.localeCompare(a.id),
  );
};
