/** What is to be learned while the model that finds facts is away: at most 1,000 wait, for a day, and nothing is silent. */
import { auditListSchema, errorBodySchema, healthSchema } from '@hearth/contract';
import { fail, startStandIn } from '@hearth/stand-in';
import { afterEach, expect, it } from 'vitest';
import { newId } from '../packages/server/src/kernel/ids.ts';
import { type Harness, startHarness } from './harness.ts';
import { until } from './support/until.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A server whose model is overloaded. */
const start = async (): Promise<Harness> => {
  const standIn = await startStandIn({ tokensPerSecond: 0 });
  cleanups.push(() => standIn.close());
  standIn.script([fail.overloaded({ repeat: true })]);
  const harness = await startHarness({ standIn, env: { HEARTH_MEMORY: 'on' } });
  cleanups.push(() => harness.close());
  return harness;
};

const lost = async ({ json }: Harness) => healthSchema.parse((await json('/api/v1/health')).body).degraded_features;
const audited = async ({ json }: Harness, action: string) =>
  auditListSchema
    .parse((await json(`/api/v1/audit?action=${action}`)).body)
    .entries.map(({ outcome, code }) => [outcome, code]);

const conversation = {
  said: [{ author: 'owner', text: 'My hive is called Marigold.', messageId: null }],
  place: { agentId: 'main', runId: null },
  sessionId: null,
  metadata: {},
  occurredAt: '2026-01-01T00:00:00.000Z',
  graph: false,
};

/** As they are when the model has been away since `since`. */
const queue = async ({ server }: Harness, count: number, { since, dueAt }: { since: string; dueAt: string }) => {
  const { db, ownerId } = server.app;
  const payload = JSON.stringify({ conversation });
  const row = { owner_id: ownerId, kind: 'memory.add', unique_key: null, payload, status: 'waiting' } as const;
  const rows = Array.from({ length: count }, () => ({ ...row, away_since: since, run_at: dueAt, created_at: since }));
  for (let at = 0; at < count; at += 250)
    await db.kysely
      .insertInto('jobs')
      .values(rows.slice(at, at + 250).map((one) => ({ ...one, id: newId() })))
      .execute();
};
const inHours = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString();

it('takes no conversation beyond a thousand, says so, and keeps the thousand', async () => {
  const harness = await start();
  const add = (more: object) => harness.json('/api/v1/memories', { messages: 'I keep bees.', ...more });
  await queue(harness, 999, { since: inHours(-1), dueAt: inHours(1) });
  expect(await lost(harness)).toEqual([]);
  expect((await add({})).body).toMatchObject({ queued: true });

  const refused = await add({});
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  const { error } = errorBodySchema.parse(refused.body);
  expect(error).toMatchObject({ code: 'SERVICE_UNAVAILABLE', details: { waiting: 1_000 } });
  expect(error.message).toContain('this one was not taken');
  await until('health to name it', async () => (await lost(harness)).includes('learning_from_chats'));
  expect(await audited(harness, 'memory.added')).toEqual([
    ['failed', 'NOT_QUEUED'],
    ['ok', 'QUEUED'],
  ]);

  expect((await add({ infer: false })).status).toBe(201);
  expect((await harness.json('/api/v1/memories')).body).toMatchObject({ total: 1, waiting: 1_000 });
});

it('says when a conversation was given up after a day, and keeps it', async () => {
  const harness = await start();
  await queue(harness, 1, { since: inHours(-25), dueAt: inHours(-1) });
  await until('the audit trail to name it', async () => (await audited(harness, 'memory.learned')).length > 0, 30_000);
  expect(await audited(harness, 'memory.learned')).toEqual([['failed', 'GIVEN_UP']]);
  await until('health to name it', async () => (await lost(harness)).includes('learning_from_chats'));
  const [row] = await harness.server.app.db.kysely
    .selectFrom('jobs')
    .where('kind', '=', 'memory.add')
    .selectAll()
    .execute();
  expect(row).toMatchObject({ status: 'failed', payload: expect.stringContaining('Marigold') });
});
