/**
 * Keeps search index and graph in step with the rows. The rows themselves say what is left to do, so a crash at any
 * moment, a store that was away for a day or a lost index file all end in the same way: the work is found again and
 * done. Each store is served by itself; one that is away holds up no other.
 */
import { z } from 'zod';
import type { Clock } from '../../kernel/clock.ts';
import { type AppError, isAppError } from '../../kernel/errors.ts';
import { parseJson } from '../../kernel/json.ts';
import type { Log } from '../../kernel/log.ts';
import type { Embedder } from '../../ports/embedder.ts';
import type { GraphStore } from '../../ports/graph-store.ts';
import type { IndexItem, SearchIndex } from '../../ports/search-index.ts';
import type { MemoryRow, MemoryStore, Work } from './store.ts';

export const collection = 'memories';

export const graphShape = z.object({
  entities: z.array(z.object({ name: z.string(), kind: z.string() })),
  relations: z.array(z.object({ from: z.string(), type: z.string(), to: z.string() })),
});
export type FoundGraph = z.infer<typeof graphShape>;

export interface SyncDeps {
  store: MemoryStore;
  index: SearchIndex;
  embedder: Embedder;
  graph: GraphStore;
  clock: Clock;
  log: Log;
  /** Rows of every owner have to be embedded again. */
  onSpaceChanged: () => Promise<void>;
}

export interface Sync {
  /** One slice of everything that waits. Throws SERVICE_UNAVAILABLE when a store was away; the rest was done. */
  run(ownerId: string, signal?: AbortSignal): Promise<{ more: boolean }>;
  /** Makes sure that the collection holds vectors of this embedder. */
  ensureSpace(): Promise<void>;
  /** Once for each owner: what the index has lost is put to work again; true when there is work. */
  reconcile(ownerId: string): Promise<boolean>;
  /** The index did not answer: it may have lost something, and is compared once more. */
  doubt(ownerId: string): void;
}

const sliceRows = 64;

/** How a step ended: with more to do, with nothing left, or with its store away. */
type Ended = { more: boolean; away: AppError | null };

export const createSync = (deps: SyncDeps): Sync => {
  const { store, index, embedder, graph } = deps;
  let space: Promise<void> | null = null;
  const reconciled = new Set<string>();

  const findSpace = async (): Promise<void> => {
    const { changed } = await index.prepare(collection, await embedder.space());
    if (!changed) return;
    await store.markUnembedded();
    await deps.onSpaceChanged();
  };
  const ensureSpace = async (): Promise<void> => {
    space ??= findSpace();
    try {
      await space;
    } catch (error) {
      space = null;
      throw error;
    }
  };

  const scope = (ownerId: string) => ({ collection, ownerId });
  const idsOf = (rows: readonly MemoryRow[]): string[] => rows.map(({ id }) => id);

  const forget = async (ownerId: string, rows: readonly MemoryRow[]): Promise<void> => {
    const ids = idsOf(rows);
    await index.remove(scope(ownerId), ids);
    await graph.forget(ownerId, ids);
    await store.erase(ids);
  };

  const drop = async (ownerId: string, rows: readonly MemoryRow[]): Promise<void> => {
    await index.remove(scope(ownerId), idsOf(rows));
    await store.markDropped(idsOf(rows));
  };

  const retire = async (ownerId: string, rows: readonly MemoryRow[]): Promise<void> => {
    await graph.retire(ownerId, idsOf(rows), deps.clock.now().toISOString());
    await store.markGraphed(idsOf(rows), 2);
  };

  const itemOf = (row: MemoryRow, vector: Float32Array | null): IndexItem => ({
    id: row.id,
    text: row.text,
    vector,
    agentId: row.agent_id,
    runId: row.run_id,
  });

  const put = async (ownerId: string, items: readonly IndexItem[], state: 1 | 2): Promise<void> => {
    await index.upsert(scope(ownerId), items);
    // What was deleted or corrected while it was on its way must not stay behind.
    const gone = await store.markIndexed(
      items.map(({ id }) => id),
      state,
    );
    if (gone.length > 0) await index.remove(scope(ownerId), gone);
  };

  /** Without the embedder the words go in all the same, and the vectors follow. */
  const putRows = async (ownerId: string, rows: readonly MemoryRow[]): Promise<void> => {
    try {
      await ensureSpace();
      const vectors = await embedder.embed(
        rows.map(({ text }) => text),
        { kind: 'text' },
      );
      await put(
        ownerId,
        rows.map((row, at) => itemOf(row, vectors[at] ?? null)),
        2,
      );
    } catch (error) {
      const unknown = rows.filter(({ indexed }) => indexed === 0);
      if (isAppError(error, 'SERVICE_UNAVAILABLE') && unknown.length > 0)
        await put(
          ownerId,
          unknown.map((row) => itemOf(row, null)),
          1,
        );
      throw error;
    }
  };

  const draw = async (ownerId: string, rows: readonly MemoryRow[]): Promise<void> => {
    for (const row of rows) {
      const found = parseJson(graphShape, row.graph ?? '', 'graph of a memory');
      await graph.put(ownerId, { memoryId: row.id, since: row.occurred_at, ...found });
      const gone = await store.markGraphed([row.id], 1);
      if (gone.length > 0) await graph.forget(ownerId, gone);
    }
  };

  const steps: readonly [Work, (ownerId: string, rows: readonly MemoryRow[]) => Promise<void>][] = [
    ['forget', forget],
    ['drop', drop],
    ['retire', retire],
    ['index', putRows],
    ['graph', draw],
  ];

  const step = async (ownerId: string, [work, apply]: (typeof steps)[number]): Promise<Ended> => {
    const rows = await store.waiting(ownerId, work, sliceRows);
    if (rows.length === 0) return { more: false, away: null };
    try {
      await apply(ownerId, rows);
      return { more: rows.length === sliceRows, away: null };
    } catch (error) {
      if (!isAppError(error, 'SERVICE_UNAVAILABLE')) throw error;
      return { more: false, away: error };
    }
  };

  return {
    ensureSpace,
    async run(ownerId, signal) {
      const ended: Ended[] = [];
      for (const one of steps) {
        signal?.throwIfAborted();
        ended.push(await step(ownerId, one));
      }
      const away = ended.find((one) => one.away !== null)?.away;
      const more = ended.some((one) => one.more);
      if (away && !more) throw away;
      return { more };
    },
    doubt: (ownerId) => void reconciled.delete(ownerId),
    async reconcile(ownerId) {
      if (reconciled.has(ownerId)) return false;
      reconciled.add(ownerId);
      try {
        const known = await index.count(scope(ownerId));
        const expected = await store.countIndexed(ownerId);
        if (known.items >= expected.items && known.embedded >= expected.embedded) return false;
        deps.log.warn({ owner_id: ownerId, known, expected }, 'the search index lacks memories; they are added again');
        await store.markUnindexed(ownerId);
        return true;
      } catch (error) {
        reconciled.delete(ownerId);
        throw error;
      }
    },
  };
};
