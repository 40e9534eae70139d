/** `/api/v1/persona`. */
import {
  draftPersonaSchema,
  personaHistorySchema,
  personaPreviewSchema,
  personaSchema,
  revertPersonaSchema,
  updatePersonaSchema,
} from '@hearth/contract';
import type { HttpApp } from '../../http/app.ts';
import { defineRoute, json, jsonBody } from '../../http/route.ts';
import type { Caller } from '../../kernel/caller.ts';
import type { Personas } from './service.ts';

const path = '/api/v1/persona';
const tags = ['persona'];

const routes = {
  get: defineRoute(
    { access: 'key' },
    {
      method: 'get',
      path,
      tags,
      summary: 'How the assistant speaks to this owner',
      responses: { 200: json(personaSchema, 'The persona') },
    },
  ),
  update: defineRoute(
    { access: 'key' },
    {
      method: 'put',
      path,
      tags,
      summary: 'Change the persona of chats that begin from now on; fields that are left out stay as they are',
      request: { body: jsonBody(updatePersonaSchema) },
      responses: { 200: json(personaSchema, 'The persona as it is now') },
    },
  ),
  preview: defineRoute(
    { access: 'key' },
    {
      method: 'get',
      path: `${path}/preview`,
      tags,
      summary: 'The text that every chat begins with',
      responses: { 200: json(personaPreviewSchema, 'Text and its rough length in tokens') },
    },
  ),
  draft: defineRoute(
    { access: 'key' },
    {
      method: 'post',
      path: `${path}/preview`,
      tags,
      summary: 'The text that chats would begin with after these changes; nothing is saved',
      request: { body: jsonBody(draftPersonaSchema) },
      responses: { 200: json(personaPreviewSchema, 'Text and its rough length in tokens') },
    },
  ),
  history: defineRoute(
    { access: 'key' },
    {
      method: 'get',
      path: `${path}/history`,
      tags,
      summary: 'The last 20 versions, newest first',
      responses: { 200: json(personaHistorySchema, 'Versions') },
    },
  ),
  revert: defineRoute(
    { access: 'key' },
    {
      method: 'post',
      path: `${path}/revert`,
      tags,
      summary: 'Make an old version the newest',
      request: { body: jsonBody(revertPersonaSchema) },
      responses: { 200: json(personaSchema, 'The persona as it is now') },
    },
  ),
};

export interface PersonaRouteDeps {
  personas: Personas;
  /** The next new chat of this caller shall be as quick as before the change. */
  onChanged: (caller: Caller) => void;
}

export const registerPersonaRoutes = (app: HttpApp, { personas, onChanged }: PersonaRouteDeps): void => {
  app.openapi(routes.get, async (c) => c.json(await personas.get(c.var.caller.ownerId), 200));
  app.openapi(routes.update, async (c) => {
    const { caller, ip } = c.var;
    const persona = await personas.update(caller.ownerId, c.req.valid('json'), { keyId: caller.keyId, ip });
    onChanged(caller);
    return c.json(persona, 200);
  });
  app.openapi(routes.preview, async (c) => c.json(await personas.preview(c.var.caller.ownerId), 200));
  app.openapi(routes.draft, async (c) =>
    c.json(await personas.preview(c.var.caller.ownerId, c.req.valid('json')), 200),
  );
  app.openapi(routes.history, async (c) => c.json(await personas.history(c.var.caller.ownerId), 200));
  app.openapi(routes.revert, async (c) => {
    const { caller, ip } = c.var;
    const { version } = c.req.valid('json');
    const persona = await personas.revert(caller.ownerId, version, { keyId: caller.keyId, ip });
    onChanged(caller);
    return c.json(persona, 200);
  });
};
