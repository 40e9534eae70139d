/** Writing memories: what is new, what is known already, what corrects something. One transaction with its follow-up. */
import type { MemoryAuthor } from '@hearth/contract';
import type { Db } from '../../db/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import { newId, sha256Hex } from '../../kernel/ids.ts';
import { type Near, standsFor } from './near.ts';
import type { Sanitise, Sanitised } from './sanitise.ts';
import type { MemorySettingsStore } from './settings.ts';
import type { Connection, MemoryRow, MemoryStore } from './store.ts';
import type { FoundGraph } from './sync.ts';

export interface Draft {
  text: string;
  author: MemoryAuthor;
  category: string | null;
  metadata: Record<string, unknown>;
  sessionId: string | null;
  messageId: string | null;
  occurredAt: string;
  /** Null: the graph is not wanted. */
  graph: FoundGraph | null;
  /** A memory of the same owner that says the same. */
  repeats: string | null;
  /** A memory of the same owner that holds no more. */
  corrects: string | null;
}

export interface DraftPlace {
  agentId: string;
  runId: string | null;
}

export interface Written {
  rows: MemoryRow[];
  merged: number;
  superseded: string[];
  blocked: number;
}

export interface MemoryWriter {
  write(ownerId: string, place: DraftPlace, drafts: readonly Draft[], beside?: Beside): Promise<Written>;
}

/** How it is written, and what belongs into the same transaction. */
export interface Beside {
  /** What says the same as another fact in nearly the same words is known; otherwise only the same text is. */
  mergeNear?: boolean;
  /** False: what was found is not wanted any more. */
  before?: ((tx: Connection) => Promise<boolean>) | undefined;
  after?: (rows: readonly MemoryRow[], tx: Connection) => Promise<void>;
}

export interface WriterDeps {
  db: Db;
  clock: Clock;
  store: MemoryStore;
  settings: MemorySettingsStore;
  sanitise: Sanitise;
  near: Near;
  /** In the transaction: index and graph have to follow. */
  enqueueSync: (ownerId: string, tx: Connection) => Promise<void>;
}

/** Two sentences that differ in case, blanks and closing marks alone are the same memory. */
export const likenessOf = (text: string): string =>
  sha256Hex(
    text
      .normalize('NFKC')
      .toLowerCase()
      .replaceAll(/[\s.!?,;:]+/g, ' ')
      .trim(),
  );

interface Prepared {
  draft: Draft;
  clean: Sanitised;
}

const cleanGraph = (graph: FoundGraph | null, clean: Sanitised): string | null =>
  // Names could bring back what was taken out of the text.
  graph === null || clean.redacted || clean.piiTypes.length > 0 ? null : JSON.stringify(graph);

