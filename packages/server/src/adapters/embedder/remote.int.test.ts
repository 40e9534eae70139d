import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../kernel/clock.ts';
import { createPolicy, type DependencyPolicy, type Limits } from '../../kernel/policies.ts';
import { embedderContract } from '../../ports/embedder.contract.ts';
import type { Embedder } from '../../ports/embedder.ts';
import { createOpenAiEmbedder } from './openai.ts';
import { createTeiEmbedder } from './tei.ts';
import { type FakeEmbeddings, type FakeEmbeddingsOptions, startFakeEmbeddings } from './testing/fake-embeddings.ts';

/** The rules of the real policy with waits a test can bear. */
const quickLimits: Limits = {
  connectMs: 200,
  requestMs: 400,
  retries: 2,
  backoffMs: [5, 10],
  quickMs: 600,
  breaker: { failures: 5, halfOpenMs: 200 },
};
const patient: Limits = { connectMs: 3_000, requestMs: 30_000, retries: 0 };
const policyOf = (limits: Limits): DependencyPolicy => createPolicy('embedding service', limits);
const model = 'test/hash-of-words';

interface More {
  apiKey?: string;
  queryInstruction?: string;
  model?: string;
}
type Make = (url: string, policy: DependencyPolicy, more?: More) => Embedder;
const tei: Make = (url, policy, more) => createTeiEmbedder({ url, clock: systemClock, policy, ...more });
const openAi: Make = (url, policy, more) =>
  createOpenAiEmbedder({ url: `${url}/v1`, model, clock: systemClock, policy, ...more });
const both: readonly (readonly [string, Make])[] = [
  ['tei', tei],
  ['openai', openAi],
];

describe('with the double', () => {
  let fake: FakeEmbeddings;
  beforeAll(async () => {
    fake = await startFakeEmbeddings();
  });
  afterAll(() => fake.stop());
  for (const [name, make] of both) embedderContract(name, async () => make(fake.url, policyOf(patient)));
});

const realTei = process.env.TEI_TEST_URL;
if (realTei === undefined) {
  describe.skip('embedder: a real TEI', () => it('TEI_TEST_URL is not set', () => undefined));
} else {
  embedderContract('a real TEI', async () =>
    createTeiEmbedder({ url: realTei, clock: systemClock, policy: policyOf(patient) }),
  );
}
const realUrl = process.env.EMBEDDINGS_TEST_URL;
const realModel = process.env.EMBEDDINGS_TEST_MODEL;
if (realUrl === undefined || realModel === undefined) {
  const reason = 'EMBEDDINGS_TEST_URL and EMBEDDINGS_TEST_MODEL are not set';
  describe.skip("embedder: a real service of OpenAI's shape", () => it(reason, () => undefined));
} else {
  const apiKey = process.env.EMBEDDINGS_TEST_API_KEY;
  embedderContract("a real service of OpenAI's shape", async () =>
    createOpenAiEmbedder({ url: realUrl, model: realModel, apiKey, clock: systemClock, policy: policyOf(patient) }),
  );
}

const away = { code: 'SERVICE_UNAVAILABLE' };
const clean: (() => Promise<void>)[] = [];
const closeLater = (embedder: Embedder): Embedder => {
  clean.push(() => embedder.close());
  return embedder;
};
const start = async (options?: FakeEmbeddingsOptions): Promise<FakeEmbeddings> => {
  const fake = await startFakeEmbeddings(options);
  clean.push(() => fake.stop().catch(() => undefined));
  return fake;
};
afterEach(async () => {
  for (const one of clean.splice(0).reverse()) await one();
});
/** Everything an error says, its causes included: what a log would show. */
const everythingIn = (error: unknown): string =>
  error instanceof Error ? `${error.message}\n${everythingIn(error.cause)}` : String(error);
const errorOf = (running: Promise<unknown>): Promise<unknown> =>
  running.then(
    () => 'no error',
    (error) => error,
  );

