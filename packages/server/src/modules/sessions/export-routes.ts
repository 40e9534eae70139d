/** `/api/v1/sessions/{id}/export`: a conversation as a download. */
import { exportQuerySchema, idParamSchema, sessionExportSchema } from '@hearth/contract';
import { z } from 'zod';
import type { HttpApp } from '../../http/app.ts';
import { defineRoute } from '../../http/route.ts';
import { textStream } from '../../http/text-stream.ts';
import type { Log } from '../../kernel/log.ts';
import { attachment } from './export/filename.ts';
import type { SessionExports } from './export/index.ts';

const route = defineRoute(
  { access: 'key' },
  {
    method: 'get',
    path: '/api/v1/sessions/{id}/export',
    tags: ['sessions'],
    summary: 'The whole conversation as a download, with secrets taken out',
    request: { params: idParamSchema, query: exportQuerySchema },
    responses: {
      200: {
        description: 'Markdown to read, or JSON with everything; `Content-Disposition` names the file',
        content: {
          'text/markdown': { schema: z.string() },
          'application/json': { schema: sessionExportSchema },
        },
      },
    },
  },
);

export const registerExportRoutes = (app: HttpApp, deps: { exports: SessionExports; log: Log }): void => {
  app.openapi(route, async (c) => {
    const { id } = c.req.valid('param');
    const { pieces, filename, contentType } = await deps.exports.open(
      c.var.caller.ownerId,
      id,
      c.req.valid('query').format,
    );
    const body = textStream(pieces, (error) => deps.log.error({ err: error, session_id: id }, 'an export broke off'));
    return c.body(body, 200, { 'Content-Type': contentType, 'Content-Disposition': attachment(filename) });
  });
};
