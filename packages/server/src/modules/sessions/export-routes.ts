/** `/api/v1/sessions/{id}/export`: a conversation as a download. */
import { exportQuerySchema, idParamSchema, sessionExportSchema } from '@hearth/contract';
import { z } from 'zod';
import type { HttpApp } from '../../http/app.ts';
import { defineRoute } from '../../http/route.ts';
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

const encoder = new TextEncoder();

export const registerExportRoutes = (app: HttpApp, deps: { exports: SessionExports; log: Log }): void => {
  app.openapi(route, async (c) => {
    const { id } = c.req.valid('param');
    const { pieces, filename, contentType } = await deps.exports.open(
      c.var.caller.ownerId,
      id,
      c.req.valid('query').format,
    );
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        try {
          const piece = await pieces.next();
          if (piece.done) controller.close();
          else controller.enqueue(encoder.encode(piece.value));
        } catch (error) {
          // The answer has begun: breaking it off is the only way left to say that it is not whole.
          deps.log.error({ err: error, session_id: id }, 'an export broke off');
          controller.error(error);
        }
      },
      cancel: async () => void (await pieces.return(undefined)),
    });
    return c.body(body, 200, { 'Content-Type': contentType, 'Content-Disposition': attachment(filename) });
  });
};
