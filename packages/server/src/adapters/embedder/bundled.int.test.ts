import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../kernel/clock.ts';
import { createFakeClock } from '../../kernel/fake-clock.ts';
import { embedderContract } from '../../ports/embedder.contract.ts';
import type { Embedder } from '../../ports/embedder.ts';
import { createBundledEmbedder } from './bundled.ts';

const dot = (a: Float32Array | undefined, b: Float32Array | undefined): number =>
  (a ?? new Float32Array()).reduce((sum, value, at) => sum + value * (b?.[at] ?? 0), 0);

embedderContract('bundled', async () => createBundledEmbedder({ clock: systemClock }));

describe('the bundled embedder', () => {
  let embedder: Embedder;
  beforeAll(() => {
    embedder = createBundledEmbedder({ clock: systemClock });
  });
  afterAll(() => embedder.close());
  const text = { kind: 'text' as const };

  it('gives vectors of unit length, in order, the same for the same text', async () => {
    const { dimensions } = await embedder.space();
    const [a, b, again] = await embedder.embed(['A cat sleeps.', 'The server is down.', 'A cat sleeps.'], text);
    expect(a).toHaveLength(dimensions);
    expect(dot(a, a)).toBeCloseTo(1, 4);
    expect(again).toEqual(a);
    expect(dot(a, b)).toBeLessThan(0.9);
  });

  it('puts what means the same closer together', async () => {
    const [cat, kitten, disk] = await embedder.embed(
      ['The cat is asleep', 'A kitten sleeps', 'The disk is full'],
      text,
    );
    expect(dot(cat, kitten)).toBeGreaterThan(dot(cat, disk));
  });

  it('takes what cannot be read, what is long, and a lot at once', async () => {
    const texts = ['', '   ', '🙂', 'word '.repeat(20_000), ...Array.from({ length: 60 }, (_, at) => `text ${at}`)];
    const vectors = await embedder.embed(texts, text);
    expect(vectors).toHaveLength(texts.length);
    expect(dot(vectors[0], vectors[0])).toBe(0);
    expect(dot(vectors.at(-1), vectors.at(-1))).toBeCloseTo(1, 4);
  });

  it('answers a question in the middle of a long job', async () => {
    let isDone = false;
    const job = embedder
      .embed(
        Array.from({ length: 200 }, (_, at) => `a long job, part ${at}`),
        text,
      )
      .then(() => {
        isDone = true;
      });
    await embedder.embed(['a question in between'], { kind: 'query' });
    expect(isDone).toBe(false);
    await job;
  });

  it('begins with a question that is expected, and forgets it when it does not come', async () => {
    const clock = createFakeClock();
    const ahead = createBundledEmbedder({ clock });
    const question = { kind: 'query' as const };
    ahead.expect?.('Where is the key?');
    ahead.expect?.('Where is the ladder?');
    ahead.expect?.(' ');
    // Questions are answered one after the other.
    await ahead.embed(['another question'], question);
    await ahead.close();
    const [key] = await ahead.embed(['Where is the key?'], question);
    expect([key]).toEqual(await createBundledEmbedder({ clock }).embed(['Where is the key?'], question));
    clock.advance(1_000);
    await expect(ahead.embed(['Where is the ladder?'], question)).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    });
    expect(await ahead.embed(['Where is the key?'], question)).toEqual([key]);
  });

  it('rejects what was called off, and everything after it was closed', async () => {
    const off = AbortSignal.abort(new Error('called off'));
    await expect(embedder.embed(['never asked before'], { kind: 'query', signal: off })).rejects.toThrow('called off');
    await embedder.close();
    await expect(embedder.embed(['nor this'], text)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });
});
