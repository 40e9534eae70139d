/** `/api/v1/sessions/{id}/messages`: pages of messages, and the whole of what was cut from them. */
import {
  idParamSchema,
  imageTypeSchema,
  messageListSchema,
  messagePageQuerySchema,
  messagePartParamSchema,
  wholeBlockSchema,
} from '@hearth/contract';
import { z } from 'zod';
import type { HttpApp } from '../../http/app.ts';
import { defineRoute, json } from '../../http/route.ts';
import type { MessageReader } from './messages.ts';

const tags = ['sessions'];
const base = '/api/v1/sessions/{id}/messages';

const bytes = { schema: z.string().describe('The bytes of the picture') };

const routes = {
  messages: defineRoute(
    { access: 'key' },
    {
      method: 'get',
      path: base,
      tags,
      summary: 'Messages, the newest page first',
      request: { params: idParamSchema, query: messagePageQuerySchema },
      responses: { 200: json(messageListSchema, 'A page of messages, oldest first') },
    },
  ),
  block: defineRoute(
    { access: 'key' },
    {
      method: 'get',
      path: `${base}/{message_id}/blocks/{index}`,
      tags,
      summary: 'The whole of a block, by its place in the message',
      request: { params: messagePartParamSchema },
      responses: { 200: json(wholeBlockSchema, 'The block as it is stored') },
    },
  ),
  image: defineRoute(
    { access: 'key' },
    {
      method: 'get',
      path: `${base}/{message_id}/images/{index}`,
      tags,
      summary: 'A picture, by its number among the pictures of the message, those in tool results included',
      request: { params: messagePartParamSchema },
      responses: {
        200: {
          description: 'The picture',
          content: Object.fromEntries(imageTypeSchema.options.map((type) => [type, bytes])),
        },
      },
    },
  ),
};

export const registerMessageRoutes = (app: HttpApp, { sessions }: { sessions: MessageReader }): void => {
  app.openapi(routes.messages, async (c) =>
    c.json(await sessions.messages(c.var.caller.ownerId, c.req.valid('param').id, c.req.valid('query')), 200),
  );
  app.openapi(routes.block, async (c) => {
    const { id: sessionId, message_id: messageId, index } = c.req.valid('param');
    return c.json({ block: await sessions.block(c.var.caller.ownerId, { sessionId, messageId, index }) }, 200);
  });
  app.openapi(routes.image, async (c) => {
    const { id: sessionId, message_id: messageId, index } = c.req.valid('param');
    const picture = await sessions.picture(c.var.caller.ownerId, { sessionId, messageId, index });
    return c.body(picture.bytes, 200, {
      'Content-Type': picture.type,
      'Content-Disposition': 'inline',
      // A message never changes.
      'Cache-Control': 'private, max-age=31536000, immutable',
    });
  });
};
