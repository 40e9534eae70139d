'use client';
/**
 * One short message at a time with a way back: "Chat deleted – Undo". The deed itself is done when the toast goes, or
 * when the page does; never errors that need action.
 */
import { useEffect, useSyncExternalStore } from 'react';
import { Button } from './button.tsx';

interface Toast {
  text: string;
  undo?: () => void;
  /** The word for the way back, when it is not "Undo". */
  undoLabel?: string;
  /** Runs once, when it is too late to undo. */
  commit?: () => void;
}

let current: Toast | null = null;
const listeners = new Set<() => void>();
const set = (toast: Toast | null): void => {
  current = toast;
  for (const listener of listeners) listener();
};

const finish = (how: 'commit' | 'undo'): void => {
  const toast = current;
  set(null);
  toast?.[how]?.();
};

export const showToast = (toast: Toast): void => {
  if (current) finish('commit');
  set(toast);
};

const shownMs = 7_000;

export const Toaster = () => {
  const toast = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    () => current,
    () => null,
  );
  useEffect(() => {
    if (!toast) return;
    const commit = (): void => finish('commit');
    const timer = setTimeout(commit, shownMs);
    window.addEventListener('pagehide', commit);
    return () => {
      clearTimeout(timer);
      window.removeEventListener('pagehide', commit);
    };
  }, [toast]);
  return (
    <div role="status" className="toaster pointer-events-none fixed inset-x-0 z-30 flex justify-center px-4">
      {toast ? (
        <div className="pointer-events-auto flex items-center gap-2 rounded-button bg-ink py-1 pr-1 pl-4 text-list text-bg shadow-(--shadow)">
          <span>{toast.text}</span>
          {toast.undo ? (
            <Button tone="quiet" className="text-bg underline" onClick={() => finish('undo')}>
              {toast.undoLabel ?? 'Undo'}
            </Button>
          ) : (
            <span className="w-3" />
          )}
        </div>
      ) : null}
    </div>
  );
};
