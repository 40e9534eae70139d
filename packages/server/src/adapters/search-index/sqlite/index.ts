/** The embedded search index: SQLite for words, a graph (HNSW) for meaning, one folder for each collection and owner. */
import { z } from 'zod';
import type { Clock } from '../../../kernel/clock.ts';
import { createWorkerLink } from '../../../kernel/worker-link.ts';
import type { SearchIndex } from '../../../ports/search-index.ts';

/** Values cross a thread boundary as `unknown`; the worker is ours, so a shape that does not fit is a fault. */
const hits = z.array(z.object({ id: z.string(), words: z.number(), meaning: z.number().nullable() }));
const count = z.object({ items: z.number(), embedded: z.number() });
const ids = z.array(z.object({ id: z.string(), embedded: z.boolean() }));
const changed = z.object({ changed: z.boolean() });

export const createSqliteSearchIndex = ({ dir, clock }: { dir: string; clock: Clock }): SearchIndex => {
  const file = new URL('./worker.ts', import.meta.url);
  const link = createWorkerLink({ file, data: { dir }, clock, name: 'search index', idleMs: 10 * 60_000 });
  return {
    prepare: async (...args) => changed.parse(await link.call('prepare', args)),
    upsert: async (...args) => void (await link.call('upsert', args)),
    remove: async (...args) => void (await link.call('remove', args)),
    clear: async (...args) => void (await link.call('clear', args)),
    async query(scope, question) {
      // Whoever waits for the vector does not wait for the words afterwards; a fault will be met again.
      if (question.vector instanceof Promise)
        link.call('expect', [scope, { ...question, vector: null }]).catch(() => {});
      return hits.parse(await link.call('query', [scope, { ...question, vector: await question.vector }]));
    },
    score: async (...args) => hits.parse(await link.call('score', args)),
    count: async (...args) => count.parse(await link.call('count', args)),
    ids: async (...args) => ids.parse(await link.call('ids', args)),
    // It is part of this process: there is nothing that could be away.
    ping: async () => {},
    close: link.close,
  };
};
