/** What every search index must do. */
import { expect, it } from 'vitest';
import { newId } from '../kernel/ids.ts';
import type { IndexItem, IndexScope, SearchIndex } from './search-index.ts';

const dimensions = 8;
const space = { embedderId: 'test:8', dimensions };

/** A direction for each theme; two vectors of one theme are alike. */
export const vectorOf = (theme: number, stray = 0): Float32Array => {
  const vector = new Float32Array(dimensions).fill(stray);
  vector[theme] = 1;
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
};

const item = (text: string, more: Partial<IndexItem> = {}): IndexItem => ({
  id: newId(),
  text,
  vector: null,
  agentId: 'main',
  runId: null,
  ...more,
});

export const searchIndexContract = (make: () => Promise<SearchIndex>): void => {
  const fresh = async (): Promise<{ index: SearchIndex; scope: IndexScope }> => {
    const index = await make();
    await index.prepare('memories', space);
    return { index, scope: { collection: 'memories', ownerId: newId() } };
  };
  const find = async (index: SearchIndex, scope: IndexScope, text: string, vector: Float32Array | null = null) => {
    const hits = await index.query(scope, { text, vector, candidates: 20 });
    return hits.toSorted((a, b) => b.words + (b.meaning ?? 0) - (a.words + (a.meaning ?? 0)));
  };

  it('finds by words, stemmed and without marks, and gives every hit both scores', async () => {
    const { index, scope } = await fresh();
    const nuts = item('The owner is allergic to peanuts', { vector: vectorOf(0) });
    const run = item('Eva runs along the river every morning', { vector: vectorOf(1) });
    const cafe = item('Crème brûlée at the Café Linde');
    await index.upsert(scope, [nuts, run, cafe]);
    expect((await find(index, scope, 'peanut allergies'))[0]).toMatchObject({ id: nuts.id, meaning: null });
    expect((await find(index, scope, 'running'))[0]?.id).toBe(run.id);
    expect((await find(index, scope, 'creme brulee'))[0]?.id).toBe(cafe.id);
    const [byBoth] = await find(index, scope, 'peanuts', vectorOf(1));
    expect(byBoth?.meaning).not.toBeUndefined();
    const hits = await find(index, scope, 'peanuts', vectorOf(1));
    expect(hits.find(({ id }) => id === nuts.id)).toMatchObject({ meaning: expect.closeTo(0, 2) });
    expect(hits.find(({ id }) => id === run.id)).toMatchObject({ words: 0, meaning: expect.closeTo(1, 2) });
    expect(await index.count(scope)).toEqual({ items: 3, embedded: 2 });
  });

  it('takes a vector that is still on its way, and fails as it does', async () => {
    const { index, scope } = await fresh();
    const [tea, coffee] = [item('tea with milk', { vector: vectorOf(2) }), item('coffee', { vector: vectorOf(3) })];
    await index.upsert(scope, [tea, coffee]);
    const later = Promise.withResolvers<Float32Array | null>();
    const asking = index.query(scope, { text: 'tea', vector: later.promise, candidates: 5 });
    // What changes in between is in the answer all the same.
    await index.remove(scope, [tea.id]);
    later.resolve(vectorOf(3));
    expect(await asking).toMatchObject([{ id: coffee.id, words: 0, meaning: expect.closeTo(1, 2) }]);
    const lost = Promise.reject(new Error('the vector is lost'));
    await expect(index.query(scope, { text: 'tea', vector: lost, candidates: 5 })).rejects.toThrow('is lost');
  });

  it('scores given items as a query would', async () => {
    const { index, scope } = await fresh();
    const [a, b] = [item('tea with milk', { vector: vectorOf(2) }), item('coffee', { vector: vectorOf(3) })];
    await index.upsert(scope, [a, b]);
    const scored = await index.score(scope, { text: 'milk', vector: vectorOf(3) }, [a.id, b.id, newId()]);
    expect(scored).toHaveLength(2);
    expect(scored.find(({ id }) => id === a.id)?.words).toBeGreaterThan(0);
    expect(scored.find(({ id }) => id === b.id)).toMatchObject({ words: 0, meaning: expect.closeTo(1, 2) });
  });

  it('counts a word as often as a text has it, also side by side, and once however often it is asked for', async () => {
    const { index, scope } = await fresh();
    const [once, often] = [item('ladder box hook rope'), item('ladder ladders Ladder rope')];
    const others = ['tea with milk', 'coffee', 'bread and jam', 'cake', 'a stepladder'].map((text) => item(text));
    await index.upsert(scope, [once, often, ...others]);
    const wordsOf = async (text: string) =>
      new Map((await find(index, scope, text)).map(({ id, words }) => [id, words]));
    const found = await wordsOf('ladder');
    expect([...found.keys()].toSorted()).toEqual([once.id, often.id].toSorted());
    expect(found.get(often.id)).toBeGreaterThan(found.get(once.id) ?? Number.POSITIVE_INFINITY);
    expect(await wordsOf('ladders, ladder')).toEqual(found);
  });

  it('replaces on the same id, removes, and clears', async () => {
    const { index, scope } = await fresh();
    const one = item('the old words', { vector: vectorOf(0) });
    await index.upsert(scope, [one]);
    await index.upsert(scope, [{ ...one, text: 'something new', vector: vectorOf(1) }]);
    expect(await find(index, scope, 'old')).toEqual([]);
    expect((await find(index, scope, 'nothing', vectorOf(1)))[0]).toMatchObject({
      id: one.id,
      meaning: expect.closeTo(1, 2),
    });
    await index.remove(scope, [one.id, newId()]);
    expect(await find(index, scope, 'new', vectorOf(1))).toEqual([]);
    await index.upsert(scope, [item('again')]);
    await index.clear(scope);
    expect(await index.count(scope)).toEqual({ items: 0, embedded: 0 });
    expect(await index.ids(scope, null)).toEqual([]);
  });

  it('keeps to agent and conversation', async () => {
    const { index, scope } = await fresh();
    const here = item('garden plans', { runId: 'r1', vector: vectorOf(0) });
    const there = item('garden plans', { runId: 'r2', agentId: 'other', vector: vectorOf(0) });
    await index.upsert(scope, [here, there]);
    const within = async (filter: { agentId?: string; runId?: string }) =>
      (await index.query(scope, { text: 'garden', vector: vectorOf(0), filter, candidates: 10 })).map(({ id }) => id);
    expect(await within({ runId: 'r1' })).toEqual([here.id]);
    expect(await within({ agentId: 'other' })).toEqual([there.id]);
    expect(await within({ agentId: 'other', runId: 'r1' })).toEqual([]);
  });

  it.each([
    '"',
    '*',
    'a OR b',
    'NEAR(a b)',
    'text:x',
    "'",
    '{"must":[]}',
    '🙂',
    '',
    '!!!',
    'the of and',
    '^"a"*',
    'x'.repeat(10_000),
  ])('takes every character of the question "%.20s" as it is', async (text) => {
    const { index, scope } = await fresh();
    await index.upsert(scope, [item('the end of the story and more')]);
    const hits = await index.query(scope, { text, vector: null, candidates: 5 });
    expect(hits.length).toBeLessThanOrEqual(1);
  });

  it('never mixes owners, not even in what a word is worth', async () => {
    const { index, scope } = await fresh();
    const other = { ...scope, ownerId: newId() };
    const mine = [item('rare word'), item('something else'), item('and a third')];
    await index.upsert(scope, mine);
    const [before] = await find(index, scope, 'rare');
    await index.upsert(
      other,
      Array.from({ length: 50 }, () => item('rare rare rare')),
    );
    expect((await find(index, scope, 'rare'))[0]).toEqual(before);
    expect(await find(index, scope, 'rare')).toHaveLength(1);
    await index.clear(other);
    expect(await index.count(scope)).toMatchObject({ items: 3 });
    expect(await index.query({ ...scope, ownerId: newId() }, { text: 'rare', vector: null, candidates: 5 })).toEqual(
      [],
    );
  });

  it('drops the vectors of another embedder and keeps the words', async () => {
    const { index, scope } = await fresh();
    const one = item('still here', { vector: vectorOf(0) });
    await index.upsert(scope, [one]);
    expect(await index.prepare('memories', space)).toEqual({ changed: false });
    expect(await index.prepare('memories', { embedderId: 'test:other', dimensions })).toEqual({ changed: true });
    expect(await index.count(scope)).toEqual({ items: 1, embedded: 0 });
    expect((await find(index, scope, 'still', vectorOf(0)))[0]).toMatchObject({ id: one.id, meaning: null });
    await index.upsert(scope, [{ ...one, vector: vectorOf(0) }]);
    expect(await index.count(scope)).toEqual({ items: 1, embedded: 1 });
  });

  it('takes a thousand at once, several writers, and lists what it has', async () => {
    const { index, scope } = await fresh();
    const batches = Array.from({ length: 3 }, (_, batch) =>
      Array.from({ length: 400 }, (_one, at) =>
        item(`entry ${batch} ${at}`, { vector: vectorOf(at % dimensions, 0.1) }),
      ),
    );
    await Promise.all(batches.map((batch) => index.upsert(scope, batch)));
    expect(await index.count(scope)).toEqual({ items: 1_200, embedded: 1_200 });
    const first = await index.ids(scope, null);
    const rest = await index.ids(scope, first.at(-1)?.id ?? null);
    expect(first.length + rest.length).toBe(1_200);
    expect(first.every(({ embedded }) => embedded)).toBe(true);
    const hits = await index.query(scope, { text: '', vector: vectorOf(3, 0.1), candidates: 10 });
    expect(hits).toHaveLength(10);
    for (const { meaning } of hits) expect(meaning).toBeCloseTo(1, 2);
  });

  it('answers a ping, and nothing after it was closed', async () => {
    const { index, scope } = await fresh();
    await expect(index.ping()).resolves.toBeUndefined();
    await index.close();
    await expect(index.count(scope)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });
};
