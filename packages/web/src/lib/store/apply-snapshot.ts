/** Answers of GET requests -> the next state. Events that came while the request was under way are applied on top. */

import type { MessageList } from '@hearth/client';
import type { Approval, Message, NumberedEvent, Session } from '@hearth/contract';
import { applyEvent } from './apply-event.ts';
import { partsByMessage } from './live-parts.ts';
import { type Chat, emptyChat, type HearthState, isOver, type RunState } from './state.ts';

const runsById = (runs: MessageList['runs']): Record<string, RunState> =>
  Object.fromEntries(runs.map((run) => [run.id, run]));

const decisionsByCall = ({ decisions }: MessageList): Chat['decisions'] =>
  Object.fromEntries(decisions.map((decision) => [decision.tool_use_id, decision]));

/**
 * What is kept of the messages known before: those older than the page, but only when the page joins them without a gap.
 */
const olderThanPage = (known: readonly Message[], page: readonly Message[]): readonly Message[] => {
  const first = page[0];
  const at = first ? known.findIndex((message) => message.id === first.id) : -1;
  return at > 0 ? known.slice(0, at) : [];
};

/** What is the same as before stays the very same object, so that nobody draws it again. */
const kept = <T>(old: T | undefined, fresh: T): T =>
  old !== undefined && JSON.stringify(old) === JSON.stringify(fresh) ? old : fresh;

const keptMessages = (known: readonly Message[], fresh: readonly Message[]): readonly Message[] => {
  const byId = new Map(known.map((message) => [message.id, message]));
  const next = fresh.map((message) => kept(byId.get(message.id), message));
  return next.length === known.length && next.every((message, at) => message === known[at]) ? known : next;
};

export const applyMessages = (
  state: HearthState,
  sessionId: string,
  page: MessageList,
  arrived: readonly NumberedEvent[],
  now: string,
): HearthState => {
  const known = state.chats[sessionId] ?? emptyChat;
  const older = olderThanPage(known.messages, page.messages);
  const notes = Object.fromEntries(
    page.runs.map((run) => {
      const old = known.runs[run.id];
      return [run.id, kept(old, { ...run, note: run.ended_at === null ? old?.note : undefined })];
    }),
  );
  // The page names every run that is not over: one that is not in it has ended, however long ago that was.
  const ended = Object.entries(known.runs).filter(([, run]) => isOver(run));
  const chat: Chat = {
    ...known,
    load: 'ready',
    problem: null,
    savedAt: null,
    messages: keptMessages(known.messages, [...older, ...page.messages]),
    runs: { ...Object.fromEntries(ended), ...notes },
    decisions: kept(known.decisions, { ...known.decisions, ...decisionsByCall(page) }),
    live: partsByMessage(page.live),
    hasHoles: false,
    todos: page.runs.every(isOver) ? [] : known.todos,
    hasOlder: older.length > 0 ? known.hasOlder : page.has_more,
    before: older.length > 0 ? known.before : page.next_before,
    seq: page.last_seq,
  };
  const loaded: HearthState = { ...state, chats: { ...state.chats, [sessionId]: chat } };
  const later = arrived.filter((event) => event.seq > page.last_seq || event.type === 'partial');
  return later.reduce((next, event) => applyEvent(next, event, now), loaded);
};

export const applyOlder = (state: HearthState, sessionId: string, page: MessageList): HearthState => {
  const chat = state.chats[sessionId];
  if (!chat) return state;
  const known = new Set(chat.messages.map((message) => message.id));
  const older = page.messages.filter((message) => !known.has(message.id));
  const next: Chat = {
    ...chat,
    messages: [...older, ...chat.messages],
    runs: { ...runsById(page.runs), ...chat.runs },
    decisions: { ...decisionsByCall(page), ...chat.decisions },
    hasOlder: page.has_more,
    before: page.next_before,
  };
  return { ...state, chats: { ...state.chats, [sessionId]: next } };
};

/** `since` is the newest event known when the request was sent: what events said later stands. */
export const applySessions = (
  state: HearthState,
  list: readonly Session[],
  { since, complete }: { since: number; complete: boolean },
): HearthState => {
  const sessions: Record<string, HearthState['sessions'][string]> = {};
  for (const session of list) {
    const known = state.sessions[session.id];
    sessions[session.id] = known && known.at > since ? known : { at: since, value: session };
  }
  // A complete list says by its silence what is no longer there.
  for (const [id, known] of Object.entries(state.sessions)) {
    if (!(id in sessions) && (known.at > since || !complete)) sessions[id] = known;
  }
  return { ...state, sessions, sessionsLoad: 'ready', sessionsSavedAt: null };
};

export const applyApprovals = (
  state: HearthState,
  list: readonly Approval[],
  { since, complete }: { since: number; complete: boolean },
): HearthState => {
  const approvals: Record<string, HearthState['approvals'][string]> = complete
    ? Object.fromEntries(
        Object.entries(state.approvals).filter(([, { at, value }]) => at > since || value.status !== 'pending'),
      )
    : { ...state.approvals };
  for (const approval of list) {
    const known = state.approvals[approval.id];
    // A decision never turns back into a question.
    const decided = known && known.value.status !== 'pending' && approval.status === 'pending';
    approvals[approval.id] = decided || (known && known.at > since) ? known : { at: since, value: approval };
  }
  const approvalsLoad = complete ? 'ready' : state.approvalsLoad;
  return { ...state, approvals: kept(state.approvals, approvals), approvalsLoad };
};
