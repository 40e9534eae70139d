/** The worker thread: every statement and every search runs here, so that no query holds up the server. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import type { IndexScope } from '../../../ports/search-index.ts';
import type { IndexReply, IndexRequest } from './protocol.ts';
import { openShelf, type Shelf } from './shelf.ts';
import { isUnusable } from './shelf-file.ts';

const { dir } = z.object({ dir: z.string() }).parse(workerData);
const spaceShape = z.object({ embedderId: z.string(), dimensions: z.number().int().positive() });
/** Until an embedder is known there are only words; any number will do. */
const noSpace = { embedderId: '', dimensions: 512 };

const mostOpen = 8;
/** After this much quiet the graphs are written; large ones, whose writing holds up a question, after more of it. */
const quietMs = 2_000;
const longQuietMs = 60_000;
const mostAtOnce = 20_000;
const open = new Map<string, Shelf>();
let saving: NodeJS.Timeout | undefined;

const spaceFile = (collection: string): string => join(dir, collection, 'space.json');
const spaceOf = (collection: string): z.infer<typeof spaceShape> => {
  const file = spaceFile(collection);
  if (!existsSync(file)) return noSpace;
  return spaceShape.catch(noSpace).parse(JSON.parse(readFileSync(file, 'utf8')));
};

const folderOf = ({ collection, ownerId }: IndexScope): string => {
  if (!/^[a-z_]{1,40}$/.test(collection) || !/^[A-Za-z0-9-]{1,64}$/.test(ownerId)) throw new Error('not a scope');
  return join(dir, collection, ownerId);
};

const closeShelf = (folder: string): void => {
  open.get(folder)?.close();
  open.delete(folder);
};

/** Everything in it comes from the SQL database, so a file that cannot be read is thrown away and filled again. */
const openWhole = (folder: string, dimensions: number): Shelf => {
  try {
    return openShelf(folder, dimensions);
  } catch (error) {
    if (!isUnusable(error)) throw error;
    rmSync(folder, { recursive: true, force: true });
    return openShelf(folder, dimensions);
  }
};

/** The one used longest ago makes room. */
const shelf = (scope: IndexScope): Shelf => {
  const folder = folderOf(scope);
  const known = open.get(folder);
  if (known) {
    open.delete(folder);
    open.set(folder, known);
    return known;
  }
  const [oldest] = open.keys();
  if (oldest !== undefined && open.size >= mostOpen) closeShelf(oldest);
  const fresh = openWhole(folder, spaceOf(scope.collection).dimensions);
  open.set(folder, fresh);
  return fresh;
};

/** A question about an owner nobody has written to makes nothing. */
const existing = (scope: IndexScope): Shelf | null => (existsSync(folderOf(scope)) ? shelf(scope) : null);

const save = (which: (one: Shelf) => boolean): void => {
  for (const one of [...open.values()].filter(which)) one.save();
};

const saveSoon = (): void => {
  clearTimeout(saving);
  saving = setTimeout(() => {
    save((one) => one.count().items <= mostAtOnce);
    saving = setTimeout(save, longQuietMs, () => true);
  }, quietMs);
};

const prepare = (collection: string, space: z.infer<typeof spaceShape>): { changed: boolean } => {
  const known = spaceOf(collection);
  if (known.embedderId === space.embedderId && known.dimensions === space.dimensions) return { changed: false };
  const owners = existsSync(join(dir, collection))
    ? readdirSync(join(dir, collection), { withFileTypes: true }).filter((entry) => entry.isDirectory())
    : [];
  let changed = false;
  for (const { name } of owners) {
    const one = shelf({ collection, ownerId: name });
    changed ||= one.count().embedded > 0;
    one.dropVectors();
    closeShelf(folderOf({ collection, ownerId: name }));
  }
  mkdirSync(join(dir, collection), { recursive: true, mode: 0o700 });
  writeFileSync(spaceFile(collection), JSON.stringify(space), { mode: 0o600, flush: true });
  return { changed };
};

const clear = (scope: IndexScope): void => {
  const folder = folderOf(scope);
  closeShelf(folder);
  rmSync(folder, { recursive: true, force: true });
};

/** A file that turned out damaged while it was in use: whoever asked is told, and finds an empty one the next time. */
const discard = (request: IndexRequest): void => {
  if (request.method === 'close' || request.method === 'prepare') return;
  const folder = folderOf(request.args[0]);
  open.get(folder)?.abandon();
  open.delete(folder);
  rmSync(folder, { recursive: true, force: true });
};

const answer = (request: IndexRequest): unknown => {
  switch (request.method) {
    case 'prepare':
      return prepare(...request.args);
    case 'upsert':
      saveSoon();
      return shelf(request.args[0]).upsert(request.args[1]);
    case 'remove':
      saveSoon();
      return existing(request.args[0])?.remove(request.args[1]);
    case 'clear':
      return clear(request.args[0]);
    case 'query':
      return existing(request.args[0])?.query(request.args[1]) ?? [];
    case 'expect':
      return existing(request.args[0])?.expect(request.args[1]);
    case 'score':
      return existing(request.args[0])?.score(request.args[1], request.args[2]) ?? [];
    case 'count':
      return existing(request.args[0])?.count() ?? { items: 0, embedded: 0 };
    case 'ids':
      return existing(request.args[0])?.ids(request.args[1]) ?? [];
    case 'close':
      clearTimeout(saving);
      for (const folder of [...open.keys()]) closeShelf(folder);
      return undefined;
  }
};

parentPort?.on('message', (request: IndexRequest) => {
  const reply = (message: IndexReply): void => parentPort?.postMessage(message);
  try {
    reply({ id: request.id, value: answer(request) });
  } catch (error) {
    if (isUnusable(error)) discard(request);
    reply({ id: request.id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});
