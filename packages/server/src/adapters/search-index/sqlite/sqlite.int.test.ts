import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../kernel/clock.ts';
import { newId } from '../../../kernel/ids.ts';
import { searchIndexContract, vectorOf } from '../../../ports/search-index.contract.ts';
import type { IndexItem, SearchIndex } from '../../../ports/search-index.ts';
import { createSqliteSearchIndex } from './index.ts';

const clean: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const one of clean.splice(0).reverse()) await one();
});
const makeDir = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'hearth-index-'));
  clean.push(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
};
const openIn = (dir: string): SearchIndex => {
  const index = createSqliteSearchIndex({ dir, clock: systemClock });
  clean.push(() => index.close());
  return index;
};

describe('the embedded search index', () => {
  searchIndexContract(async () => openIn(makeDir()));

  const scope = { collection: 'memories', ownerId: newId() };
  const items = Array.from({ length: 30 }, (_, at) => ({
    id: newId(),
    text: `entry ${at}`,
    vector: vectorOf(at % 8, 0.05),
    agentId: 'main',
    runId: null,
  }));
  const fill = async (dir: string): Promise<string> => {
    const index = openIn(dir);
    await index.prepare('memories', { embedderId: 'test:8', dimensions: 8 });
    await index.upsert(scope, items);
    await index.close();
    return join(dir, 'memories', scope.ownerId, 'vectors.usearch');
  };
  const nearest = async (dir: string) => {
    const index = openIn(dir);
    const hits = await index.query(scope, { text: '', vector: vectorOf(2, 0.05), candidates: 3 });
    await index.close();
    return hits.map(({ meaning }) => Math.round((meaning ?? 0) * 100));
  };

  it.each([
    ['is there', () => {}],
    ['is missing', (file: string) => rmSync(file)],
    ['is cut', (file: string) => truncateSync(file, 100)],
    ['is nonsense', (file: string) => writeFileSync(file, 'nonsense'.repeat(100))],
    ['is empty', (file: string) => writeFileSync(file, '')],
  ])('answers the same when the file of vectors %s', async (_name, spoil) => {
    const dir = makeDir();
    const file = await fill(dir);
    expect(existsSync(file)).toBe(true);
    spoil(file);
    expect(await nearest(dir)).toEqual([100, 100, 100]);
  });

  it('adds what the file of vectors does not hold yet, and drops what is gone', async () => {
    const dir = makeDir();
    const file = await fill(dir);
    const older = readFileSync(file);
    const index = openIn(dir);
    const fresh = { ...items[0], id: newId(), text: 'fresh', vector: vectorOf(7), agentId: 'main', runId: null };
    await index.upsert(scope, [fresh]);
    await index.remove(scope, [items[2]?.id ?? '', items[10]?.id ?? '']);
    await index.close();
    writeFileSync(file, older);
    const again = openIn(dir);
    const hits = await again.query(scope, { text: '', vector: vectorOf(7), candidates: 50 });
    expect(hits.map(({ id }) => id)).toContain(fresh.id);
    expect(hits.map(({ id }) => id)).not.toContain(items[2]?.id);
  });

  it('leaves nothing of a cleared owner, and no word of what was removed', async () => {
    const dir = makeDir();
    const index = openIn(dir);
    await index.prepare('memories', { embedderId: 'test:8', dimensions: 8 });
    const secret = { id: newId(), text: 'marmalade-canary', vector: vectorOf(1), agentId: 'main', runId: null };
    await index.upsert(scope, [secret]);
    await index.remove(scope, [secret.id]);
    await index.close();
    const folder = join(dir, 'memories', scope.ownerId);
    expect(readFileSync(join(folder, 'words.db')).includes('marmalade')).toBe(false);
    const again = openIn(dir);
    await again.clear(scope);
    expect(existsSync(folder)).toBe(false);
  });

  it('leaves nothing of a removed vector in the file', async () => {
    const dir = makeDir();
    const file = await fill(dir);
    // A number that needs no rounding where the graph keeps the upper half of each.
    const vector = Float32Array.from({ length: 8 }, (_, at) => (at % 3 === 0 ? 0.353515625 : -0.353515625));
    const secret = { id: newId(), text: 'secret', vector, agentId: 'main', runId: null };
    const bits = Uint16Array.from(new Uint32Array(vector.buffer), (float) => float >>> 16);
    const isThere = (): boolean => readFileSync(file).includes(Buffer.from(bits.buffer));
    for (const [change, expected] of [
      [(index: SearchIndex) => index.upsert(scope, [secret]), true],
      [(index: SearchIndex) => index.remove(scope, [secret.id]), false],
    ] as const) {
      const index = openIn(dir);
      await change(index);
      await index.close();
      expect(isThere()).toBe(expected);
    }
  });

  const many = (count: number, make: (at: number) => Partial<IndexItem>): IndexItem[] =>
    Array.from({ length: count }, (_, at) => ({
      id: newId(),
      text: `household number ${at}`,
      vector: null,
      agentId: 'main',
      runId: null,
      ...make(at),
    }));
  const putAll = async (index: SearchIndex, all: readonly IndexItem[]): Promise<void> => {
    for (let at = 0; at < all.length; at += 1_000) await index.upsert(scope, all.slice(at, at + 1_000));
  };

  it('answers questions of common words, of common and rare ones, in a large index', async () => {
    const index = openIn(makeDir());
    const all = many(13_000, (at) => (at === 77 ? { text: 'household thermostat' } : {}));
    await putAll(index, all);
    const ask = async (text: string) => {
      const hits = await index.query(scope, { text, vector: null, candidates: 10 });
      return hits.toSorted((a, b) => b.words - a.words).map(({ id }) => id);
    };
    expect((await ask('household thermostat number'))[0]).toBe(all[77]?.id);
    expect(await ask('household')).toHaveLength(10);
    expect(await ask('number household')).toHaveLength(10);
  });

  it('keeps to an agent among many', async () => {
    const index = openIn(makeDir());
    await index.prepare('memories', { embedderId: 'test:8', dimensions: 8 });
    const all = many(2_600, (at) => ({
      vector: vectorOf(at % 8, at / 5_000),
      agentId: at % 100 === 0 ? 'rare' : 'main',
    }));
    await putAll(index, all);
    const agents = new Map(all.map(({ id, agentId }) => [id, agentId]));
    for (const agentId of ['main', 'rare']) {
      const hits = await index.query(scope, {
        text: '',
        vector: vectorOf(3, 0.1),
        candidates: 20,
        filter: { agentId },
      });
      expect(hits).toHaveLength(20);
      expect(new Set(hits.map(({ id }) => agents.get(id)))).toEqual(new Set([agentId]));
    }
  });

  it('begins anew with a database that cannot be read', async () => {
    const dir = makeDir();
    await fill(dir);
    writeFileSync(join(dir, 'memories', scope.ownerId, 'words.db'), 'nonsense'.repeat(1_000));
    const index = openIn(dir);
    expect(await index.count(scope)).toEqual({ items: 0, embedded: 0 });
    await index.upsert(scope, items);
    expect(await index.count(scope)).toEqual({ items: 30, embedded: 30 });
  });

  it('begins anew with a database that turns out damaged while it is in use', async () => {
    const dir = makeDir();
    const first = openIn(dir);
    await putAll(
      first,
      many(2_000, (at) => ({ text: `household number ${at} ${'filling '.repeat(50)}` })),
    );
    await first.close();
    const index = openIn(dir);
    expect(await index.count(scope)).toEqual({ items: 2_000, embedded: 0 });
    const file = join(dir, 'memories', scope.ownerId, 'words.db');
    writeFileSync(file, Buffer.alloc(statSync(file).size, 'nonsense'), { flag: 'r+' });
    const question = { text: 'household', vector: null, candidates: 10 };
    await expect(index.query(scope, question)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(await index.count(scope)).toEqual({ items: 0, embedded: 0 });
    await index.upsert(
      scope,
      many(20, () => ({})),
    );
    expect(await index.query(scope, question)).toHaveLength(10);
  });
});
