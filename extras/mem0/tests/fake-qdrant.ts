/** A double of Qdrant: what Mem0 asks of its REST API, over HTTP on loopback. */
import { z } from 'zod';
import {
  type FakeAnswer,
  type FakeService,
  startFakeService,
} from '../../../packages/server/src/adapters/http/testing/fake-service.ts';

const filterShape = z
  .strictObject({ must: z.array(z.strictObject({ key: z.string(), match: z.strictObject({ value: z.unknown() }) })) })
  .optional();
type Filter = z.infer<typeof filterShape>;

const payloadShape = z.record(z.string(), z.unknown());
const pointShape = z.object({
  id: z.uuid(),
  vector: z.union([z.array(z.number()), z.record(z.string(), z.unknown())]),
  payload: payloadShape.default({}),
});
type Point = z.infer<typeof pointShape>;

const bodies = {
  create: z.object({ vectors: z.object({ size: z.number().int(), distance: z.literal('Cosine') }) }),
  upsert: z.object({ points: z.array(pointShape) }),
  ids: z.object({ ids: z.array(z.uuid()) }),
  remove: z.object({ points: z.array(z.uuid()) }),
  query: z.object({
    query: z.union([z.array(z.number()), z.object({ text: z.string(), model: z.string() })]),
    filter: filterShape,
    limit: z.number().int(),
    with_payload: z.literal(true),
  }),
  scroll: z.object({ filter: filterShape, limit: z.number().int().max(1_000), offset: z.uuid().optional() }),
};

interface Collection {
  size: number;
  points: Map<string, Point>;
}

export interface FakeQdrant extends FakeService {
  readonly collections: ReadonlyMap<string, Collection>;
}

const ok = (result: unknown): FakeAnswer => ({ status: 200, body: { result, status: 'ok', time: 0.0001 } });
const failed = (status: number, error: string): FakeAnswer => ({ status, body: { status: { error }, time: 0 } });
const done = (): FakeAnswer => ok({ operation_id: 1, status: 'completed' });

const passes = ({ payload }: Point, filter: Filter): boolean =>
  (filter?.must ?? []).every(({ key, match }) => payload[key] === match.value);
const denseOf = ({ vector }: Point): number[] => {
  if (Array.isArray(vector)) return vector;
  return z.array(z.number()).parse(vector['']);
};
const cosine = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0) / (Math.hypot(...a) * Math.hypot(...b) || 1);
const wordsIn = (text: unknown): string[] => String(text).toLowerCase().split(/\W+/).filter(Boolean);

const scored = (points: Point[], limit: number, score: (point: Point) => number) =>
  points
    .map(({ id, payload, vector }) => ({ id, payload, version: 0, score: score({ id, payload, vector }) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, limit);

const onPoints = ({ size, points }: Collection, action: string, body: unknown): FakeAnswer => {
  const passing = (filter: Filter): Point[] => [...points.values()].filter((point) => passes(point, filter));
  switch (action) {
    case 'PUT points': {
      const added = bodies.upsert.parse(body).points;
      if (added.some((point) => denseOf(point).length !== size)) return failed(400, 'Vector dimension error');
      for (const point of added) points.set(point.id, point);
      return done();
    }
    case 'POST points':
      return ok(bodies.ids.parse(body).ids.flatMap((id) => points.get(id) ?? []));
    case 'POST points/delete':
      for (const id of bodies.remove.parse(body).points) points.delete(id);
      return done();
    case 'POST points/query': {
      const { query, filter, limit } = bodies.query.parse(body);
      if (Array.isArray(query))
        return ok({ points: scored(passing(filter), limit, (point) => cosine(query, denseOf(point))) });
      const asked = new Set(wordsIn(query.text));
      const shared = ({ payload }: Point): number =>
        wordsIn(payload.textLemmatized).filter((word) => asked.has(word)).length;
      return ok({ points: scored(passing(filter), limit, shared).filter(({ score }) => score > 0) });
    }
    case 'POST points/scroll': {
      const { filter, limit, offset = '' } = bodies.scroll.parse(body);
      const sorted = passing(filter)
        .filter(({ id }) => id >= offset)
        .sort((a, b) => (a.id < b.id ? -1 : 1));
      return ok({ points: sorted.slice(0, limit), next_page_offset: sorted[limit]?.id ?? null });
    }
    default:
      return action === 'PUT index' ? done() : failed(404, `no such action: ${action}`);
  }
};

export const startFakeQdrant = async (): Promise<FakeQdrant> => {
  const collections = new Map<string, Collection>();
  const service = await startFakeService({
    key: { header: 'api-key', value: 'secret' },
    answer({ method, path, body }) {
      const [, , name = '', ...rest] = path.split('/');
      const collection = collections.get(name);
      if (rest.length > 0)
        return collection ? onPoints(collection, `${method} ${rest.join('/')}`, body) : failed(404, `no ${name}`);
      if (method === 'GET') return ok({ config: { params: { vectors: { size: collection?.size ?? 0 } } } });
      if (collection) return failed(409, `${name} exists`);
      collections.set(name, { size: bodies.create.parse(body).vectors.size, points: new Map() });
      return ok(true);
    },
    failed,
  });
  return Object.assign(service, { collections });
};
