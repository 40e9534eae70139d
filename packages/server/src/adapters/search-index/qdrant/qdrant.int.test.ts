import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../kernel/clock.ts';
import { newId } from '../../../kernel/ids.ts';
import { createPolicy, type Limits } from '../../../kernel/policies.ts';
import { searchIndexContract, vectorOf } from '../../../ports/search-index.contract.ts';
import type { IndexItem, SearchIndex } from '../../../ports/search-index.ts';
import { createQdrantSearchIndex } from './qdrant.ts';
import { type FakeQdrant, startFakeQdrant } from './testing/fake-qdrant.ts';

/** The rules of the real policy with waits a test can bear. */
const quickLimits: Limits = {
  connectMs: 200,
  requestMs: 300,
  retries: 3,
  backoffMs: [5, 10],
  quickMs: 500,
  breaker: { failures: 5, halfOpenMs: 200 },
};
const patient: Limits = { connectMs: 3_000, requestMs: 30_000, retries: 0 };

interface Made {
  limits?: Limits;
  apiKey?: string | undefined;
  prefix?: string;
}
const open: SearchIndex[] = [];
const make = (url: string, { limits = quickLimits, ...more }: Made = {}): SearchIndex => {
  const index = createQdrantSearchIndex({
    url,
    clock: systemClock,
    policy: createPolicy('search index', limits),
    ...more,
  });
  open.push(index);
  return index;
};
afterEach(async () => {
  for (const index of open.splice(0)) await index.close();
});

const away = { code: 'SERVICE_UNAVAILABLE' };
const space = { embedderId: 'test:8', dimensions: 8 };
const scope = { collection: 'memories', ownerId: newId() };
const question = { text: 'apple', vector: vectorOf(1), candidates: 10 };
const itemOf = (text: string, vector: Float32Array | null = null): IndexItem => ({
  id: newId(),
  text,
  vector,
  agentId: 'main',
  runId: null,
});

describe('the search index on Qdrant', () => {
  let fake: FakeQdrant;
  beforeAll(async () => {
    fake = await startFakeQdrant();
  });
  afterAll(() => fake.stop());
  searchIndexContract(async () => make(fake.url, { limits: patient }));
});

const real = process.env.QDRANT_TEST_URL;
if (real === undefined) {
  describe.skip('the search index on a real Qdrant', () => it('QDRANT_TEST_URL is not set', () => undefined));
} else {
  describe('the search index on a real Qdrant', () => {
    const prefix = `hearth-test-${newId()}`;
    const apiKey = process.env.QDRANT_TEST_API_KEY;
    const headers = { ...(apiKey !== undefined && { 'api-key': apiKey }) };
    afterAll(async () => {
      const answer = await (await fetch(`${real}/collections`, { headers })).text();
      for (const [name] of answer.matchAll(new RegExp(`${prefix}[a-z0-9._-]+`, 'g')))
        await fetch(`${real}/collections/${name}`, { method: 'DELETE', headers });
    });
    searchIndexContract(async () => make(real, { limits: patient, apiKey, prefix }));
  });
}

describe('Qdrant behind a bad line', () => {
  const item = itemOf('apple', vectorOf(1));
  let fake: FakeQdrant;
  let index: SearchIndex;
  const isBack = () => expect.poll(() => index.ping().then(() => 'back', String), { timeout: 5_000 }).toBe('back');

  beforeEach(async () => {
    fake = await startFakeQdrant();
    index = make(fake.url);
    await index.prepare(scope.collection, space);
    await index.upsert(scope, [item]);
    fake.calls = 0;
  });
  afterEach(() => fake.stop().catch(() => undefined));

  it('is away when it is refused, and works again by itself', async () => {
    await fake.stop();
    await expect(index.query(scope, question)).rejects.toMatchObject(away);
    await expect(index.ping()).rejects.toMatchObject(away);
    await fake.start();
    await isBack();
    expect(await index.query(scope, question)).toHaveLength(1);
  });

  it.each(['hang', 'reset', 'error', 'garbage', 'noise'] as const)(
    'says so in time when the line is: %s',
    async (mode) => {
      fake.mode = mode;
      const startedMs = performance.now();
      await expect(index.query(scope, question)).rejects.toMatchObject(away);
      await expect(index.score(scope, question, [item.id])).rejects.toMatchObject(away);
      await expect(index.count(scope)).rejects.toMatchObject(away);
      expect(performance.now() - startedMs).toBeLessThan(3 * 500 + 1_000);
      fake.mode = 'well';
      await isBack();
      expect(await index.count(scope)).toEqual({ items: 1, embedded: 1 });
    },
  );

  it('gives up on answers that come too late, and takes slow ones', async () => {
    fake.delayMs = 30;
    expect(await index.query(scope, question)).toHaveLength(1);
    fake.delayMs = 5_000;
    const startedMs = performance.now();
    await expect(index.query(scope, question)).rejects.toMatchObject(away);
    expect(performance.now() - startedMs).toBeLessThan(1_500);
  });

  it('asks a dead Qdrant no more once the breaker is open', async () => {
    const other = make(fake.url, { limits: { ...quickLimits, breaker: { failures: 5, halfOpenMs: 60_000 } } });
    fake.mode = 'error';
    for (let at = 0; at < 3; at += 1) await expect(other.ping()).rejects.toMatchObject(away);
    expect(fake.calls).toBe(5);
    await expect(other.prepare('memories', space)).rejects.toMatchObject(away);
    await expect(other.query(scope, question)).rejects.toMatchObject(away);
    expect(fake.calls).toBe(5);
  });

  it('gets through a line that fails every second time, reading and writing', async () => {
    fake.mode = 'flap';
    expect((await index.ids(scope, null)).map(({ id }) => id)).toEqual([item.id]);
    await index.upsert(scope, [itemOf('pear')]);
    await index.remove(scope, [item.id]);
    fake.mode = 'well';
    expect(await index.count(scope)).toEqual({ items: 1, embedded: 0 });
  });

  it('does not repeat what Qdrant refuses, and does not open the breaker for it', async () => {
    for (let at = 0; at < 8; at += 1)
      await expect(index.upsert(scope, [{ ...item, id: 'no uuid' }])).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
    expect(fake.calls).toBe(8);
    expect(await index.count(scope)).toEqual({ items: 1, embedded: 1 });
  });

  it('says in words that the key is wrong, and sends the right one with every request', async () => {
    const locked = await startFakeQdrant({ apiKey: 'open sesame' });
    await expect(make(locked.url, { apiKey: 'wrong' }).ping()).rejects.toMatchObject({
      ...away,
      message: expect.stringContaining('does not accept the key'),
    });
    const friend = make(locked.url, { apiKey: 'open sesame' });
    await friend.prepare('memories', space);
    await friend.upsert(scope, [item]);
    expect(await friend.query(scope, question)).toHaveLength(1);
    await friend.close();
    await locked.stop();
  });
});

