/**
 * Copies of chats on this device, for the first half second and for times without a network. They are views, never the
 * truth: the server's answer replaces them.
 */
import type { Message, Session } from '@hearth/contract';
import type { Kv } from '../kv.ts';
import type { Chat, RunState } from './state.ts';

interface ChatCopy {
  savedAt: string;
  messages: readonly Message[];
  runs: Readonly<Record<string, RunState>>;
  /** Copies made by an earlier version of the app do not have them. */
  decisions?: Chat['decisions'];
  hasOlder: boolean;
  before: string | null;
}

interface SessionsCopy {
  savedAt: string;
  sessions: readonly Session[];
}

export interface Copies {
  chat(id: string): Promise<ChatCopy | undefined>;
  saveChat(id: string, chat: Chat): void;
  forgetChat(id: string): void;
  /** Ids of the chats that can be read without a network. */
  savedChats(): Promise<readonly string[]>;
  sessions(): Promise<SessionsCopy | undefined>;
  saveSessions(sessions: readonly Session[]): void;
}

/** The newest part of a chat is enough to read on; pictures and long results come from the server. */
const keptMessages = 60;
const keptChats = 30;

export const createCopies = ({ kv, ownerId, nowIso }: { kv: Kv; ownerId: string; nowIso: () => string }): Copies => {
  const prefix = `copy:${ownerId}:`;
  const chatKey = (id: string): string => `${prefix}chat:${id}`;
  const sessionsKey = `${prefix}sessions`;

  const indexKey = `${prefix}index`;

  /** Newest last; what falls off the front is forgotten. */
  const noteSaved = async (id: string): Promise<void> => {
    let dropped: string[] = [];
    await kv.update<string[]>(indexKey, (old = []) => {
      const ids = [...old.filter((one) => one !== id), id];
      dropped = ids.slice(0, -keptChats);
      return ids.slice(-keptChats);
    });
    for (const one of dropped) await kv.remove(chatKey(one));
  };

  return {
    chat: (id) => kv.get<ChatCopy>(chatKey(id)),
    saveChat(id, { messages, runs, decisions, hasOlder, before }) {
      const kept = messages.slice(-keptMessages);
      const cut = kept.length < messages.length;
      const copy: ChatCopy = {
        savedAt: nowIso(),
        messages: kept,
        runs,
        decisions,
        hasOlder: cut || hasOlder,
        before: cut ? (kept[0]?.id ?? null) : before,
      };
      void kv.set(chatKey(id), copy).then(() => noteSaved(id));
    },
    forgetChat(id) {
      void kv.remove(chatKey(id));
      void kv.update<string[]>(indexKey, (old = []) => old.filter((one) => one !== id));
    },
    savedChats: async () => (await kv.get<string[]>(indexKey)) ?? [],
    sessions: () => kv.get<SessionsCopy>(sessionsKey),
    saveSessions: (sessions) => void kv.set(sessionsKey, { savedAt: nowIso(), sessions }),
  };
};
