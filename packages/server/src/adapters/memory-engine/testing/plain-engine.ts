/** The smallest memory engine: in process, by words. For tests of what stands on one. */
import { AppError } from '../../../kernel/errors.ts';
import { newId } from '../../../kernel/ids.ts';
import type {
  EngineAddition,
  EngineChange,
  EngineFilter,
  EngineMemory,
  MemoryEngine,
} from '../../../ports/memory-engine.ts';

export interface PlainEngine extends MemoryEngine {
  /** Everything it was ever given, for tests that look for what should not be there. */
  readonly seen: string[];
  /** Its model: what it finds in the messages. Null: the model is away. */
  finds: ((addition: EngineAddition) => readonly Pick<EngineMemory, 'text' | 'saidBy'>[]) | null;
}

interface Stored {
  owner: string;
  memory: EngineMemory;
  history: EngineChange[];
}

const wordsOf = (text: string): Set<string> => new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);

export const createPlainEngine = (): PlainEngine => {
  const all = new Map<string, Stored>();
  const seen: string[] = [];
  let latest = 0;
  /** Never the same time twice, so that "newest first" has one answer. */
  const now = (): string => {
    latest = Math.max(latest + 1, Date.now());
    return new Date(latest).toISOString();
  };
  const of = (owner: string, id: string): Stored | null => {
    const found = all.get(id);
    return found?.owner === owner ? found : null;
  };
  const listed = (owner: string, { agentId, runId }: EngineFilter = {}): EngineMemory[] =>
    [...all.values()]
      .filter((one) => one.owner === owner)
      .map(({ memory }) => memory)
      .filter((memory) => (agentId ?? memory.agentId) === memory.agentId && (runId ?? memory.runId) === memory.runId);

  const store = (
    owner: string,
    { agentId, runId, metadata }: EngineAddition,
    text: string,
    saidBy: EngineMemory['saidBy'],
  ) => {
    const at = now();
    const memory = {
      id: newId(),
      text,
      agentId,
      runId,
      metadata: { ...metadata },
      saidBy,
      createdAt: at,
      updatedAt: at,
    };
    all.set(memory.id, { owner, memory, history: [{ event: 'added', text, at }] });
    return memory;
  };

  const engine: PlainEngine = {
    seen,
    finds: ({ messages }) => messages.map(({ role, text }) => ({ text, saidBy: role })),
    async add(owner, addition) {
      seen.push(...addition.messages.map(({ text }) => text));
      if (!addition.infer) return addition.messages.map(({ text }) => store(owner, addition, text, null));
      if (engine.finds === null) throw new AppError('SERVICE_UNAVAILABLE', 'The model is away.');
      return engine.finds(addition).map(({ text, saidBy }) => store(owner, addition, text, saidBy));
    },
    async search(owner, { text, limit, ...filter }) {
      seen.push(text);
      const asked = wordsOf(text);
      const hits = listed(owner, filter).map((memory) => {
        const words = wordsOf(memory.text);
        const shared = [...words].filter((word) => asked.has(word)).length / Math.max(1, words.size);
        return { memory, score: shared, words: shared, meaning: 0, names: 0 };
      });
      return hits
        .filter(({ score }) => score > 0)
        .sort((a, b) => b.score - a.score)
        .slice(0, limit);
    },
    list: async (owner, filter) => listed(owner, filter),
    get: async (owner, id) => of(owner, id)?.memory ?? null,
    async update(owner, id, { text, metadata }) {
      seen.push(text);
      const found = of(owner, id);
      if (found === null) return null;
      const at = now();
      if (text !== found.memory.text) found.history.push({ event: 'updated', text, at });
      found.memory = { ...found.memory, text, metadata: { ...metadata }, updatedAt: at };
      return found.memory;
    },
    remove: async (owner, id) => of(owner, id) !== null && all.delete(id),
    async removeAll(owner) {
      const mine = listed(owner);
      for (const { id } of mine) all.delete(id);
      return mine.length;
    },
    history: async (owner, id) => of(owner, id)?.history ?? [],
    ping: async () => {},
    close: async () => {},
  };
  return engine;
};