describe.each(both)('%s behind a bad line', (_name, make) => {
  const text = { kind: 'text' as const };
  const query = { kind: 'query' as const };
  let fake: FakeEmbeddings;
  let embedder: Embedder;
  const isBack = () => expect.poll(() => embedder.ping().then(() => 'back', String), { timeout: 5_000 }).toBe('back');

  beforeEach(async () => {
    fake = await start();
    embedder = closeLater(make(fake.url, policyOf(quickLimits)));
    await embedder.space();
    fake.calls = 0;
  });

  it('is away when it is refused, and works again by itself', async () => {
    await fake.stop();
    await expect(embedder.embed(['a'], query)).rejects.toMatchObject(away);
    await expect(embedder.embed(['a'], text)).rejects.toMatchObject(away);
    await expect(embedder.ping()).rejects.toMatchObject(away);
    await fake.start();
    await isBack();
    expect(await embedder.embed(['a'], query)).toHaveLength(1);
  });

  it.each(['hang', 'reset', 'error', 'garbage', 'noise'] as const)(
    'says so in time when the line is: %s',
    async (mode) => {
      fake.mode = mode;
      const startedMs = performance.now();
      await expect(embedder.embed(['a'], query)).rejects.toMatchObject(away);
      expect(performance.now() - startedMs).toBeLessThan(600 + 300);
      await expect(embedder.embed(['a'], text)).rejects.toMatchObject(away);
      expect(performance.now() - startedMs).toBeLessThan(600 + 3 * 400 + 700);
      fake.mode = 'well';
      await expect
        .poll(() => embedder.embed(['a'], text).then((found) => found.length, String), { timeout: 5_000 })
        .toBe(1);
    },
  );

  it('is told of a service that is away when it is first asked, and finds it later', async () => {
    const late = closeLater(make(fake.url, policyOf(quickLimits)));
    fake.mode = 'error';
    await expect(late.space()).rejects.toMatchObject(away);
    fake.mode = 'well';
    await expect.poll(() => late.space().then(({ dimensions }) => dimensions, String), { timeout: 5_000 }).toBe(64);
  });

  it('gives a question all in all its time, however many batches it has', async () => {
    fake.delayMs = 150;
    const startedMs = performance.now();
    const many = Array.from({ length: 640 }, (_, at) => `question ${at}`);
    await expect(embedder.embed(many, query)).rejects.toMatchObject(away);
    expect(performance.now() - startedMs).toBeLessThan(600 + 300);
    expect(await embedder.embed(many.slice(0, 2), query)).toHaveLength(2);
  });

  it('gets through a line that fails every second time', async () => {
    fake.mode = 'flap';
    expect(await embedder.embed(['a', 'b'], query)).toHaveLength(2);
    expect(
      await embedder.embed(
        Array.from({ length: 100 }, (_, at) => `text ${at}`),
        text,
      ),
    ).toHaveLength(100);
  });

  it('asks a dead service no more once the breaker is open', async () => {
    const policy = policyOf({ ...quickLimits, breaker: { failures: 5, halfOpenMs: 60_000 } });
    const other = closeLater(make(fake.url, policy));
    fake.mode = 'error';
    for (let at = 0; at < 3; at += 1) await expect(other.embed(['a'], query)).rejects.toMatchObject(away);
    expect(policy.open).toBe(true);
    expect(fake.calls).toBe(5);
    await expect(other.embed(['a'], text)).rejects.toMatchObject(away);
    await expect(other.ping()).rejects.toMatchObject(away);
    expect(fake.calls).toBe(5);
  });

  it('opens no breaker for what the caller called off', async () => {
    const policy = policyOf(quickLimits);
    const other = closeLater(make(fake.url, policy));
    await other.space();
    fake.mode = 'hang';
    for (let at = 0; at < 8; at += 1) {
      const stop = new AbortController();
      const running = other.embed(['a'], { kind: 'query', signal: stop.signal });
      stop.abort(new Error(`called off ${at}`));
      await expect(running).rejects.toThrow(`called off ${at}`);
    }
    expect(policy.open).toBe(false);
    fake.mode = 'well';
    expect(await other.embed(['a'], query)).toHaveLength(1);
  });

  it('refuses vectors of another size, and says why', async () => {
    fake.dimensions = 32;
    for (let at = 0; at < 8; at += 1)
      await expect(embedder.embed(['a'], at % 2 === 0 ? text : query)).rejects.toMatchObject({
        ...away,
        message: expect.stringContaining('another model'),
      });
    fake.dimensions = 64;
    expect(await embedder.embed(['a'], text)).toHaveLength(1);
  });

  it('says in words that the key is wrong, without repeating it or asking twice', async () => {
    const locked = await start({ apiKey: 'open sesame' });
    const stranger = closeLater(make(locked.url, policyOf(quickLimits), { apiKey: 'wrong-key-canary' }));
    const error = await errorOf(stranger.space());
    expect(error).toMatchObject({ ...away, message: 'The embedding service does not accept the key' });
    expect(everythingIn(error)).not.toContain('canary');
    expect(locked.calls).toBe(1);
    await expect(stranger.ping()).rejects.toMatchObject(away);
    const friend = closeLater(make(locked.url, policyOf(quickLimits), { apiKey: 'open sesame' }));
    expect(await friend.embed(['a'], query)).toHaveLength(1);
  });

  it('answers nothing after it was closed', async () => {
    fake.mode = 'hang';
    const running = errorOf(embedder.embed(['under way'], text));
    await embedder.close();
    expect(await running).toMatchObject({ ...away, message: 'The embedding service has been closed' });
    await expect(embedder.space()).rejects.toMatchObject(away);
    await expect(embedder.ping()).rejects.toMatchObject(away);
  });
});

