/** Every route, by the document: without a good key nothing is answered and nothing happens (cases 1 to 5). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHarness } from '../harness.ts';
import { plantKey } from '../support/owners.ts';
import { errorOf, send } from '../support/requests.ts';
import { rowsOf } from '../support/rows.ts';
import { type Operation, readDocument } from './document.ts';
import { fixtures } from './fixtures.ts';
import { newAddress, startWorld, type World } from './world.ts';

// The routes are needed before the tests are named; the server that is tested is another one.
const reader = await startHarness();
const { operations } = await readDocument(reader);
await reader.close();

const guarded = operations.filter(({ access }) => access !== 'public');
const long = new Date(0).toISOString();

describe('every guarded route', () => {
  let world: World;
  const credentials: Record<string, Record<string, string>> = {
    'no key': {},
    'an unknown key': { 'X-API-Key': `ak_${'x1y2z3'.repeat(7)}` },
    'an unknown Bearer': { Authorization: `Bearer ak_${'x1y2z3'.repeat(7)}` },
    'an empty key': { 'X-API-Key': '' },
    'an unknown cookie': { Cookie: `hearth_session=${'x1y2z3'.repeat(7)}` },
  };
  beforeAll(async () => {
    world = await startWorld();
    const { harness, first } = world;
    const revoked = await plantKey(harness, first.ownerId, { revoked_at: long });
    const expired = await plantKey(harness, first.ownerId, { expires_at: long });
    credentials['a revoked key'] = { 'X-API-Key': revoked.key };
    credentials['an expired key'] = { 'X-API-Key': expired.key };
    credentials['an expired key as Bearer'] = { Authorization: `Bearer ${expired.key}` };
  });
  afterAll(() => world.close());

  const refusalsOf = async (operation: Operation): Promise<unknown[]> => {
    const made = await fixtures[operation.name]?.make(world, world.first);
    if (made === undefined) throw new Error(`no fixture for ${operation.name}`);
    const before = await rowsOf(world.harness);
    const refusals: unknown[] = [];
    for (const [name, headers] of Object.entries(credentials)) {
      const answer = await send(world.url, {
        method: operation.method,
        path: made.path,
        body: made.body,
        headers: { 'X-Forwarded-For': newAddress(), ...headers },
      });
      if (answer.status !== 401) throw new Error(`${name}: ${answer.status} ${answer.text.slice(0, 200)}`);
      refusals.push(errorOf(answer));
      expect(answer.headers['x-correlation-id'], name).toMatch(/^[0-9a-f-]{36}$/);
      expect(answer.headers['set-cookie'], name).toBeUndefined();
    }
    expect(await rowsOf(world.harness)).toEqual(before);
    return refusals;
  };

  it.each(guarded.map(({ name }) => name))(
    '%s refuses every bad credential in the same words, without side effect',
    async (name) => {
      const operation = guarded.find((one) => one.name === name);
      if (operation === undefined) throw new Error(name);
      const refusals = await refusalsOf(operation);
      expect(refusals[0]).toMatchObject({ code: 'AUTHENTICATION_ERROR' });
      expect(new Set(refusals.map((one) => JSON.stringify(one))).size).toBe(1);
    },
  );
});
