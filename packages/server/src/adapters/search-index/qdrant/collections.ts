/**
 * Which Qdrant collection holds what. Each owner has one of their own in each of our collections: Qdrant counts how rare a
 * word is over a whole collection, so in a shared one the scores of an owner would tell what others write about. A
 * household has few owners, so that costs little. The name also carries the embedder, since the size of vectors in a
 * collection cannot be changed. Rule: security.md, cases 10 and 12.
 */
import { z } from 'zod';
import { AppError, isAppError } from '../../../kernel/errors.ts';
import { sha256Hex } from '../../../kernel/ids.ts';
import { Id, Ok } from './answers.ts';
import { type QdrantHttp, unavailable } from './http.ts';

export interface Space {
  embedderId: string;
  dimensions: number;
}
/** The prefix keeps several installations on one Qdrant apart. */
export interface Kind {
  prefix: string;
  collection: string;
}
export interface Named {
  name: string;
  ownerPart: string;
  tag: string;
}

const collectionShape = /^[a-z_]{1,40}$/;
const plainOwner = /^[a-z0-9][a-z0-9-]{0,63}$/;
const tagShape = /^(\d{1,5})-[0-9a-f]{12}$/;

/** Any owner id makes a harmless name, and no two make the same. */
export const ownerPartOf = (ownerId: string): string => (plainOwner.test(ownerId) ? ownerId : `_${sha256Hex(ownerId)}`);

/** Says how long the vectors are, so that a collection can be used without being told its embedder. */
export const tagOf = ({ embedderId, dimensions }: Space): string =>
  `${dimensions}-${sha256Hex(JSON.stringify([embedderId, dimensions])).slice(0, 12)}`;

export const dimensionsOf = (tag: string): number => Number(tagShape.exec(tag)?.[1] ?? 0);

const startOf = ({ prefix, collection }: Kind): string => {
  if (!collectionShape.test(collection)) throw new AppError('INTERNAL_ERROR', 'No such kind of text can be searched');
  return `${prefix}.${collection}.`;
};

export const nameOf = (kind: Kind, ownerPart: string, tag: string): string => `${startOf(kind)}${ownerPart}.${tag}`;

const Listed = z.object({ result: z.object({ collections: z.array(z.object({ name: z.string() })) }) });

export const listCollections = async (http: QdrantHttp, kind: Kind, signal: AbortSignal): Promise<Named[]> => {
  const start = startOf(kind);
  const answer = await http.send({ method: 'GET', path: '/collections', schema: Listed }, signal);
  if (answer === undefined) throw unavailable(new Error('GET /collections is not there'));
  return answer.result.collections.flatMap(({ name }) => {
    const [ownerPart, tag, more] = name.startsWith(start) ? name.slice(start.length).split('.') : [];
    if (ownerPart === undefined || tag === undefined || more !== undefined || !tagShape.test(tag)) return [];
    return [{ name, ownerPart, tag }];
  });
};

const indexedFields = ['owner_id', 'agent_id', 'run_id'];

export const makeCollection = async (
  http: QdrantHttp,
  name: string,
  dimensions: number,
  signal: AbortSignal,
): Promise<void> => {
  const body = {
    vectors: { dense: { size: dimensions, distance: 'Cosine' } },
    sparse_vectors: { words: { modifier: 'idf' } },
    quantization_config: { scalar: { type: 'int8', quantile: 0.99, always_ram: true } },
  };
  try {
    await http.send({ method: 'PUT', path: `/collections/${name}`, body, schema: Ok }, signal);
  } catch (error) {
    // Someone else was faster: an earlier try of ours, or another replica.
    const found = await http.send({ method: 'GET', path: `/collections/${name}`, schema: Ok }, signal);
    if (found === undefined || !isAppError(error, 'INTERNAL_ERROR')) throw error;
  }
  for (const field_name of indexedFields) {
    const path = `/collections/${name}/index?wait=true`;
    await http.send({ method: 'PUT', path, body: { field_name, field_schema: 'keyword' }, schema: Ok }, signal);
  }
};

export const dropCollection = async (http: QdrantHttp, name: string, signal: AbortSignal): Promise<void> => {
  await http.send({ method: 'DELETE', path: `/collections/${name}`, schema: Ok }, signal);
};

const Sparse = z.object({ indices: z.array(z.number()), values: z.array(z.number()) });
const Payload = z.object({ owner_id: z.string(), agent_id: z.string(), run_id: z.string().nullable() });
const Page = z.object({
  result: z.object({
    points: z.array(z.object({ id: Id, payload: Payload, vector: z.object({ words: Sparse.optional() }).nullish() })),
    next_page_offset: Id.nullish(),
  }),
});

/** The next 500 points without their dense vectors; answers where to go on. */
export const copyPage = async (
  http: QdrantHttp,
  move: { from: string; to: string; offset: string | undefined },
  signal: AbortSignal,
): Promise<string | undefined> => {
  const body = { limit: 500, with_payload: true, with_vector: ['words'], ...(move.offset && { offset: move.offset }) };
  const path = `/collections/${move.from}/points/scroll`;
  const page = await http.send({ method: 'POST', path, body, schema: Page }, signal);
  const points = (page?.result.points ?? []).map(({ id, payload, vector }) => ({
    id,
    payload: { ...payload, embedded: false },
    vector: vector?.words === undefined ? {} : { words: vector.words },
  }));
  if (points.length > 0) {
    await http.send(
      { method: 'PUT', path: `/collections/${move.to}/points?wait=true`, body: { points }, schema: Ok },
      signal,
    );
  }
  return page?.result.next_page_offset ?? undefined;
};
