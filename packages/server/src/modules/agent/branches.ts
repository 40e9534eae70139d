/**
 * A new session out of a part of another one: its messages, and the agent's transcript cut at the same place, so that
 * the next run there knows exactly what its reader sees. Only finished turns are copied; the source may be at work.
 */
import type { BranchFrom } from '@hearth/contract';
import type { Runtime, TranscriptBranch } from '@hearth/runtime';
import type { Db } from '../../db/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import {
  type Branching,
  type Cut,
  emptyCopy,
  type SessionHistory,
  type SessionRow,
  type Sessions,
} from '../sessions/index.ts';
import type { RunRow } from './run-store.ts';
import type { Transcripts } from './transcripts.ts';

export interface BranchesDeps {
  db: Db;
  clock: Clock;
  sessions: Sessions;
  history: SessionHistory;
  transcripts: Transcripts;
  runtime: Runtime;
  activeRun: (sessionId: string) => Promise<RunRow | undefined>;
}

/** A conversation cut at one place, in our messages and in the agent's transcript. */
export interface CutConversation {
  cut: Cut;
  /** Null when the agent knows nothing of the part before the cut. */
  transcript: TranscriptBranch | null;
}

const attempts = 5;

export const changedMeanwhile = (): AppError =>
  new AppError('CONFLICT', 'The conversation changed at the same moment. Try again.', { retryAfter: 1 });

/** Changes nothing. */
export const cutConversation = async (
  { history, runtime }: Pick<BranchesDeps, 'history' | 'runtime'>,
  session: SessionRow,
  beforeNo: number,
): Promise<CutConversation> => {
  const { id, agent_session_id: agentSessionId } = session;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const cut = await history.cutAt(id, beforeNo);
    if (agentSessionId === null) return { cut, transcript: null };
    const transcript = await runtime.branch({ agentSessionId, before: cut.prompts });
    // A message is stored before the agent hears of it: what it had heard by now is in this list.
    const now = await history.cutAt(id, beforeNo);
    if (now.prompts.length === cut.prompts.length) return { cut, transcript };
  }
  throw changedMeanwhile();
};

const suffix = ' (fork)';
const titleOf = (title: string | null): string | null => title && `${title.slice(0, 200 - suffix.length)}${suffix}`;

const toRow = (source: SessionRow, input: Parameters<Branching['branch']>[2], at: string): SessionRow => {
  const title = input.title ?? titleOf(source.title);
  return {
    ...emptyCopy(source, at),
    title,
    title_source: title === null ? 'none' : 'owner',
    permission_mode: source.permission_mode === 'bypassPermissions' ? 'default' : source.permission_mode,
    tags: JSON.stringify([...new Set(input.tags)]),
    archived: 0,
    origin: 'chat',
  };
};

export const createBranches = (deps: BranchesDeps): Branching => {
  const { db, clock, sessions, history, transcripts } = deps;

  /** Everything before this number belongs to finished turns, and to all of them. */
  const finishedEnd = async (ownerId: string, id: string): Promise<number> => {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const { next_message_no } = await sessions.row(ownerId, id);
      const active = await deps.activeRun(id);
      const unfinished = active ? await history.firstOfRun(id, active.id) : null;
      if (unfinished !== null) return unfinished;
      // Without a new message in between, no run can have begun or ended in between.
      if ((await sessions.row(ownerId, id)).next_message_no === next_message_no) return next_message_no;
    }
    throw changedMeanwhile();
  };

  const endOf = async (ownerId: string, from: BranchFrom): Promise<number> => {
    const { session_id: id, message_id } = from;
    const no = message_id === undefined ? null : await history.numberOf(ownerId, id, message_id, 'from.message_id');
    const finished = await finishedEnd(ownerId, id);
    if (no === null) return finished;
    const wanted = from.before ? await history.turnBegin(id, no) : await history.turnEnd(id, no);
    const end = wanted ?? finished;
    if (end <= finished && (from.before || no < finished)) return end;
    throw new AppError('CONFLICT', 'This turn is not finished yet. Wait for its end, or stop it.');
  };

  return {
    async branch(ownerId, from, input) {
      const source = await sessions.row(ownerId, from.session_id);
      const { cut, transcript } = await cutConversation(deps, source, await endOf(ownerId, from));
      const at = clock.now().toISOString();
      const row = toRow(source, input, at);
      await db.kysely.transaction().execute(async (tx) => {
        const { history_version } = await history.lock(ownerId, source.id, tx);
        if (history_version !== source.history_version) throw changedMeanwhile();
        const { staying } = await history.sides(source.id, cut, transcript?.holds ?? (() => null), tx);
        const known = staying.length > 0 && transcript && transcript.entries.length > 0 ? transcript : null;
        const last_message_at = staying.length > 0 ? at : null;
        await tx
          .insertInto('sessions')
          .values({ ...row, last_message_at, agent_session_id: known?.agentSessionId ?? null })
          .execute();
        await history.copy(staying, row.id, tx);
        if (known) await transcripts.insert(known.agentSessionId, known.entries, tx);
        const last_message = await history.preview(row.id, tx);
        await tx.updateTable('sessions').set({ last_message }).where('id', '=', row.id).execute();
      });
      await sessions.announce(ownerId, row.id);
      return sessions.get(ownerId, row.id);
    },
  };
};
