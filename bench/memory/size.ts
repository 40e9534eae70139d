/**
 * Searching many memories: how long a question takes without its embedding, how much memory and disk the index needs, and
 * how many memories a second are stored. Each size has a process of its own, so that the memory of one is not counted
 * for another. Run by itself (`size.ts <count>`), it measures and prints one line of JSON.
 */
import { execFile } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { createBundledEmbedder } from '../../packages/server/src/adapters/embedder/bundled.ts';
import { systemClock as clock } from '../../packages/server/src/kernel/clock.ts';
import type { Row } from '../lib/report.ts';
import { mb, median, ms, p95 } from '../lib/stats.ts';
import { type Library, openLibrary } from './library.ts';
import { type Corpus, createCorpus, createWordEmbedder } from './synthetic.ts';

const questions = 300;
const warmUps = 100;
const batch = 500;
const limits: Record<number, number> = { 10000: 10, 100000: 30, 1000000: 100 };
const wholeLimitMs = 200;

const resultShape = z.object({
  count: z.number(),
  searches: z.array(z.number()),
  whole: z.array(z.number()),
  /** Share of the questions whose memory was among the first ten. */
  found: z.number(),
  perSecond: z.number(),
  memory: z.number(),
  disk: z.number(),
});
type Result = z.infer<typeof resultShape>;

const diskOf = (dir: string): number =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);

const fill = async (library: Library, ownerId: string, corpus: Corpus, count: number): Promise<void> => {
  for (let at = 0; at < count; at += batch) {
    const texts = Array.from({ length: Math.min(batch, count - at) }, (_, n) => corpus.text(at + n));
    await library.add(ownerId, texts);
    await library.settle(ownerId);
    if ((at + batch) % 50_000 === 0) console.error(`${at + batch} memories stored …`);
  }
};

/** Questions about memories spread evenly over all of them. */
const asked = (corpus: Corpus, count: number): { text: string; answer: string }[] =>
  Array.from({ length: warmUps + questions }, (_, n) => {
    const at = Math.floor((n * count) / (warmUps + questions));
    return { text: corpus.question(at), answer: corpus.text(at).text };
  });

/** How long each question took after the warm-up, and how many brought their memory among the first ten. */
const ask = async (
  library: Library,
  ownerId: string,
  all: readonly { text: string; answer: string }[],
  before: (text: string) => Promise<unknown>,
) => {
  const took: number[] = [];
  let found = 0;
  for (const [n, { text, answer }] of all.entries()) {
    const began = performance.now();
    await before(text);
    const results = await library.find(ownerId, text, 10);
    if (n < warmUps) continue;
    took.push(performance.now() - began);
    if (results.some(({ row }) => row.text === answer)) found += 1;
  }
  return { took, found: found / questions };
};

const askAll = async (library: Library, ownerId: string, corpus: Corpus, count: number) => {
  const all = asked(corpus, count);
  const { took: searches, found } = await ask(library, ownerId, all, async () => {});
  const bundled = createBundledEmbedder({ clock });
  const { took: whole } = await ask(library, ownerId, all, (text) => bundled.embed([text], { kind: 'query' }));
  await bundled.close();
  return { searches, whole, found };
};

const measure = async (count: number): Promise<Result> => {
  const corpus = createCorpus();
  const library = await openLibrary(createWordEmbedder());
  try {
    const ownerId = await library.makeOwner();
    // The vectors of all words exist before anything is measured.
    await library.add(ownerId, [corpus.text(count)]);
    await library.settle(ownerId);
    const before = process.memoryUsage().rss;
    const began = performance.now();
    await fill(library, ownerId, corpus, count);
    const seconds = (performance.now() - began) / 1_000;
    const memory = process.memoryUsage().rss - before;
    const answers = await askAll(library, ownerId, corpus, count);
    return { count, ...answers, perSecond: count / seconds, memory, disk: diskOf(library.dir) };
  } finally {
    await library.close();
  }
};

const rowsOf = ({ count, searches, whole, found, perSecond, memory, disk }: Result): Row[] => {
  const name = count.toLocaleString('en-US');
  const limit = limits[count];
  const both = (values: readonly number[]): string => `${ms(p95(values))} (median ${ms(median(values))})`;
  return [
    {
      measure: `${name} memories: search without embedding, p95 of ${searches.length} questions`,
      ours: both(searches),
      ...(limit === undefined ? { ok: null } : { limit: `<= ${limit} ms`, ok: p95(searches) <= limit }),
    },
    {
      measure: `${name} memories: whole search with the bundled embedder, p95`,
      ours: both(whole),
      limit: `<= ${wholeLimitMs} ms`,
      ok: p95(whole) <= wholeLimitMs,
    },
    {
      measure: `${name} memories: the one asked for among the first 10 / stored a second / memory / disk`,
      ours: `${(found * 100).toFixed(0)} % / ${Math.round(perSecond)} / ${mb(memory)} / ${mb(disk)}`,
      ok: null,
    },
  ];
};

export const measureSize = async (count: number): Promise<Row[]> => {
  const { stdout } = await promisify(execFile)(process.execPath, [import.meta.filename, String(count)], {
    maxBuffer: 2 ** 24,
  });
  return rowsOf(resultShape.parse(JSON.parse(stdout)));
};

const [, script, count] = process.argv;
if (script === import.meta.filename) console.log(JSON.stringify(await measure(Number(count))));
