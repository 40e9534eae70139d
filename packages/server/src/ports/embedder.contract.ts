/** What every embedder must do. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Embedder } from './embedder.ts';

export type MakeEmbedder = () => Promise<Embedder>;

const lengthOf = (vector: Float32Array): number => Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
const likeness = (a: Float32Array | undefined, b: Float32Array | undefined): number =>
  a && b ? a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0) : Number.NaN;
const furthest = (a: Float32Array | undefined, b: Float32Array | undefined): number =>
  a && b ? a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? 0))), 0) : Number.NaN;

const texts = [
  'The car needs new winter tyres',
  'My car should get new tyres before winter',
  'Sarah plays the cello in an orchestra',
];

export const embedderContract = (name: string, make: MakeEmbedder): void => {
  describe(`embedder: ${name}`, () => {
    const made: Embedder[] = [];
    const makeOne = async (): Promise<Embedder> => {
      const embedder = await make();
      made.push(embedder);
      return embedder;
    };
    afterEach(async () => {
      for (const embedder of made.splice(0)) await embedder.close();
    });

    it('names its space, and its vectors are of that size and of unit length', async () => {
      const embedder = await makeOne();
      const space = await embedder.space();
      expect(space.embedderId).toMatch(/^[a-z]+:\S+$/);
      expect(await embedder.space()).toEqual(space);
      for (const kind of ['query', 'text'] as const) {
        const vectors = await embedder.embed(texts, { kind });
        expect(vectors).toHaveLength(texts.length);
        for (const vector of vectors) {
          expect(vector).toBeInstanceOf(Float32Array);
          expect(vector).toHaveLength(space.dimensions);
          expect(lengthOf(vector)).toBeCloseTo(1, 4);
        }
      }
    });

    it('gives the same vector for the same text, wherever it stands', async () => {
      const embedder = await makeOne();
      const [alone] = await embedder.embed(texts.slice(0, 1), { kind: 'text' });
      const turned = await embedder.embed([...texts].reverse(), { kind: 'text' });
      expect(furthest(alone, turned[2])).toBeLessThan(1e-3);
      const twice = await embedder.embed(['twice', 'between', 'twice'], { kind: 'text' });
      expect(furthest(twice[0], twice[2])).toBe(0);
      twice[0]?.fill(0);
      expect(lengthOf(twice[2] ?? new Float32Array(0))).toBeCloseTo(1, 4);
      const [again] = await embedder.embed(['twice'], { kind: 'text' });
      expect(furthest(again, twice[2])).toBeLessThan(1e-3);
    });

    it('gives a question that it expects the vector it always has', async () => {
      const [embedder, other] = [await makeOne(), await makeOne()];
      for (const question of [...texts, '', ...texts]) embedder.expect?.(question);
      const vectors = await embedder.embed([...texts, 'and one more'], { kind: 'query' });
      const plain = await other.embed([...texts, 'and one more'], { kind: 'query' });
      vectors.forEach((vector, at) => {
        expect(furthest(vector, plain[at])).toBeLessThan(1e-3);
      });
      vectors[0]?.fill(0);
      const [again] = await embedder.embed(texts.slice(0, 1), { kind: 'query' });
      expect(furthest(again, plain[0])).toBeLessThan(1e-3);
    });

    it('puts texts that mean the same closer together than strangers', async () => {
      const [a, alike, stranger] = await (await makeOne()).embed(texts, { kind: 'text' });
      expect(likeness(a, alike)).toBeGreaterThan(likeness(a, stranger) + 0.1);
    });

    it('gives a vector to every text, and zeros to one without a readable character', async () => {
      const embedder = await makeOne();
      const { dimensions } = await embedder.space();
      const blank = ['', '   ', '\n\t', '\u200b', '\ud800'];
      const odd = ['🎉', '日本語', 'a\u0000b', 'half \ud800 a character', '{"a": [1]}', '"', '\\', '.', '<s>'];
      const vectors = await embedder.embed([...blank, ...odd], { kind: 'text' });
      expect(vectors).toHaveLength(blank.length + odd.length);
      for (const vector of vectors) expect(vector).toHaveLength(dimensions);
      for (const vector of vectors.slice(0, blank.length)) expect(lengthOf(vector)).toBe(0);
      for (const vector of vectors.slice(blank.length)) expect(lengthOf(vector)).toBeCloseTo(1, 4);
      expect(await embedder.embed([], { kind: 'text' })).toEqual([]);
      expect(await embedder.embed(['', ' '], { kind: 'query' })).toHaveLength(2);
    });

    it('takes texts of 100,000 characters of any kind', async () => {
      const embedder = await makeOne();
      const long = ['a', 'word ', '🎉', '語', ' '].map((part) => part.repeat(100_000 / part.length));
      const vectors = await embedder.embed([...long, `${long[1]} `.trim()], { kind: 'text' });
      for (const vector of vectors.slice(0, 4)) expect(lengthOf(vector)).toBeCloseTo(1, 4);
      expect(lengthOf(vectors[4] ?? new Float32Array(1).fill(1))).toBe(0);
      expect(likeness(vectors[1], vectors[5])).toBeGreaterThan(0.99);
    });

    it('takes many texts in one call and keeps their order', async () => {
      const embedder = await makeOne();
      const many = Array.from({ length: 150 }, (_, i) => `note ${i}: ${texts[i % texts.length]}`);
      const vectors = await embedder.embed(many, { kind: 'text' });
      expect(vectors).toHaveLength(150);
      for (const i of [0, 17, 75, 149]) {
        const [alone] = await embedder.embed([`${many[i]}`], { kind: 'text' });
        expect(furthest(vectors[i], alone)).toBeLessThan(1e-3);
      }
    });

    it('rejects a call that is aborted, before and while it runs, and goes on with others', async () => {
      const embedder = await makeOne();
      await expect(embedder.embed(texts, { kind: 'text', signal: AbortSignal.abort() })).rejects.toThrow();
      const stop = new AbortController();
      const many = Array.from({ length: 60 }, (_, i) => `aborted ${i} ${texts[0]}`);
      const running = embedder.embed(many, { kind: 'text', signal: stop.signal });
      const other = embedder.embed(texts, { kind: 'query' });
      const reason = new Error('no longer needed');
      stop.abort(reason);
      await expect(running).rejects.toBe(reason);
      expect(await other).toHaveLength(texts.length);
    });

    it('answers a ping', async () => {
      await expect((await makeOne()).ping()).resolves.toBeUndefined();
    });

    it('embeds nothing after it was closed, ends what is under way, and may be closed twice', async () => {
      const embedder = await makeOne();
      await embedder.embed(texts, { kind: 'text' });
      const running = embedder.embed(
        texts.map((text) => `${text}, still`),
        { kind: 'text' },
      );
      const outcome = running.then(
        () => 'done',
        (error: unknown) => error,
      );
      await embedder.close();
      await embedder.close();
      const settled = await outcome;
      if (settled !== 'done') expect(settled).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
      const fresh = embedder.embed(['never asked before'], { kind: 'text' });
      await expect(fresh).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    });
  });
};
