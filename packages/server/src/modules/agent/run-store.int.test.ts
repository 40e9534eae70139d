/** What a run's row says, when notes of it come late. */
import { expect, it } from 'vitest';
import type { RunStatus } from '../../db/index.ts';
import { eachEngine } from '../../db/test-db.ts';
import { createFakeClock } from '../../kernel/fake-clock.ts';
import { newId } from '../../kernel/ids.ts';
import { createRunStore, type RunRow } from './run-store.ts';

eachEngine('runs', (engine) => {
  it('are never said to run again by a note that comes after their end or their parking', async () => {
    const db = await engine.makeDb();
    const runs = createRunStore({ db, clock: createFakeClock(), instanceId: 'a', leaseMs: 1_000 });
    const run = async (status: RunStatus): Promise<string> => {
      const row: RunRow = {
        id: newId(),
        owner_id: 'o',
        session_id: newId(),
        key_id: 'k',
        origin: 'api',
        status,
        client_message_id: null,
        request: '{}',
        after_seq: 0,
        instance_id: null,
        lease_until: null,
        agent_session_id: null,
        draft: null,
        memories: null,
        result: null,
        error: null,
        created_at: '2026-01-05T12:00:00.000Z',
        started_at: null,
        ended_at: null,
      };
      await runs.insert(row, db.kysely);
      return row.id;
    };
    for (const status of ['completed', 'failed', 'interrupted', 'parked'] as const) {
      const id = await run(status);
      expect(await runs.note(id, { status: 'running', agent_session_id: 'late' })).toBe(false);
      expect(await runs.byId(id)).toMatchObject({ status, agent_session_id: null });
    }
    for (const status of ['queued', 'running', 'waiting'] as const) {
      const id = await run(status);
      expect(await runs.note(id, { status: 'waiting' })).toBe(true);
      expect(await runs.byId(id)).toMatchObject({ status: 'waiting' });
    }
  });
});
