/** `/api/v1/memories`: the seed's routes, and what the contract adds. */
import {
  addedMemoriesSchema,
  addMemoriesSchema,
  deletedSchema,
  idParamSchema,
  importedMemoriesSchema,
  memoryGraphQuerySchema,
  memoryGraphSchema,
  memoryHistorySchema,
  memoryListQuerySchema,
  memoryListSchema,
  memoryResultsSchema,
  memorySchema,
  memorySettingsSchema,
  searchMemoriesSchema,
  updateMemorySchema,
  updateMemorySettingsSchema,
} from '@hearth/contract';
import { z } from 'zod';
import type { HttpApp } from '../../http/app.ts';
import { defineRoute, json, jsonBody } from '../../http/route.ts';
import { textStream } from '../../http/text-stream.ts';
import type { Caller } from '../../kernel/caller.ts';
import type { Log } from '../../kernel/log.ts';
import type { Asker, Memories } from './service.ts';
import type { MemoryTransfer } from './transfer.ts';

const tags = ['memories'];
const base = '/api/v1/memories';
const params = idParamSchema;
const key = { access: 'key' } as const;

const collectionRoutes = {
  list: defineRoute(key, {
    method: 'get',
    path: base,
    tags,
    summary: 'What is remembered, newest first',
    request: { query: memoryListQuerySchema },
    responses: { 200: json(memoryListSchema, 'A page of memories') },
  }),
  add: defineRoute(
    { access: 'key', idempotency: 'replay' },
    {
      method: 'post',
      path: base,
      tags,
      summary: 'Remember something: facts found in a text, or the text as it is',
      request: { body: jsonBody(addMemoriesSchema) },
      responses: { 201: json(addedMemoriesSchema, 'What was stored') },
    },
  ),
  search: defineRoute(key, {
    method: 'post',
    path: `${base}/search`,
    tags,
    summary: 'Find memories by meaning, words, people and things',
    request: { body: jsonBody(searchMemoriesSchema) },
    responses: { 200: json(memoryResultsSchema, 'Best first; `degraded` says what was not used') },
  }),
  removeAll: defineRoute(key, {
    method: 'delete',
    path: base,
    tags,
    summary: 'Forget everything',
    responses: { 200: json(deletedSchema, 'Nothing is remembered any more') },
  }),
  graph: defineRoute(key, {
    method: 'get',
    path: `${base}/graph`,
    tags,
    summary: 'People, places and things, and how they relate',
    request: { query: memoryGraphQuerySchema },
    responses: { 200: json(memoryGraphSchema, 'What lies around a name, between two names, or the most spoken of') },
  }),
  settings: defineRoute(key, {
    method: 'get',
    path: `${base}/settings`,
    tags,
    summary: 'What may be remembered',
    responses: { 200: json(memorySettingsSchema, 'The settings of this owner') },
  }),
  updateSettings: defineRoute(key, {
    method: 'put',
    path: `${base}/settings`,
    tags,
    summary: 'Change what may be remembered',
    request: { body: jsonBody(updateMemorySettingsSchema) },
    responses: { 200: json(memorySettingsSchema, 'The settings now') },
  }),
  export: defineRoute(key, {
    method: 'get',
    path: `${base}/export`,
    tags,
    summary: 'All memories as JSON Lines',
    responses: {
      200: {
        description: 'One memory a line, oldest first',
        content: { 'text/jsonl': { schema: z.string() } },
      },
    },
  }),
  import: defineRoute(key, {
    method: 'post',
    path: `${base}/import`,
    tags,
    summary: 'Take memories from JSON Lines, also from Mem0',
    request: { body: jsonBody(z.strictObject({ lines: z.string().min(1).max(20_000_000) })) },
    responses: { 200: json(importedMemoriesSchema, 'What was taken, and which lines were not') },
  }),
};

