/** Types that the files of this module share. */
import type { Permissions, QueryResponse, TurnRequest } from '@hearth/contract';
import type { Kysely } from 'kysely';
import type { Database } from '../../db/index.ts';
import type { RunOrigin } from '../policy/index.ts';

export type Connection = Kysely<Database>;

/** Who starts a run, and with what power. Chat requests fill it from the caller; later jobs from their grant. */
export interface RunStarter {
  ownerId: string;
  keyId: string;
  permissions: Permissions;
  origin: RunOrigin;
  /** By the cookie of the web app, which is less than a key in the hand. */
  browser: boolean;
  granted: readonly string[];
  /** Nothing said with the key is recalled or remembered. */
  offRecord?: boolean;
  ip: string | null;
}

export interface BeginRequest {
  starter: RunStarter;
  /** Null makes a new session. */
  sessionId: string | null;
  fork: boolean;
  turn: TurnRequest;
  /** Known up front, so that a reader can listen before the first event. */
  runId: string;
}

export interface Begun {
  runId: string;
  sessionId: string;
  /** `steered`: the message joined the run that was already there; `repeated`: this message was sent before. */
  how: 'started' | 'steered' | 'repeated';
  /** The stored message of this request. */
  messageId: string;
  /** The message went to a run that was there before it; also true for the repeat of such a message. */
  joined: boolean;
  /** Every event of the run has a higher number. */
  afterSeq: number;
}

/** Facts for the end of a message. */
export interface Remembered {
  text: string;
  ids: string[];
}

/** How a run ended, for callers that want one JSON answer. */
export type RunEnd =
  | { kind: 'over'; result: QueryResponse; error: { code: string; message: string } | null }
  | { kind: 'parked'; sessionId: string; runId: string; approvalId: string };
