/**
 * A conversation cut at one place in two records of it: our messages, which its reader sees, and the agent's
 * transcript, which the model knows.
 */
import type { Runtime, TranscriptBranch } from '@hearth/runtime';
import { AppError } from '../../kernel/errors.ts';
import type { Cut, SessionHistory, SessionRow } from '../sessions/index.ts';
import type { Transcripts } from './transcripts.ts';
import type { Connection } from './types.ts';

export interface CutsDeps {
  history: SessionHistory;
  transcripts: Transcripts;
  runtime: Runtime;
}

export interface PlannedCut {
  cut: Cut;
  /** Null when the agent has nothing of the conversation. */
  transcript: TranscriptBranch | null;
}

export interface Part {
  /** Ids of messages before and behind the cut. */
  staying: string[];
  leaving: string[];
  /** The conversation of the agent that ends at the cut; null when it would be empty. */
  agentSessionId: string | null;
}

export interface Cuts {
  /** Cuts before the message with this number. Changes nothing. */
  plan(session: SessionRow, beforeNo: number): Promise<PlannedCut>;
  /** Stores what the agent knows of the part before the cut, and says which messages that part has. */
  carryOut(planned: PlannedCut, tx: Connection): Promise<Part>;
}

export const cutAttempts = 5;

export const changedMeanwhile = (): AppError =>
  new AppError('CONFLICT', 'The conversation changed at the same moment. Try again.', { retryAfter: 1 });

export const createCuts = ({ history, transcripts, runtime }: CutsDeps): Cuts => ({
  async plan(session, beforeNo) {
    for (let attempt = 0; attempt < cutAttempts; attempt += 1) {
      const cut = await history.cutAt(session.id, beforeNo);
      if (session.agent_session_id === null) return { cut, transcript: null };
      const transcript = await runtime.branch({ agentSessionId: session.agent_session_id, before: cut.prompts });
      // A message is stored before the agent hears of it: what it had heard by now is in this list.
      const now = await history.cutAt(session.id, beforeNo);
      if (now.prompts.length === cut.prompts.length) return { cut, transcript };
    }
    throw changedMeanwhile();
  },
  async carryOut({ cut, transcript }, tx) {
    const sides = await history.sides(cut, transcript?.holds ?? (() => null), tx);
    if (transcript === null || transcript.entries.length === 0 || sides.staying.length === 0)
      return { ...sides, agentSessionId: null };
    await transcripts.insert(transcript.agentSessionId, transcript.entries, tx);
    return { ...sides, agentSessionId: transcript.agentSessionId };
  },
});