describe('TEI', () => {
  it('is named after its model, and gets no more texts in one request than it takes', async () => {
    const fake = await start({ batchLimit: 8, dimensions: 24 });
    const embedder = closeLater(tei(`${fake.url}/`, policyOf(patient)));
    expect(await embedder.space()).toEqual({ embedderId: `tei:${model}`, dimensions: 24 });
    await embedder.embed(
      Array.from({ length: 20 }, (_, at) => `text ${at}`),
      { kind: 'text' },
    );
    expect(fake.batches).toEqual([1, 8, 8, 4]);
  });

  it.each([
    [
      'Qwen/Qwen3-Embedding-0.6B',
      undefined,
      'Instruct: Given a question, retrieve what is remembered about it\nQuery:word',
    ],
    ['Qwen/Qwen3-Embedding-0.6B', 'Find it', 'Instruct: Find it\nQuery:word'],
    ['Qwen/Qwen3-Embedding-0.6B', '', 'word'],
    ['BAAI/bge-small', undefined, 'word'],
    ['BAAI/bge-small', 'Find it', 'Instruct: Find it\nQuery:word'],
  ])('reads a question for %s with the instruction %j as %j, and texts as they are', async (name, given, expected) => {
    const fake = await start({ model: name });
    const more = given === undefined ? {} : { queryInstruction: given };
    const embedder = closeLater(tei(fake.url, policyOf(patient), more));
    await embedder.embed(['word'], { kind: 'query' });
    await embedder.embed(['text'], { kind: 'text' });
    expect(fake.seen.slice(1)).toEqual([expected, 'text']);
  });
});

describe("OpenAI's shape", () => {
  it('gets less at once when it refuses, and keeps the order', async () => {
    const fake = await start({ batchLimit: 10, mostChars: 2_000 });
    const embedder = closeLater(openAi(fake.url, policyOf(patient)));
    expect(await embedder.space()).toEqual({ embedderId: `openai:${model}`, dimensions: 64 });
    const texts = Array.from({ length: 50 }, (_, at) => (at === 7 ? 'word '.repeat(20_000) : `text ${at}`));
    const vectors = await embedder.embed(texts, { kind: 'text' });
    for (const at of [0, 7, 31, 49]) {
      const [alone] = await embedder.embed([texts[at] ?? ''], { kind: 'text' });
      expect(vectors[at]).toEqual(alone);
    }
  });

  it('never shows a text it refuses to a log', async () => {
    const fake = await start({ mostChars: 10 });
    const embedder = closeLater(openAi(fake.url, policyOf(patient)));
    const error = await errorOf(embedder.embed(['my secret canary'], { kind: 'text' }));
    expect(error).toMatchObject({ ...away, message: 'The embedding service refused a text' });
    expect(everythingIn(error)).not.toContain('canary');
  });

  it('says in words that it does not know the model', async () => {
    const fake = await start();
    const embedder = closeLater(openAi(fake.url, policyOf(quickLimits), { model: 'nobody' }));
    const message = expect.stringContaining('does not know the address or the model');
    await expect(embedder.space()).rejects.toMatchObject({ ...away, message });
  });
});
