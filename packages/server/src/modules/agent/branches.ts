/**
 * A new session out of a part of another one, so that its next run knows exactly what its reader sees. Only finished
 * turns are copied; the source may be at work.
 */
import type { BranchFrom } from '@hearth/contract';
import type { Db } from '../../db/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import { type Branching, emptyCopy, type SessionHistory, type SessionRow, type Sessions } from '../sessions/index.ts';
import { type Cuts, changedMeanwhile, cutAttempts } from './cuts.ts';
import type { RunRow } from './run-store.ts';

export interface BranchesDeps {
  db: Db;
  clock: Clock;
  sessions: Sessions;
  history: SessionHistory;
  cuts: Cuts;
  activeRun: (sessionId: string) => Promise<RunRow | undefined>;
}

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
  const { db, clock, sessions, history, cuts } = deps;

  /** Everything before this number belongs to finished turns, and to all of them. */
  const finishedEnd = async (ownerId: string, id: string): Promise<number> => {
    for (let attempt = 0; attempt < cutAttempts; attempt += 1) {
      const { next_message_no } = await sessions.row(ownerId, id);
      const active = await deps.activeRun(id);
      const unfinished = active ? await history.firstOfRun(id, active.id) : null;
      if (unfinished !== null) return unfinished;
      // Without a new message in between, no run can have begun or ended in between.
      if ((await sessions.row(ownerId, id)).next_message_no === next_message_no) return next_message_no;
    }
    throw changedMeanwhile();
  };

  const endOf = async (ownerId: string, { session_id: sessionId, message_id, before }: BranchFrom): Promise<number> => {
    const named = { ownerId, sessionId, field: 'from.message_id' };
    const no = message_id === undefined ? null : await history.numberOf({ ...named, messageId: message_id });
    const finished = await finishedEnd(ownerId, sessionId);
    if (no === null) return finished;
    const wanted = before ? await history.turnBegin(sessionId, no) : await history.turnEnd(sessionId, no);
    const end = wanted ?? finished;
    if (end <= finished && (before || no < finished)) return end;
    throw new AppError('CONFLICT', 'This turn is not finished yet. Wait for its end, or stop it.');
  };

  return {
    async branch(ownerId, from, input) {
      const { history_version: version } = await sessions.row(ownerId, from.session_id);
      const end = await endOf(ownerId, from);
      // Read after the end was found: whoever knew the finished turns is in this row.
      const source = await sessions.row(ownerId, from.session_id);
      const planned = await cuts.plan(source, end);
      const at = clock.now().toISOString();
      const row = toRow(source, input, at);
      await db.kysely.transaction().execute(async (tx) => {
        const { history_version, next_message_no } = await history.lock(ownerId, source.id, tx);
        if (history_version !== version) throw changedMeanwhile();
        const { staying, agentSessionId } = await cuts.carryOut(planned, tx);
        const last_message_at = staying.length > 0 ? at : null;
        // The copies keep their numbers, and some may be younger than the row that was read first.
        const values = { ...row, next_message_no, last_message_at, agent_session_id: agentSessionId };
        await tx.insertInto('sessions').values(values).execute();
        await history.copy(staying, row.id, tx);
        const last_message = await history.preview(row.id, tx);
        await tx.updateTable('sessions').set({ last_message }).where('id', '=', row.id).execute();
      });
      await sessions.announce(ownerId, row.id);
      return sessions.get(ownerId, row.id);
    },
  };
};