const memoryRoutes = {
  get: defineRoute(key, {
    method: 'get',
    path: `${base}/{id}`,
    tags,
    summary: 'One memory',
    request: { params },
    responses: { 200: json(memorySchema, 'The memory') },
  }),
  update: defineRoute(key, {
    method: 'put',
    path: `${base}/{id}`,
    tags,
    summary: 'Correct a memory; the old one stays in its history and is never used again',
    request: { params, body: jsonBody(updateMemorySchema) },
    responses: { 200: json(memorySchema, 'The memory that holds now') },
  }),
  remove: defineRoute(key, {
    method: 'delete',
    path: `${base}/{id}`,
    tags,
    summary: 'Forget a memory with its history',
    request: { params },
    responses: { 200: json(deletedSchema, 'Forgotten') },
  }),
  history: defineRoute(key, {
    method: 'get',
    path: `${base}/{id}/history`,
    tags,
    summary: 'How a memory came to be',
    request: { params },
    responses: { 200: json(memoryHistorySchema, 'Oldest first') },
  }),
};

const askerOf = (caller: Caller, ip: string): Asker => ({ ownerId: caller.ownerId, keyId: caller.keyId, ip });

export interface MemoryRouteDeps {
  memories: Memories;
  transfer: MemoryTransfer;
  log: Log;
}

const registerCollection = (app: HttpApp, { memories, transfer, log }: MemoryRouteDeps): void => {
  const routes = collectionRoutes;
  app.openapi(routes.list, async (c) => c.json(await memories.list(c.var.caller.ownerId, c.req.valid('query')), 200));
  app.openapi(routes.add, async (c) =>
    c.json(await memories.add(askerOf(c.var.caller, c.var.ip), c.req.valid('json')), 201),
  );
  app.openapi(routes.search, async (c) =>
    c.json(await memories.search(askerOf(c.var.caller, c.var.ip), c.req.valid('json')), 200),
  );
  app.openapi(routes.removeAll, async (c) => {
    await memories.forgetAll(askerOf(c.var.caller, c.var.ip));
    return c.json({ deleted: true, message: 'All memories deleted' }, 200);
  });
  app.openapi(routes.graph, async (c) => c.json(await memories.graph(c.var.caller.ownerId, c.req.valid('query')), 200));
  app.openapi(routes.settings, async (c) => c.json(await memories.settings(c.var.caller.ownerId), 200));
  app.openapi(routes.updateSettings, async (c) =>
    c.json(await memories.updateSettings(askerOf(c.var.caller, c.var.ip), c.req.valid('json')), 200),
  );
  app.openapi(routes.export, async (c) => {
    const body = textStream(transfer.lines(c.var.caller.ownerId), (error) =>
      log.error({ err: error }, 'an export of memories broke off'),
    );
    const headers = {
      'Content-Type': 'text/jsonl; charset=utf-8',
      'Content-Disposition': 'attachment; filename="hearth-memories.jsonl"',
      'Cache-Control': 'no-store',
    };
    return c.body(body, 200, headers);
  });
  app.openapi(routes.import, async (c) =>
    c.json(await transfer.read(c.var.caller.ownerId, c.req.valid('json').lines), 200),
  );
};

export const registerMemoryRoutes = (app: HttpApp, deps: MemoryRouteDeps): void => {
  const { memories } = deps;
  registerCollection(app, deps);
  const routes = memoryRoutes;
  app.openapi(routes.get, async (c) => c.json(await memories.get(c.var.caller.ownerId, c.req.valid('param').id), 200));
  app.openapi(routes.update, async (c) => {
    const { id } = c.req.valid('param');
    return c.json(await memories.correct(askerOf(c.var.caller, c.var.ip), id, c.req.valid('json')), 200);
  });
  app.openapi(routes.remove, async (c) => {
    const { id } = c.req.valid('param');
    await memories.forget(askerOf(c.var.caller, c.var.ip), id);
    return c.json({ deleted: true, message: `Memory ${id} deleted` }, 200);
  });
  app.openapi(routes.history, async (c) =>
    c.json(await memories.history(c.var.caller.ownerId, c.req.valid('param').id), 200),
  );
};
