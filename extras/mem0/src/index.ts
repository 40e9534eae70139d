/** Mem0 behind the port for memory engines (`packages/server/src/ports/memory-engine.ts`). */
import type { Mem0Options } from '../../../packages/server/src/adapters/memory-engine/mem0.ts';
import { AppError, isAppError } from '../../../packages/server/src/kernel/errors.ts';
import { createTurns } from '../../../packages/server/src/kernel/turns.ts';
import type { EngineFilter, MemoryEngine } from '../../../packages/server/src/ports/memory-engine.ts';
import { hush } from './hush.ts';
import { type Opened, openMem0 } from './open.ts';
import { readChanges, readHits, readIds, readList, readOne, toMetadata, toName } from './shapes.ts';

/** Mem0 has no pages; more than a person will ever have. */
const mostListed = 100_000;

const away = (cause: unknown): AppError =>
  new AppError('SERVICE_UNAVAILABLE', 'Mem0, or something it stands on, gives no answer.', { cause, retryAfter: 5 });

const filtersOf = (owner: string, { agentId, runId }: EngineFilter = {}) => ({
  user_id: toName(owner),
  ...(agentId === undefined ? {} : { agent_id: toName(agentId) }),
  ...(runId === undefined ? {} : { run_id: toName(runId) }),
});

/** Opened when it is first needed, and again after it could not be. */
const createDoor = (options: Mem0Options) => {
  let opening: Promise<Opened> | null = null;
  const open = (): Promise<Opened> => {
    opening ??= openMem0(options).catch((error: unknown) => {
      opening = null;
      throw error;
    });
    return opening;
  };
  return {
    /** Mem0 throws whatever its parts throw. */
    async through<T>(work: (opened: Opened) => Promise<T>): Promise<T> {
      try {
        return await hush(async () => work(await open()));
      } catch (error) {
        throw isAppError(error) ? error : away(error);
      }
    },
    async close(): Promise<void> {
      const opened = await opening?.catch(() => null);
      opening = null;
      opened?.close();
    },
  };
};

export const createMem0Engine = async (options: Mem0Options): Promise<MemoryEngine> => {
  const { through, close } = createDoor(options);
  // Mem0 reads, embeds and writes back: of two changes of one owner the second waits for the first.
  const inTurn = createTurns();
  const changing = <T>(owner: string, work: (opened: Opened) => Promise<T>): Promise<T> =>
    inTurn(owner, () => through(work));
  const oneOf = async ({ mem0 }: Opened, owner: string, id: string) => readOne(await mem0.get(id), toName(owner));
  const allOf = async ({ mem0 }: Opened, owner: string, filter?: EngineFilter) =>
    readList(await mem0.getAll({ filters: filtersOf(owner, filter), topK: mostListed, showExpired: true }));

  return {
    add: (owner, { messages, agentId, runId, metadata, infer }) =>
      through(async (opened) => {
        const said = messages.map(({ role, text }) => ({ role, content: text }));
        const place = {
          userId: toName(owner),
          agentId: toName(agentId),
          runId: runId === null ? undefined : toName(runId),
        };
        const answer = await opened.mem0.add(said, { ...place, metadata: toMetadata(metadata), infer });
        const stored = await Promise.all(readIds(answer).map((id) => oneOf(opened, owner, id)));
        // It says that it has stored what its vector store has refused.
        if (stored.includes(null)) throw away(new Error('not everything was stored'));
        return stored.filter((memory) => memory !== null);
      }),
    search: (owner, { text, limit, ...filter }) =>
      through(async ({ mem0 }) =>
        readHits(await mem0.search(text, { filters: filtersOf(owner, filter), topK: limit, explain: true })),
      ),
    list: (owner, filter) => through((opened) => allOf(opened, owner, filter)),
    get: (owner, id) => through((opened) => oneOf(opened, owner, id)),
    update: (owner, id, { text, metadata }) =>
      changing(owner, async (opened) => {
        if ((await oneOf(opened, owner, id)) === null) return null;
        await opened.mem0.update(id, { text, metadata: toMetadata(metadata) });
        return oneOf(opened, owner, id);
      }),
    remove: (owner, id) =>
      changing(owner, async (opened) => {
        if ((await oneOf(opened, owner, id)) === null) return false;
        try {
          await opened.mem0.delete(id);
        } finally {
          opened.traces.wipe(toName(owner));
        }
        return true;
      }),
    removeAll: (owner) =>
      changing(owner, async (opened) => {
        const { length } = await allOf(opened, owner);
        try {
          await opened.mem0.deleteAll({ userId: toName(owner) });
        } finally {
          opened.traces.wipe(toName(owner));
        }
        return length;
      }),
    history: (owner, id) =>
      through(async (opened) =>
        (await oneOf(opened, owner, id)) === null ? [] : readChanges(await opened.mem0.history(id)),
      ),
    async ping() {
      await options.embedder.ping();
      await through(({ mem0 }) => mem0.getAll({ filters: { user_id: 'nobody' }, topK: 1, showExpired: true }));
    },
    close,
  };
};
