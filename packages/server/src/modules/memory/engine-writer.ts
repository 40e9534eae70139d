/** Writing into an engine that is not ours: cleaned before it sees anything, and once each. */
import type { EngineMemory, MemoryEngine } from '../../ports/memory-engine.ts';
import { type Note, noteOf, withFlags } from './engine-shape.ts';
import { type Conversation, categoryOf, withoutFlags } from './requests.ts';
import type { PiiMode, Sanitise } from './sanitise.ts';
import type { MemorySettingsStore } from './settings.ts';
import { type Draft, type DraftPlace, likenessOf } from './writer.ts';

export interface EngineWriterDeps {
  engine: MemoryEngine;
  settings: MemorySettingsStore;
  sanitise: Sanitise;
}

/** What is there already, by place and likeness. */
export type Known = Set<string>;

export interface Found {
  memories: EngineMemory[];
  blocked: number;
  /** Parts of the conversation that others wrote. */
  foreign: number;
}

export interface EngineWriter {
  known(ownerId: string): Promise<Known>;
  /** One text as it is given; `known` learns of it. */
  give(
    ownerId: string,
    given: { place: DraftPlace; draft: Draft; known: Known },
  ): Promise<EngineMemory | 'known' | 'blocked'>;
  /** The facts that the engine's model finds. */
  find(ownerId: string, conversation: Conversation): Promise<Found>;
  /** The text of a memory in place; null: there is none any more. */
  replace(
    ownerId: string,
    old: EngineMemory,
    change: { text: string; note: Note; known: Known },
  ): Promise<EngineMemory | 'known' | 'blocked' | null>;
}

const keyOf = (place: DraftPlace, text: string): string =>
  JSON.stringify([place.agentId, place.runId, likenessOf(text)]);

export const createEngineWriter = ({ engine, settings, sanitise }: EngineWriterDeps): EngineWriter => {
  /** The model may have put together what was clean in parts. */
  const tidy = async (ownerId: string, memory: EngineMemory, mode: PiiMode): Promise<EngineMemory | null> => {
    const clean = await sanitise(memory.text, mode);
    if (clean === 'blocked' || clean.text.trim() === '') {
      await engine.remove(ownerId, memory.id);
      return null;
    }
    if (clean.text === memory.text && clean.piiTypes.length === 0) return memory;
    const note = noteOf(memory);
    const metadata = { ...note, given: withFlags(withoutFlags(note.given), clean.piiTypes) };
    return engine.update(ownerId, memory.id, { text: clean.text, metadata });
  };

  const cleanSaid = async (conversation: Conversation, mode: PiiMode) => {
    // An engine does not keep whose words a fact comes from; so it learns from the owner and the assistant alone.
    const ours = conversation.said.filter(({ author }) => author !== 'untrusted');
    const messages: { role: 'user' | 'assistant'; text: string }[] = [];
    for (const { author, text } of ours) {
      const clean = await sanitise(text, mode);
      if (clean !== 'blocked' && clean.text.trim() !== '')
        messages.push({ role: author === 'owner' ? 'user' : 'assistant', text: clean.text });
    }
    return { messages, blocked: ours.length - messages.length, foreign: conversation.said.length - ours.length };
  };

  return {
    async known(ownerId) {
      const all = await engine.list(ownerId);
      return new Set(all.map(({ agentId, runId, text }) => keyOf({ agentId, runId }, text)));
    },
    async give(ownerId, { place, draft, known }) {
      const { pii_mode } = await settings.get(ownerId);
      const clean = await sanitise(draft.text, pii_mode);
      if (clean === 'blocked' || clean.text.trim() === '') return 'blocked';
      const key = keyOf(place, clean.text);
      if (known.has(key)) return 'known';
      const metadata: Note = {
        author: draft.author,
        category: draft.category,
        occurred_at: draft.occurredAt,
        session_id: draft.sessionId,
        message_id: draft.messageId,
        given: withFlags(draft.metadata, clean.piiTypes),
      };
      const messages = [{ role: 'user' as const, text: clean.text }];
      const [stored] = await engine.add(ownerId, { messages, ...place, metadata, infer: false });
      if (!stored) return 'known';
      known.add(key);
      return stored;
    },
    async find(ownerId, conversation) {
      const { pii_mode } = await settings.get(ownerId);
      const { messages, blocked, foreign } = await cleanSaid(conversation, pii_mode);
      if (messages.length === 0) return { memories: [], blocked, foreign };
      const roles = new Set(messages.map(({ role }) => role));
      const alone = roles.size > 1 ? null : roles.has('user') ? 'owner' : 'assistant';
      const metadata: Note = {
        author: alone,
        category: categoryOf(conversation.metadata),
        occurred_at: conversation.occurredAt,
        session_id: conversation.sessionId,
        message_id: null,
        given: conversation.metadata,
      };
      const found = await engine.add(ownerId, { messages, ...conversation.place, metadata, infer: true });
      const tidied: (EngineMemory | null)[] = [];
      for (const memory of found) tidied.push(await tidy(ownerId, memory, pii_mode));
      const memories = tidied.filter((memory) => memory !== null);
      return { memories, blocked: blocked + found.length - memories.length, foreign };
    },
    async replace(ownerId, old, { text, note, known }) {
      const { pii_mode } = await settings.get(ownerId);
      const clean = await sanitise(text, pii_mode);
      if (clean === 'blocked' || clean.text.trim() === '') return 'blocked';
      if (known.has(keyOf(old, clean.text))) return 'known';
      const given = withFlags(withoutFlags(note.given), clean.piiTypes);
      return engine.update(ownerId, old.id, { text: clean.text, metadata: { ...note, given } });
    },
  };
};
