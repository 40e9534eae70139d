/**
 * Going back: files to a checkpoint, and what was said to just before a turn. Nothing is deleted: the conversation as it
 * was becomes an archived session of its own, and files can be brought forward again. What happens in the database is
 * one transaction; files come first, so a crash leaves at worst a rewind of files alone.
 */
import type { Rewind, Rewound } from '@hearth/contract';
import type { Runtime } from '@hearth/runtime';
import type { Db } from '../../db/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import { AppError, invalidField } from '../../kernel/errors.ts';
import { emptyCopy, type SessionHistory, type SessionRow, type Sessions } from '../sessions/index.ts';
import type { Checkpoints, RewoundFiles } from './checkpoints.ts';
import { type Cuts, changedMeanwhile, type PlannedCut } from './cuts.ts';
import { liveStatuses } from './run-store.ts';
import type { Connection } from './types.ts';

export interface RewindsDeps {
  db: Db;
  clock: Clock;
  sessions: Sessions;
  history: SessionHistory;
  cuts: Cuts;
  checkpoints: Checkpoints;
  runtime: Runtime;
  /** Does something while no run can begin in a session; CONFLICT while one is at work. */
  whileIdle: <T>(sessionId: string, work: () => Promise<T>) => Promise<T>;
}

export interface Rewinds {
  rewind(ownerId: string, sessionId: string, target: Rewind): Promise<Rewound>;
}

const suffix = ' (before restore)';

const archiveOf = (session: SessionRow, at: string): SessionRow => ({
  ...emptyCopy(session, at),
  title: `${(session.title ?? 'Untitled').slice(0, 200 - suffix.length)}${suffix}`,
  title_source: 'owner',
  archived: 1,
  agent_session_id: session.agent_session_id,
});

export const createRewinds = (deps: RewindsDeps): Rewinds => {
  const { db, clock, sessions, history, cuts, checkpoints, runtime } = deps;

  /** The number of the first message that goes. */
  const turnOf = async (ownerId: string, sessionId: string, target: Rewind): Promise<number> => {
    if (target.message_id !== undefined) {
      const message = { ownerId, sessionId, messageId: target.message_id, field: 'message_id' };
      return history.turnBegin(sessionId, await history.numberOf(message));
    }
    const runId = await checkpoints.runOf(ownerId, sessionId, target.checkpoint_id ?? '');
    if (runId === null)
      throw invalidField('checkpoint_id', 'was not taken before a turn; restore its files without "conversation"');
    const no = await history.firstOfRun(sessionId, runId);
    if (no === null) throw new AppError('CONFLICT', 'The turn of this checkpoint is no longer in the conversation.');
    return no;
  };

  /** Another process may have begun a run since the plan was made. */
  const mustStillFit = async (session: SessionRow, tx: Connection): Promise<void> => {
    const now = await history.lock(session.owner_id, session.id, tx);
    const run = await tx
      .selectFrom('runs')
      .select('id')
      .where('session_id', '=', session.id)
      .where('status', 'in', [...liveStatuses, 'parked'])
      .executeTakeFirst();
    const same =
      now.history_version === session.history_version && now.next_message_no === session.next_message_no && !run;
    if (!same) throw changedMeanwhile();
  };

  const archiveAndCut = async (session: SessionRow, planned: PlannedCut): Promise<string> => {
    const at = clock.now().toISOString();
    const archive = archiveOf(session, at);
    await db.kysely.transaction().execute(async (tx) => {
      await mustStillFit(session, tx);
      const { staying, leaving, agentSessionId } = await cuts.carryOut(planned, tx);
      await tx.insertInto('sessions').values(archive).execute();
      await history.copy(staying, archive.id, tx);
      await history.move(leaving, { from: session.id, to: archive.id }, tx);
      const last_message = await history.preview(session.id, tx);
      await tx
        .updateTable('sessions')
        .set((eb) => ({
          agent_session_id: agentSessionId,
          last_message,
          updated_at: at,
          history_version: eb('history_version', '+', 1),
        }))
        .where('id', '=', session.id)
        .execute();
    });
    return archive.id;
  };

  const goBack = async (ownerId: string, sessionId: string, target: Rewind): Promise<Rewound> => {
    const session = await sessions.row(ownerId, sessionId);
    const planned = await cuts.plan(session, await turnOf(ownerId, sessionId, target));
    const files: RewoundFiles =
      target.checkpoint_id === undefined
        ? {
            status: 'rewound',
            session_id: sessionId,
            checkpoint_id: null,
            undo_checkpoint_id: null,
            restored: [],
            deleted: [],
            failed: [],
          }
        : await checkpoints.rewind(ownerId, sessionId, target.checkpoint_id);
    const archived_session_id = await archiveAndCut(session, planned);
    await runtime.drop(sessionId);
    await sessions.announce(ownerId, archived_session_id);
    await sessions.announce(ownerId, sessionId);
    return { ...files, archived_session_id };
  };

  return {
    async rewind(ownerId, sessionId, target) {
      await sessions.row(ownerId, sessionId);
      const { checkpoint_id, conversation } = target;
      if (checkpoint_id === undefined || conversation)
        return deps.whileIdle(sessionId, () => goBack(ownerId, sessionId, target));
      return { ...(await checkpoints.rewind(ownerId, sessionId, checkpoint_id)), archived_session_id: null };
    },
  };
};
