import { expect, it } from 'vitest';
import type { Db, RunStatus } from '../../db/index.ts';
import { eachEngine } from '../../db/test-db.ts';
import { createFakeClock } from '../../kernel/fake-clock.ts';
import { createRunStore } from './run-store.ts';

const at = '2026-11-23T04:26:00.000Z';
const insert = async (db: Db, over: { status: RunStatus; ended_at: string | null }): Promise<string> => {
  const id = crypto.randomUUID();
  const ids = { id, owner_id: 'o', session_id: 's', key_id: 'k', client_message_id: null, agent_session_id: null };
  const nothing = { instance_id: null, lease_until: null, draft: null, result: null, error: null, started_at: null };
  await db.kysely
    .insertInto('runs')
    .values({ ...ids, ...nothing, origin: 'api', request: '{}', created_at: at, ...over })
    .execute();
  return id;
};

eachEngine('runs', (engine) => {
  it('that are over stay over, whatever is stored late about their beginning', async () => {
    const db = await engine.makeDb();
    const store = createRunStore({ db, clock: createFakeClock(), instanceId: 'i', leaseMs: 1000 });
    const open = await insert(db, { status: 'queued', ended_at: null });
    const over = await insert(db, { status: 'completed', ended_at: at });
    const begun = { status: 'running' as const, started_at: at };
    expect(await store.updateOpen(open, begun)).toBe(true);
    expect(await store.updateOpen(over, begun)).toBe(false);
    expect(await store.byId(open)).toMatchObject(begun);
    expect(await store.byId(over)).toMatchObject({ status: 'completed', started_at: null });
  });
});
