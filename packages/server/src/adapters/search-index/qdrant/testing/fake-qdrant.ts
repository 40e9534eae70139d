/**
 * A double of Qdrant: the part of its REST API that the adapter uses, over real HTTP on loopback, with its shapes of
 * answers and errors.
 */
import { z } from 'zod';
import { type FakeAnswer as Answer, type FakeService, startFakeService } from '../../../http/testing/fake-service.ts';
import { Filter, Point, passing, Search, searchPoints } from './fake-points.ts';

export interface FakeQdrant extends FakeService {
  readonly collections: ReadonlyMap<string, { size: number; points: ReadonlyMap<string, Point> }>;
}

type Collection = { size: number; points: Map<string, Point> };

const ok = (result: unknown): Answer => ({ status: 200, body: { result, status: 'ok', time: 0.0001 } });
const failed = (status: number, error: string): Answer => ({ status, body: { status: { error }, time: 0.0001 } });
const missing = (name: string): Answer => failed(404, `Not found: Collection \`${name}\` doesn't exist!`);
const updated = (): Answer => ok({ operation_id: 1, status: 'completed' });

const Create = z.object({
  vectors: z.strictObject({ dense: z.strictObject({ size: z.number().int().min(1), distance: z.literal('Cosine') }) }),
  sparse_vectors: z.strictObject({ words: z.strictObject({ modifier: z.literal('idf') }) }),
  quantization_config: z.strictObject({
    scalar: z.strictObject({ type: z.literal('int8'), quantile: z.number(), always_ram: z.boolean() }),
  }),
});
const Scroll = z.object({
  offset: z.uuid().optional(),
  limit: z.number().int().min(1),
  filter: Filter.optional(),
  with_vector: z.array(z.enum(['dense', 'words'])).optional(),
});
const bodies = {
  points: z.strictObject({ points: z.array(Point) }),
  filter: z.object({ filter: Filter }),
  searches: z.strictObject({ searches: z.array(Search) }),
};

const wrongSize = (expected: number, got: number): Answer =>
  failed(400, `Wrong input: Vector dimension error: expected dim: ${expected}, got ${got}`);

const putPoints = ({ size, points }: Collection, body: unknown): Answer => {
  const added = bodies.points.parse(body).points;
  for (const { vector } of added) {
    if (vector.dense !== undefined && vector.dense.length !== size) return wrongSize(size, vector.dense.length);
    const indices = vector.words?.indices ?? [];
    if (new Set(indices).size !== indices.length) return failed(422, 'Validation error: indices must be unique');
  }
  for (const point of added) points.set(point.id, point);
  return updated();
};

const scroll = ({ points }: Collection, body: unknown): Answer => {
  const { offset = '', limit, filter, with_vector } = Scroll.parse(body);
  const sorted = passing(points.values(), filter)
    .filter(({ id }) => id >= offset)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const page = sorted.slice(0, limit).map(({ id, payload, vector }) => {
    const wanted = Object.fromEntries(
      Object.entries(vector).filter(([name]) => with_vector?.some((one) => one === name)),
    );
    return { id, payload, ...(with_vector && { vector: wanted }) };
  });
  return ok({ points: page, next_page_offset: sorted[limit]?.id ?? null });
};

const queryBatch = ({ size, points }: Collection, body: unknown): Answer => {
  const { searches } = bodies.searches.parse(body);
  for (const { query } of searches) {
    if (Array.isArray(query) && query.length !== size) return wrongSize(size, query.length);
  }
  return ok(searches.map((search) => ({ points: searchPoints(points, search) })));
};

const onPoints = (collection: Collection, action: string, body: unknown): Answer => {
  switch (action) {
    case 'PUT points':
      return putPoints(collection, body);
    case 'POST points/delete':
      for (const { id } of passing(collection.points.values(), bodies.filter.parse(body).filter)) {
        collection.points.delete(id);
      }
      return updated();
    case 'POST points/count':
      return ok({ count: passing(collection.points.values(), bodies.filter.parse(body).filter).length });
    case 'POST points/scroll':
      return scroll(collection, body);
    case 'POST points/query/batch':
      return queryBatch(collection, body);
    case 'PUT index':
      return updated();
    case 'GET ':
      return ok({ status: 'green', points_count: collection.points.size });
    default:
      return failed(404, '');
  }
};

const answerTo = (collections: Map<string, Collection>, method: string, path: string, body: unknown): Answer => {
  const [root, name = '', ...rest] = path.split('/').slice(1);
  if (root !== 'collections') return failed(404, '');
  if (name === '') return ok({ collections: [...collections.keys()].map((one) => ({ name: one })) });
  const collection = collections.get(name);
  const action = `${method} ${rest.join('/')}`;
  if (action === 'DELETE ') return ok(collections.delete(name));
  if (action === 'PUT ') {
    if (collection !== undefined) return failed(409, `Wrong input: Collection \`${name}\` already exists!`);
    collections.set(name, { size: Create.parse(body).vectors.dense.size, points: new Map() });
    return ok(true);
  }
  return collection === undefined ? missing(name) : onPoints(collection, action, body);
};

export const startFakeQdrant = async (options: { apiKey?: string } = {}): Promise<FakeQdrant> => {
  const collections = new Map<string, Collection>();
  const key = options.apiKey === undefined ? {} : { key: { header: 'api-key', value: options.apiKey } };
  const service = await startFakeService({
    ...key,
    failed,
    answer: ({ method, path, body }) => answerTo(collections, method, path, body),
  });
  return Object.assign(service, { collections });
};
