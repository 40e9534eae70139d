import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../kernel/clock.ts';
import { newId } from '../../../kernel/ids.ts';
import { searchIndexContract, vectorOf } from '../../../ports/search-index.contract.ts';
import type { SearchIndex } from '../../../ports/search-index.ts';
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
});
