/**
 * What this page knows of the server, by key. Everything comes from two sources that may overlap: snapshots (answers of
 * GET requests) and numbered events. Both are merged by id, so the order in which they arrive does not matter and
 * nothing can be in it twice.
 */
import type { Approval, LivePart, Message, RunSummary, Session, StepDecision } from '@hearth/contract';

export type RunState = RunSummary & {
  /** What the run says it is doing: "Claude is busy, trying again", "Waiting for you". */
  note?: string;
};

/** `cached`: from this device's memory, the server has not confirmed it. `gone`: deleted, or never existed. */
export type ChatLoad = 'loading' | 'cached' | 'ready' | 'error' | 'gone';

export interface Todo {
  content: string;
  status: string;
  activeForm?: string;
}

export interface Chat {
  load: ChatLoad;
  /** Why loading failed, in words. */
  problem: string | null;
  /** When the cached copy was made. */
  savedAt: string | null;
  /** Oldest first. */
  messages: readonly Message[];
  runs: Readonly<Record<string, RunState>>;
  /** How the questions about its tool calls ended, by call. */
  decisions: Readonly<Record<string, StepDecision>>;
  /** Answers being written, by the model's message id. */
  live: Readonly<Record<string, LivePart>>;
  /** Words may be missing from `live`: nothing is added to it until a snapshot has come. */
  hasHoles: boolean;
  todos: readonly Todo[];
  hasOlder: boolean;
  before: string | null;
  /** Events up to this number are in it. */
  seq: number;
}

/** `at` is the number of the newest event about it: an older snapshot must not undo it. */
export interface Versioned<T> {
  at: number;
  value: T;
}

export type Link =
  | { status: 'connecting' }
  | { status: 'live' }
  | { status: 'down'; since: number; retryAt: number; message: string };

export interface HearthState {
  sessions: Readonly<Record<string, Versioned<Session | null>>>;
  sessionsLoad: 'loading' | 'cached' | 'ready' | 'error';
  sessionsSavedAt: string | null;
  chats: Readonly<Record<string, Chat>>;
  approvals: Readonly<Record<string, Versioned<Approval>>>;
  approvalsLoad: 'loading' | 'ready' | 'error';
  /** The newest event about what is remembered; the Memory screen follows it. */
  memoryAt: number;
  /** The newest event this page has seen. */
  seq: number;
  link: Link;
}

export const emptyChat: Chat = {
  load: 'loading',
  problem: null,
  savedAt: null,
  messages: [],
  runs: {},
  decisions: {},
  live: {},
  hasHoles: false,
  todos: [],
  hasOlder: false,
  before: null,
  seq: 0,
};

export const emptyState: HearthState = {
  sessions: {},
  sessionsLoad: 'loading',
  sessionsSavedAt: null,
  chats: {},
  approvals: {},
  approvalsLoad: 'loading',
  memoryAt: 0,
  seq: 0,
  link: { status: 'connecting' },
};

export const isOver = (run: RunState): boolean =>
  run.status === 'completed' || run.status === 'interrupted' || run.status === 'failed';

/** The run that keeps a chat busy. */
export const activeRun = (chat: Chat | undefined): RunState | null => {
  if (!chat) return null;
  return Object.values(chat.runs).findLast((run) => !isOver(run)) ?? null;
};
