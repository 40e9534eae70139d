/** A new fact that says what is remembered already in nearly the same words: found by its closest vectors. */
import type { MemoryAuthor } from '@hearth/contract';
import type { Clock } from '../../kernel/clock.ts';
import { isAppError } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import { within } from '../../kernel/within.ts';
import type { Embedder } from '../../ports/embedder.ts';
import type { SearchIndex } from '../../ports/search-index.ts';
import { saysTheSame } from './same-sense.ts';
import type { MemoryStore } from './store.ts';
import { collection, type Sync } from './sync.ts';

export interface NearFact {
  text: string;
  author: MemoryAuthor;
}

export interface Near {
  /** For each fact the memory of the same owner and agent that says the same; null: none, or it cannot be known now. */
  find(ownerId: string, agentId: string, facts: readonly NearFact[]): Promise<(string | null)[]>;
}

export interface NearDeps {
  store: Pick<MemoryStore, 'byIds'>;
  index: Pick<SearchIndex, 'query'>;
  embedder: Pick<Embedder, 'embed'>;
  sync: Pick<Sync, 'ensureSpace'>;
  clock: Clock;
  log: Log;
}

/** Lower than one would think, for the words decide: a full stop alone takes the bundled embedder from 1 to 0.91. */
const leastCloseness = 0.85;
/** By words and by meaning each. */
const candidates = 10;
/** Finding facts is work in the background, yet it is not to hang on a service that is slow. */
const withinMs = 10_000;
/** What others wrote does not stand in for the owner's own word. */
const trust: Record<MemoryAuthor, number> = { owner: 2, assistant: 1, untrusted: 0 };

/** Who knows the one has no need of the other. */
export const standsFor = (known: NearFact, fact: NearFact): boolean =>
  trust[known.author] >= trust[fact.author] && saysTheSame(known.text, fact.text);

export const createNear = (deps: NearDeps): Near => {
  const nearestTo = async (ownerId: string, agentId: string, fact: NearFact & { vector: Float32Array }) => {
    const { text, vector } = fact;
    const scope = { collection, ownerId };
    const hits = await deps.index.query(scope, { text, vector, filter: { agentId }, candidates });
    const close = hits
      .filter(({ meaning }) => meaning !== null && meaning >= leastCloseness)
      .sort((a, b) => (b.meaning ?? 0) - (a.meaning ?? 0));
    const ids = close.map(({ id }) => id);
    const rows = new Map((await deps.store.byIds(ownerId, ids)).map((row) => [row.id, row]));
    const same = ids.find((id) => {
      const row = rows.get(id);
      return row?.agent_id === agentId && standsFor(row, fact);
    });
    return same ?? null;
  };

  const findAll = async (ownerId: string, agentId: string, facts: readonly NearFact[], signal: AbortSignal) => {
    await deps.sync.ensureSpace();
    const texts = facts.map(({ text }) => text);
    const vectors = await deps.embedder.embed(texts, { kind: 'text', signal });
    return Promise.all(
      facts.map((fact, at) => {
        const vector = vectors[at];
        return vector === undefined ? null : nearestTo(ownerId, agentId, { ...fact, vector });
      }),
    );
  };

  return {
    async find(ownerId, agentId, facts) {
      const unknown = facts.map(() => null);
      if (facts.length === 0) return unknown;
      const stop = new AbortController();
      const work = findAll(ownerId, agentId, facts, stop.signal);
      try {
        const found = await within(deps.clock, withinMs, work);
        if (found !== 'late') return found;
        stop.abort();
        work.catch(() => {});
        return unknown;
      } catch (error) {
        if (!isAppError(error, 'SERVICE_UNAVAILABLE')) throw error;
        deps.log.debug({ err: error }, 'facts are stored without a look for those that say the same');
        return unknown;
      }
    },
  };
};