export const createMemoryWriter = (deps: WriterDeps): MemoryWriter => {
  const { db, clock, store } = deps;

  const prepare = async (ownerId: string, drafts: readonly Draft[]): Promise<{ kept: Prepared[]; blocked: number }> => {
    const { pii_mode } = await deps.settings.get(ownerId);
    const kept: Prepared[] = [];
    for (const draft of drafts) {
      const clean = await deps.sanitise(draft.text, pii_mode);
      if (clean !== 'blocked' && clean.text.trim() !== '') kept.push({ draft, clean });
    }
    return { kept, blocked: drafts.length - kept.length };
  };

  /** Only what has been cleaned is embedded. */
  const withNear = async (ownerId: string, agentId: string, prepared: readonly Prepared[]): Promise<Prepared[]> => {
    const isNew = ({ draft }: Prepared): boolean => draft.repeats === null && draft.corrects === null;
    const fresh = prepared.filter(isNew);
    const facts = fresh.map(({ draft, clean }) => ({ text: clean.text, author: draft.author }));
    const found = await deps.near.find(ownerId, agentId, facts);
    const repeats = new Map(fresh.map((one, at) => [one, found[at] ?? null]));
    return prepared.map((one) => ({ ...one, draft: { ...one.draft, repeats: repeats.get(one) ?? one.draft.repeats } }));
  };

  const rowOf = (ownerId: string, place: DraftPlace, { draft, clean }: Prepared, runNo: number): MemoryRow => {
    const now = clock.now().toISOString();
    const flags = clean.piiTypes.length > 0 ? { contains_pii: true, pii_types: clean.piiTypes } : {};
    return {
      id: newId(),
      owner_id: ownerId,
      agent_id: place.agentId,
      run_id: place.runId,
      run_no: runNo,
      text: clean.text,
      hash: sha256Hex(clean.text),
      likeness: likenessOf(clean.text),
      category: draft.category,
      metadata: JSON.stringify({ ...draft.metadata, ...flags }),
      author: draft.author,
      source_session_id: draft.sessionId,
      source_message_id: draft.messageId,
      occurred_at: draft.occurredAt,
      created_at: now,
      updated_at: now,
      supersedes: draft.corrects,
      superseded_by: null,
      graph: cleanGraph(draft.graph, clean),
      word_id: null,
      indexed: 0,
      graphed: 0,
      deleted_at: null,
    };
  };

  /** Of what is to be corrected only that which still holds. */
  const supersede = async (ownerId: string, row: MemoryRow, tx: Connection): Promise<boolean> => {
    if (row.supersedes === null) return false;
    const [old] = await store.byIds(ownerId, [row.supersedes], 'current', tx);
    if (!old) {
      row.supersedes = null;
      return false;
    }
    await store.words.remove([old.id], tx);
    const set = { superseded_by: row.id, updated_at: row.created_at, word_id: null };
    await store.update(old.id, set, tx);
    return true;
  };

  /** It was said again: the memory keeps its source and gets the newer day. */
  const sayAgain = async (ownerId: string, { repeats, occurredAt }: Draft, tx: Connection): Promise<void> => {
    if (repeats === null) return;
    const [known] = await store.byIds(ownerId, [repeats], 'current', tx);
    if (known && known.occurred_at < occurredAt)
      await store.update(known.id, { occurred_at: occurredAt, updated_at: clock.now().toISOString() }, tx);
  };

  const isIn = (rows: readonly MemoryRow[], { draft, clean }: Prepared): boolean =>
    draft.corrects === null && rows.some((row) => standsFor(row, { text: clean.text, author: draft.author }));

  const writeIn = async (
    ownerId: string,
    place: DraftPlace,
    { prepared, mergeNear }: { prepared: readonly Prepared[]; mergeNear: boolean },
    tx: Connection,
  ) => {
    const likenesses = prepared.map(({ clean }) => likenessOf(clean.text));
    const known = likenesses.length === 0 ? [] : await store.alike(ownerId, { ...place, likenesses }, tx);
    const seen = new Set(known.map(({ likeness }) => likeness));
    let runNo = place.runId === null ? 0 : await store.lastRunNo(ownerId, place.runId, tx);
    const rows: MemoryRow[] = [];
    const superseded: string[] = [];
    for (const one of prepared) {
      const key = likenessOf(one.clean.text);
      await sayAgain(ownerId, one.draft, tx);
      if (one.draft.repeats !== null || seen.has(key) || (mergeNear && isIn(rows, one))) continue;
      seen.add(key);
      runNo += place.runId === null ? 0 : 1;
      const row = rowOf(ownerId, place, one, runNo);
      if ((await supersede(ownerId, row, tx)) && row.supersedes !== null) superseded.push(row.supersedes);
      rows.push(row);
    }
    if (rows.length > 0) {
      await store.insert(rows, tx);
      await deps.enqueueSync(ownerId, tx);
    }
    return { rows, merged: prepared.length - rows.length, superseded };
  };

  return {
    async write(ownerId, place, drafts, { before, after, mergeNear = false } = {}) {
      const { kept: clean, blocked } = await prepare(ownerId, drafts);
      const kept = mergeNear ? await withNear(ownerId, place.agentId, clean) : clean;
      const written = await db.kysely.transaction().execute(async (tx) => {
        if (before && !(await before(tx))) return { rows: [], merged: 0, superseded: [] };
        const result = await writeIn(ownerId, place, { prepared: kept, mergeNear }, tx);
        await after?.(result.rows, tx);
        return result;
      });
      return { ...written, blocked };
    },
  };
};
