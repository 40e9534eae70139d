/**
 * What a person has typed and not sent, per chat: kept on this device over reloads, sign-outs by the server and updates.
 * A tab writes only what was typed in it, and never over something typed later elsewhere.
 */
import type { ImageInput } from '@hearth/contract';
import type { Kv } from './kv.ts';

export interface Draft {
  text: string;
  images: readonly ImageInput[];
  /** When it was typed, by this device's clock. */
  editedAt: number;
}

export type DraftListener = (chat: string, draft: Draft | undefined, how: 'elsewhere' | 'offered') => void;

export interface Drafts {
  load(chat: string): Promise<Draft | undefined>;
  /** Stored a moment later, so that typing costs nothing; `flush` stores it now. */
  change(chat: string, draft: Omit<Draft, 'editedAt'>): void;
  clear(chat: string): void;
  flush(): void;
  /** Stores what was typed in the last moments, although the page may end right now. */
  leave(): void;
  /** Beginnings of all drafts, for the list of chats. */
  all(): Promise<Map<string, string>>;
  /** Gives a text back to the composer of that chat, for example a message that was taken back. */
  offer(chat: string, draft: Omit<Draft, 'editedAt'>): void;
  /** Calls back when another tab has stored a draft, or when one was offered. */
  onReplaced(listener: DraftListener): () => void;
}

export interface DraftsDeps {
  kv: Kv;
  ownerId: string;
  now: () => number;
  timer: (ms: number, fire: () => void) => () => void;
  channel: Pick<BroadcastChannel, 'postMessage' | 'addEventListener' | 'removeEventListener'> | null;
}

const saveAfterMs = 300;
const isEmpty = (draft: Pick<Draft, 'text' | 'images'>): boolean => draft.text === '' && draft.images.length === 0;

export const createDrafts = ({ kv, ownerId, now, timer, channel }: DraftsDeps): Drafts => {
  const prefix = `draft:${ownerId}:`;
  const listeners = new Set<DraftListener>();
  const pending = new Map<string, Draft>();
  /** On their way into the storage: a page that ends now takes an unfinished write with it. */
  const storing = new Map<string, Draft>();
  /** The newest draft this tab knows of, per chat: what is typed after seeing it is newer, whatever the clock says. */
  const seen = new Map<string, number>();
  let cancel: (() => void) | null = null;

  const tell = (chat: string, draft: Draft): void => {
    try {
      channel?.postMessage({ chat, draft });
    } catch {
      // Closed: this page is signed out, the others find the draft where it is stored.
    }
  };

  const store = async (chat: string, draft: Draft): Promise<void> => {
    let won = true;
    await kv.update<Draft>(`${prefix}${chat}`, (old) => {
      won = old === undefined || old.editedAt <= draft.editedAt;
      // An emptied draft stays as a mark of when, or an older one of another tab would come back.
      return won ? draft : (old ?? draft);
    });
    if (storing.get(chat) === draft) storing.delete(chat);
    if (won) tell(chat, draft);
  };

  const flush = (): void => {
    cancel?.();
    cancel = null;
    for (const [chat, draft] of pending) {
      storing.set(chat, draft);
      void store(chat, draft);
    }
    pending.clear();
  };

  const leave = (): void => {
    cancel?.();
    cancel = null;
    for (const [chat, draft] of new Map([...storing, ...pending])) {
      // Typed a moment ago: nothing elsewhere can be newer, and there is no time to look.
      void kv.setLast(`${prefix}${chat}`, draft);
      tell(chat, draft);
    }
    pending.clear();
    storing.clear();
  };

  const change = (chat: string, draft: Omit<Draft, 'editedAt'>): void => {
    const editedAt = Math.max(now(), (seen.get(chat) ?? 0) + 1);
    seen.set(chat, editedAt);
    pending.set(chat, { ...draft, editedAt });
    cancel ??= timer(saveAfterMs, flush);
  };

  return {
    async load(chat) {
      const draft = pending.get(chat) ?? (await kv.get<Draft>(`${prefix}${chat}`));
      if (draft) seen.set(chat, Math.max(draft.editedAt, seen.get(chat) ?? 0));
      return draft && !isEmpty(draft) ? draft : undefined;
    },
    change,
    clear(chat) {
      change(chat, { text: '', images: [] });
      flush();
    },
    flush,
    leave,
    async all() {
      flush();
      const saved = await kv.all<Draft>(prefix);
      return new Map(
        saved
          .filter(([, draft]) => !isEmpty(draft))
          .map(([key, draft]) => [key.slice(prefix.length), draft.text.trim().slice(0, 120) || 'A picture']),
      );
    },
    offer(chat, draft) {
      change(chat, draft);
      for (const listener of listeners) listener(chat, { ...draft, editedAt: now() }, 'offered');
    },
    onReplaced(listener) {
      const hear = (event: MessageEvent<{ chat: string; draft: Draft }>): void => {
        const { chat, draft } = event.data;
        seen.set(chat, Math.max(draft.editedAt, seen.get(chat) ?? 0));
        listener(chat, isEmpty(draft) ? undefined : draft, 'elsewhere');
      };
      listeners.add(listener);
      channel?.addEventListener('message', hear);
      return () => {
        listeners.delete(listener);
        channel?.removeEventListener('message', hear);
      };
    },
  };
};
