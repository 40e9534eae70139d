/** One decision on its way: only the server's answer settles it. Sending the same one twice is harmless. */
import { isApiError } from '@hearth/client';
import type { Decision } from '@hearth/contract';
import { useState } from 'react';
import { problemOf } from '../../lib/store/store.ts';
import { useHearth } from '../../shell/session.tsx';

export interface Deciding {
  sending: Decision['decision'] | 'answer' | null;
  problem: string | null;
  decide: (decision: Decision) => Promise<boolean>;
  answer: (text: string) => Promise<boolean>;
}

/** The haptic tick of a decision, where the device has one. */
const tick = (): void => void navigator.vibrate?.(10);

export const useDecide = (approval: { id: string; session_id: string; tool_use_id: string }): Deciding => {
  const { client, store } = useHearth();
  const [sending, setSending] = useState<Deciding['sending']>(null);
  const [problem, setProblem] = useState<string | null>(null);

  const run = async (what: NonNullable<Deciding['sending']>, send: () => Promise<unknown>): Promise<boolean> => {
    if (sending !== null) return false;
    setSending(what);
    setProblem(null);
    tick();
    try {
      await send();
      await store.loadApproval(approval.id).catch(() => {});
      return true;
    } catch (error) {
      // Decided elsewhere or expired: what the server says of it now is the answer.
      if (isApiError(error) && (error.status === 409 || error.status === 404)) {
        await store.loadApproval(approval.id).catch(() => {});
      }
      setProblem(`Not delivered: ${problemOf(error)}`);
      return false;
    } finally {
      setSending(null);
    }
  };

  return {
    sending,
    problem,
    decide: (decision) => run(decision.decision, () => client.approvals.decide(approval.id, decision)),
    answer: (answer) =>
      run('answer', () => client.sessions.answer(approval.session_id, { answer, tool_use_id: approval.tool_use_id })),
  };
};
