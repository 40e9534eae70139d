/** What another device or a chat has stored, corrected or forgotten appears on the Memory screen without a reload. */
import type { StoreApi } from 'zustand/vanilla';
import type { LinkDeps } from '../../lib/store/link.ts';
import type { HearthState } from '../../lib/store/state.ts';

type MemoryState = Pick<StoreApi<Pick<HearthState, 'memoryAt'>>, 'getState' | 'subscribe'>;

/** Changes often come several at a time: one look is enough for them. */
const burstMs = 300;
/** The event up to which was looked; kept while another screen is shown. */
const seen = new WeakMap<MemoryState, number>();

/** Calls `refresh` soon after a change, also after one that came while nobody followed; returns how to stop. */
export const followMemories = (state: MemoryState, refresh: () => void, timer: LinkDeps['timer']): (() => void) => {
  let cancel: (() => void) | null = null;
  const look = (): void => {
    if (cancel !== null || state.getState().memoryAt === seen.get(state)) return;
    cancel = timer(burstMs, () => {
      cancel = null;
      seen.set(state, state.getState().memoryAt);
      refresh();
    });
  };
  // On the first visit everything is asked for anyway.
  if (!seen.has(state)) seen.set(state, state.getState().memoryAt);
  look();
  const leave = state.subscribe(look);
  return () => {
    leave();
    cancel?.();
  };
};
