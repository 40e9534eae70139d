import { expect, it } from 'vitest';
import { sqliteEngine } from '../../db/test-db.ts';
import type { SearchIndex } from '../../ports/search-index.ts';
import { withFresh } from './fresh.ts';
import { createMemoryStore } from './store.ts';

const engine = sqliteEngine();
const at = '2026-01-01T00:00:00.000Z';

it('finds what gets into the index while it is looked for', async () => {
  const db = await engine.makeDb();
  const store = createMemoryStore(db);
  const source = { run_id: null, run_no: 0, source_session_id: null, source_message_id: null };
  const times = { occurred_at: at, created_at: at, updated_at: at, deleted_at: null };
  const links = { supersedes: null, superseded_by: null, graph: null, category: null };
  const state = { indexed: 0, graphed: 0 } as const;
  const text = { text: 'The owner likes tea.', hash: '', likeness: '', metadata: '{}', author: 'owner' } as const;
  const row = { id: 'a', owner_id: 'o', agent_id: 'main', ...source, ...times, ...links, ...state, ...text };
  await store.insert([row], db.kysely);
  /** Was read just before the row got there. */
  const index: Pick<SearchIndex, 'query'> = {
    async query() {
      await store.markIndexed(['a'], 2);
      return [];
    },
  };
  const scope = { collection: 'memories', ownerId: 'o' };
  const found = await withFresh(index, store).query(scope, { text: 'tea', vector: null, candidates: 40 });
  expect(found.map(({ id }) => id)).toEqual(['a']);
});
