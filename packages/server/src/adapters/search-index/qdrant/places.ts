/**
 * Where an owner's points are. Once `prepare` was told the embedder, a name follows from it; before that (the embedder
 * may be away) what is there is used as it is, and words without vectors go into a collection of no embedder.
 */
import type { AppError } from '../../../kernel/errors.ts';
import type { DependencyPolicy } from '../../../kernel/policies.ts';
import { createTurns } from '../../../kernel/turns.ts';
import type { IndexScope } from '../../../ports/search-index.ts';
import {
  copyPage,
  dimensionsOf,
  dropCollection,
  type Kind,
  listCollections,
  makeCollection,
  type Named,
  nameOf,
  ownerPartOf,
  type Space,
  tagOf,
} from './collections.ts';
import { type QdrantHttp, unavailable } from './http.ts';

export interface Place {
  name: string;
  ownerId: string;
  dimensions: number;
  /** It was seen a moment ago: should it be gone, it was moved. */
  isListed: boolean;
}

export interface Places {
  /** Moves every owner of a collection to this embedder, words only. Cut short, it goes on with the next call. */
  prepare(collection: string, space: Space): Promise<{ changed: boolean }>;
  /** Undefined when nothing can be there. */
  toRead(scope: IndexScope): Promise<Place | undefined>;
  toWrite(scope: IndexScope): Promise<Place>;
  /** Of every embedder. */
  clear(scope: IndexScope): Promise<void>;
}

export interface PlacesDeps {
  http: QdrantHttp;
  policy: DependencyPolicy;
  prefix: string;
}

/** Vectors cannot be of no length; this one is never used. */
const noSpace: Space = { embedderId: '', dimensions: 1 };

export const beingRebuilt = (): AppError =>
  unavailable(new Error('collections are being moved'), 'The search index is being rebuilt');

export const createPlaces = ({ http, policy, prefix }: PlacesDeps): Places => {
  const known = new Map<string, Space>();
  const moving = new Set<string>();
  const inTurn = createTurns();

  const list = (kind: Kind): Promise<Named[]> => policy.quick((signal) => listCollections(http, kind, signal));

  const move = async (kind: Kind, { name, ownerPart }: Named, space: Space): Promise<void> => {
    const to = nameOf(kind, ownerPart, tagOf(space));
    await policy.run((signal) => makeCollection(http, to, space.dimensions, signal));
    let offset: string | undefined;
    do {
      const step = { from: name, to, offset };
      offset = await policy.run((signal) => copyPage(http, step, signal));
    } while (offset !== undefined);
    await policy.run((signal) => dropCollection(http, name, signal));
  };

  const placeOf = (scope: IndexScope, space: Space): Place => {
    const name = nameOf({ prefix, collection: scope.collection }, ownerPartOf(scope.ownerId), tagOf(space));
    return { name, ownerId: scope.ownerId, dimensions: space.dimensions, isListed: false };
  };
  const ofOwner = async ({ collection, ownerId }: IndexScope): Promise<Named[]> => {
    const found = await list({ prefix, collection });
    return found.filter(({ ownerPart }) => ownerPart === ownerPartOf(ownerId));
  };
  const find = async (scope: IndexScope): Promise<Place | undefined> => {
    const space = known.get(scope.collection);
    if (space) return placeOf(scope, space);
    const [first, second] = await ofOwner(scope);
    // Two: a move was cut short, and neither of them is whole.
    if (second) throw beingRebuilt();
    return first && { name: first.name, ownerId: scope.ownerId, dimensions: dimensionsOf(first.tag), isListed: true };
  };

  return {
    prepare: (collection, space) =>
      inTurn(collection, async () => {
        const kind = { prefix, collection };
        const tag = tagOf(space);
        const old = (await list(kind)).filter((one) => one.tag !== tag);
        if (old.length > 0) {
          // Until it is done nothing is written, and what is read is read from where it lies at that moment.
          known.delete(collection);
          moving.add(collection);
          for (const one of old) await move(kind, one, space);
          moving.delete(collection);
        }
        known.set(collection, space);
        return { changed: old.length > 0 };
      }),
    toRead: find,
    toWrite: async (scope) => {
      if (moving.has(scope.collection)) throw beingRebuilt();
      return (await find(scope)) ?? placeOf(scope, noSpace);
    },
    clear: async (scope) => {
      if (moving.has(scope.collection)) throw beingRebuilt();
      for (const { name } of await ofOwner(scope)) await policy.run((signal) => dropCollection(http, name, signal));
    },
  };
};
