/** One thing that a button does: whether it is under way, and what went wrong with it. */
import { useState } from 'react';
import { problemOf } from './store/store.ts';

export interface Deed {
  isBusy: boolean;
  problem: string | null;
  /** Never fails: what goes wrong is `problem`, until the next time. Answers whether it went well. */
  run(work: () => Promise<void>): Promise<boolean>;
}

export const useDeed = (): Deed => {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const run: Deed['run'] = async (work) => {
    setBusy(true);
    setProblem(null);
    try {
      await work();
      return true;
    } catch (error) {
      setProblem(problemOf(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, problem, run };
};
