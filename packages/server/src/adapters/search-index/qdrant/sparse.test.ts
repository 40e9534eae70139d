import { describe, expect, it } from 'vitest';
import { questionVector, textVector } from './sparse.ts';

describe('sparse vectors', () => {
  const product = (text: string, question: string): number => {
    const a = textVector(text);
    const b = questionVector(question);
    return (b?.indices ?? []).reduce((sum, index) => sum + (a?.values[a.indices.indexOf(index)] ?? 0), 0);
  };

  it('grow with the number of a word, less each time, and shrink with the length of the text', () => {
    const [once = 0, twice = 0, thrice = 0] = [1, 2, 3].map((n) =>
      product(`${'apple '.repeat(n)}${'x '.repeat(24 - n)}`, 'apples'),
    );
    expect(once).toBeCloseTo(1, 5);
    expect(twice).toBeGreaterThan(once);
    expect(thrice - twice).toBeLessThan(twice - once);
    expect(product('apple pie', 'apple')).toBeGreaterThan(product(`apple ${'pie '.repeat(60)}`, 'apple'));
  });

  it('know a word with and without its marks, in both of their spellings', () => {
    for (const text of ['crème', 'cre\u0300me', 'Creme']) expect(product(text, 'CRÈME')).toBeGreaterThan(0);
  });

  it('name no word twice, and are none without words', () => {
    expect(questionVector('run running runs Run')?.indices).toHaveLength(1);
    expect(questionVector('?!')).toBeUndefined();
    expect(textVector('🙂 \ud800')).toBeUndefined();
  });
});
