/**
 * Ten thousand memories in one burst and a kill -9 in the middle of it: whatever was acknowledged is found afterwards,
 * once, by its words and by its meaning; also what was stored and had not reached the index yet.
 */
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { addedMemoriesSchema, memoryResultsSchema } from '@hearth/contract';
import { describe, expect, it } from 'vitest';
import { startFakeEmbeddings } from '../../packages/server/src/adapters/embedder/testing/fake-embeddings.ts';
import type { ServerProcess } from '../processes.ts';
import { until } from '../support/until.ts';
import { call, environment, everythingIn, later, serve, startModel, tempDir } from './fixtures.ts';

const all = 10_000;
const connections = 32;
const searched = 300;

const places = ['the attic', 'the cellar', 'the shed', 'the kitchen', 'the hall', 'the garden'];
const wordOf = (no: number): string => `item${String(no).padStart(5, '0')}`;
const textOf = (no: number): string => `Box ${wordOf(no)} stands in ${places[no % places.length]}.`;

const add = async (server: ServerProcess, no: number): Promise<void> => {
  const response = await call(server, '/api/v1/memories', { messages: textOf(no), infer: false });
  if (response.status !== 201) throw new Error(`${response.status}: ${await response.text()}`);
  addedMemoriesSchema.parse(await response.json());
};

/** Sends these over a few connections until all are sent or the server is gone; what was answered is noted. */
const addAll = async (
  server: ServerProcess,
  numbers: readonly number[],
  acknowledged: Set<number>,
  gone: AbortSignal,
) => {
  const left = numbers.values();
  const refused: unknown[] = [];
  const send = async (): Promise<void> => {
    for (const no of left) {
      if (gone.aborted) return;
      await add(server, no).then(
        () => acknowledged.add(no),
        (error: unknown) => void (gone.aborted || refused.push(error)),
      );
    }
  };
  await Promise.all(Array.from({ length: connections }, send));
  return refused;
};

const ask = (file: string, query: string): Record<string, unknown>[] => {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
  try {
    return database.prepare(query).all();
  } finally {
    database.close();
  }
};

const countIn = (file: string, query: string): number => Number(ask(file, query)[0]?.n);
const databaseOf = (home: string): string => join(home, 'data', 'hearth.db');
const notIndexed = (home: string): number =>
  countIn(databaseOf(home), 'select count(*) as n from memories where indexed < 2');

const exported = async (server: ServerProcess): Promise<string[]> => {
  const text = await (await call(server, '/api/v1/memories/export')).text();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Object(JSON.parse(line)).memory);
};

const search = async (server: ServerProcess, query: string) =>
  memoryResultsSchema.parse(
    await (await call(server, '/api/v1/memories/search', { query, limit: 3, explain: true })).json(),
  );

const expectFound = async (server: ServerProcess, no: number): Promise<void> => {
  const { results, degraded } = await search(server, wordOf(no));
  expect(degraded).toEqual([]);
  const mine = results.filter(({ memory }) => memory === textOf(no));
  expect(mine.length, textOf(no)).toBe(1);
  expect(mine[0]?.reasons?.matched_words).toContain(wordOf(no));
};

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);

/** Numbers spread over all of them, the same in every run. */
const spread = (count: number): number[] => range(0, count).map((at) => (at * 7_919) % all);

describe('ten thousand memories in a burst', () => {
  it('are all found after a kill -9 in the middle, none of them twice', async () => {
    const home = tempDir();
    // The bundled model would count for a minute; who embeds is not what is looked at here.
    const embeddings = await startFakeEmbeddings();
    later(() => embeddings.stop());
    const env = environment(home, await startModel(), { TEI_URL: embeddings.url });
    const first = await serve(env);
    const acknowledged = new Set<number>();
    const gone = new AbortController();
    const sending = addAll(first, range(0, all), acknowledged, gone.signal);
    await until('half of them', () => acknowledged.size >= all / 2, 150_000);
    // Stored and not in the index yet: the moment between the two writes.
    await until('a memory the index lacks', () => notIndexed(home) > 0);
    gone.abort();
    await first.kill();
    expect(await sending).toEqual([]);
    expect(notIndexed(home)).toBeGreaterThan(0);
    const before = [...acknowledged];

    const second = await serve(env);
    const kept = new Set(await exported(second));
    expect(before.filter((no) => !kept.has(textOf(no)))).toEqual([]);
    // The very next search finds what is added now, although the work of the dead process is not done yet.
    const rest = range(0, all).filter((no) => !acknowledged.has(no));
    await add(second, rest[0] ?? 0);
    await expectFound(second, rest[0] ?? 0);
    expect(await addAll(second, rest, acknowledged, new AbortController().signal)).toEqual([]);
    await until('nothing to wait for the index', () => notIndexed(home) === 0, 60_000);

    const texts = await exported(second);
    expect(texts.length).toBe(all);
    expect(new Set(texts)).toEqual(new Set(range(0, all).map(textOf)));
    for (const no of spread(searched)) await expectFound(second, no);
    expect(await second.stop()).toBe(0);

    const file = everythingIn(join(home, 'data', 'index')).find((path) => path.endsWith('words.db')) ?? '';
    const rows = ask(databaseOf(home), 'select id from memories order by id').map(({ id }) => id);
    expect(ask(file, 'select id from items order by id').map(({ id }) => id)).toEqual(rows);
    expect(countIn(file, 'select count(vector) as n from items')).toBe(all);
  }, 360_000);
});

describe('a damaged index', () => {
  it.each([
    ['is cut', (file: string) => truncateSync(file, 100)],
    ['is nonsense', (file: string) => writeFileSync(file, 'nonsense'.repeat(1_000))],
  ])('is made good when its file of vectors %s', async (_name, spoil) => {
    const home = tempDir();
    const env = environment(home, await startModel());
    const first = await serve(env);
    for (const no of range(0, 40)) await add(first, no);
    expect(await first.stop()).toBe(0);
    const file = everythingIn(join(home, 'data', 'index')).find((path) => path.endsWith('vectors.usearch')) ?? '';
    spoil(file);
    const second = await serve(env);
    for (const no of range(0, 40)) await expectFound(second, no);
    expect((await search(second, textOf(7))).results[0]?.reasons?.meaning).toBeGreaterThan(0);
  });
});