describe('collections of Qdrant', () => {
  const item = itemOf('apple', vectorOf(1));
  let fake: FakeQdrant;
  beforeEach(async () => {
    fake = await startFakeQdrant();
  });
  afterEach(() => fake.stop());
  const filled = async (): Promise<SearchIndex> => {
    const index = make(fake.url);
    await index.prepare(scope.collection, space);
    await index.upsert(scope, [item]);
    return index;
  };

  it('carry the owner in every point', async () => {
    await filled();
    const points = [...fake.collections.values()].flatMap((one) => [...one.points.values()]);
    expect(points.map(({ payload }) => payload.owner_id)).toEqual([scope.ownerId]);
  });

  it('are found again without being told the embedder', async () => {
    await filled();
    const other = make(fake.url);
    expect(await other.query(scope, question)).toMatchObject([{ id: item.id, meaning: expect.closeTo(1, 3) }]);
    const foreign = { ...question, vector: new Float32Array(3).fill(1) };
    expect(await other.query(scope, foreign)).toMatchObject([{ id: item.id, meaning: null }]);
    await other.clear(scope);
    expect(fake.collections.size).toBe(0);
  });

  it('take words before any embedder is known, and give them to the first one', async () => {
    const index = make(fake.url);
    expect(await index.query(scope, question)).toEqual([]);
    await index.upsert(scope, [{ ...item, vector: null }]);
    expect(await index.query(scope, question)).toMatchObject([{ id: item.id, meaning: null }]);
    expect(await index.prepare(scope.collection, space)).toEqual({ changed: true });
    expect(await index.count(scope)).toEqual({ items: 1, embedded: 0 });
    await index.upsert(scope, [item]);
    expect(await index.query(scope, question)).toMatchObject([{ meaning: expect.closeTo(1, 3) }]);
    expect(fake.collections.size).toBe(1);
  });

  it('give no wrong answer while a change of the embedder is cut short, and finish it with the next call', async () => {
    await filled();
    const cut = make(fake.url, { limits: { ...quickLimits, retries: 0, breaker: { failures: 50, halfOpenMs: 10 } } });
    const larger = { embedderId: 'larger', dimensions: 48 };
    const moving = cut.prepare(scope.collection, larger);
    await expect.poll(() => fake.collections.size, { interval: 1 }).toBe(2);
    fake.mode = 'error';
    await expect(moving).rejects.toMatchObject(away);
    fake.mode = 'well';
    await expect(cut.query(scope, question)).rejects.toMatchObject(away);
    await expect(cut.upsert(scope, [item])).rejects.toMatchObject(away);
    expect(await cut.prepare(scope.collection, larger)).toEqual({ changed: true });
    expect(fake.collections.size).toBe(1);
    expect(await cut.count(scope)).toEqual({ items: 1, embedded: 0 });
    expect(await cut.query(scope, question)).toMatchObject([{ id: item.id, meaning: null }]);
  });

  it('of two installations are strangers to each other', async () => {
    await filled();
    const neighbour = make(fake.url, { prefix: 'next-door' });
    expect(await neighbour.query(scope, question)).toEqual([]);
    await neighbour.prepare(scope.collection, { embedderId: 'another', dimensions: 4 });
    await neighbour.clear(scope);
    expect(fake.collections.size).toBe(1);
  });
});
