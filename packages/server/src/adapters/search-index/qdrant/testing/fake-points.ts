/** The points of the fake Qdrant: filters and scores as the real one computes them. */
import { z } from 'zod';

const Sparse = z.object({ indices: z.array(z.number().int().nonnegative()), values: z.array(z.number()) });
export const Point = z.object({
  id: z.uuid(),
  payload: z.record(z.string(), z.union([z.string(), z.boolean(), z.null()])),
  vector: z.strictObject({ dense: z.array(z.number()).optional(), words: Sparse.optional() }),
});
export type Point = z.infer<typeof Point>;

export const Filter = z.strictObject({
  must: z.array(
    z.union([
      z.strictObject({ key: z.string(), match: z.strictObject({ value: z.union([z.string(), z.boolean()]) }) }),
      z.strictObject({ has_id: z.array(z.uuid()) }),
    ]),
  ),
});
type Filter = z.infer<typeof Filter>;

export const Search = z.strictObject({
  query: z.union([z.array(z.number()), Sparse]),
  using: z.enum(['dense', 'words']),
  filter: Filter.optional(),
  limit: z.number().int().min(1),
  params: z
    .union([
      z.strictObject({ exact: z.boolean(), quantization: z.strictObject({ ignore: z.boolean() }) }),
      z.strictObject({ quantization: z.strictObject({ rescore: z.boolean() }) }),
    ])
    .optional(),
});
type Search = z.infer<typeof Search>;

export const passing = (points: Iterable<Point>, filter: Filter | undefined): Point[] =>
  [...points].filter((point) =>
    (filter?.must ?? []).every((one) =>
      'has_id' in one ? one.has_id.includes(point.id) : point.payload[one.key] === one.match.value,
    ),
  );

const cosine = (a: readonly number[], b: readonly number[]): number => {
  const dot = a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
  // Qdrant leaves a vector without a direction as it is.
  return dot === 0 ? 0 : dot / (Math.hypot(...a) * Math.hypot(...b));
};

/** Over the whole collection, whatever the filter: that is what Qdrant does. */
const rarity = (points: readonly Point[], index: number): number => {
  const having = points.filter((point) => point.vector.words?.indices.includes(index)).length;
  return Math.log((points.length - having + 0.5) / (having + 0.5) + 1);
};

const scoreOf = (search: Search, weights: ReadonlyMap<number, number>, point: Point): number | undefined => {
  if (Array.isArray(search.query)) {
    return point.vector.dense === undefined ? undefined : cosine(search.query, point.vector.dense);
  }
  const words = point.vector.words;
  const shared = (words?.indices ?? []).flatMap((index, i) => {
    const weight = weights.get(index);
    return weight === undefined ? [] : [weight * (words?.values[i] ?? 0)];
  });
  return shared.length === 0 ? undefined : shared.reduce((sum, value) => sum + value, 0);
};

export const searchPoints = (points: ReadonlyMap<string, Point>, search: Search): { id: string; score: number }[] => {
  const all = [...points.values()];
  const query = Array.isArray(search.query) ? { indices: [], values: [] } : search.query;
  const weights = new Map(query.indices.map((index, i) => [index, (query.values[i] ?? 0) * rarity(all, index)]));
  return passing(all, search.filter)
    .flatMap((point) => {
      const score = scoreOf(search, weights, point);
      return score === undefined ? [] : [{ id: point.id, score }];
    })
    .sort((a, b) => b.score - a.score)
    .slice(0, search.limit);
};
