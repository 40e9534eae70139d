/** Memory over an engine that is not ours: chats, tools, routes and jobs are the same. */
import type { Clock } from '../../kernel/clock.ts';
import { within } from '../../kernel/within.ts';
import type { MemoryEngine } from '../../ports/memory-engine.ts';
import { type ChatRecall, createChatMemory } from './chat.ts';
import { createEngineMemories, createEngineSearch, type EngineSearch } from './engine-memories.ts';
import { toOurs } from './engine-shape.ts';
import { createEngineWriter, type EngineWriter } from './engine-writer.ts';
import { createLearning } from './learning.ts';
import { createMemoryNews, withImportNews, withNews } from './news.ts';
import type { MemoryPart, MemoryPartDeps } from './part.ts';
import { createSanitise } from './sanitise.ts';
import { createMemorySettings } from './settings.ts';
import { createMemoryTools } from './tools.ts';
import { createMemoryTransfer, type WriteOne } from './transfer.ts';

/** A chat waits for an engine no longer than this: it embeds and searches in one call, which cannot be taken apart. */
const recallWithinMs = 1_000;

const createEngineRecall = (search: EngineSearch, clock: Clock): ChatRecall => ({
  async find(ownerId, query) {
    const work = search.find(ownerId, query);
    const hits = await within(clock, recallWithinMs, work);
    if (hits === 'late') {
      work.catch(() => {});
      return { found: [] };
    }
    return {
      found: hits.map(({ memory, score }) => {
        const { id, memory: text, author, occurred_at } = toOurs(ownerId, memory);
        return { row: { id, text, author, occurred_at }, ranked: { score } };
      }),
    };
  },
});

const lineWriter =
  (writer: EngineWriter) =>
  async (ownerId: string): Promise<WriteOne> => {
    const known = await writer.known(ownerId);
    return async (place, draft) => {
      const given = await writer.give(ownerId, { place, draft, known });
      return typeof given === 'string' ? given : 'stored';
    };
  };

export const createEnginePart = (deps: MemoryPartDeps & { engine: MemoryEngine; watch: () => void }): MemoryPart => {
  const { clock, engine } = deps;
  const settings = createMemorySettings({ ...deps, keepsGraph: false });
  const sanitise = createSanitise(deps.secrets);
  const writer = createEngineWriter({ engine, settings, sanitise });
  const search = createEngineSearch({ engine, sanitise });
  const learning = createLearning({
    ...deps,
    settings,
    sanitise,
    learn: (...conversation) => memories.learn(...conversation),
    leaveBehind: (ownerId) => chat.leaveBehind(ownerId),
  });
  const news = createMemoryNews(deps.events);
  const own = createEngineMemories({ ...deps, ...learning, settings, sanitise, writer }, search);
  const memories = withNews(own, news);
  const chat = createChatMemory({
    ...deps,
    ...deps.inChats,
    ...learning,
    store: { hasAny: async () => true },
    settings,
    recall: createEngineRecall(search, clock),
    memories,
  });
  const transfer = createMemoryTransfer({
    all: async (ownerId) => {
      const all = (await engine.list(ownerId)).map((memory) => toOurs(ownerId, memory));
      return all.sort((a, b) => (a.created_at < b.created_at ? -1 : 1));
    },
    writer: lineWriter(writer),
    now: () => clock.now(),
    settle: async () => {},
  });
  return {
    index: deps.index,
    probes: deps.probes,
    lostFeatures: learning.lostFeatures,
    memories,
    tools: createMemoryTools({ ...chat, memories, placeOf: deps.placeOf }),
    transfer: withImportNews(transfer, news),
    chat,
    start: async () => deps.watch(),
  };
};
