/** The OpenAPI 3.1 document, made from the route table, and its page. Both are public and load nothing from elsewhere. */
import { z } from 'zod';
import type { HttpApp } from './app.ts';
import { defineRoute } from './route.ts';

const info = {
  openapi: '3.1.0',
  info: {
    title: 'Hearth',
    version: '0.1.0',
    description: 'A self-hosted personal AI assistant. JSON is snake_case, times are RFC 3339 UTC.',
    license: { name: 'MIT', identifier: 'MIT' },
  },
};

export const openApiDocument = (app: HttpApp): object => {
  const registry = app.openAPIRegistry;
  registry.registerComponent('securitySchemes', 'apiKey', { type: 'apiKey', in: 'header', name: 'X-API-Key' });
  registry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' });
  registry.registerComponent('securitySchemes', 'cookie', { type: 'apiKey', in: 'cookie', name: 'hearth_session' });
  return app.getOpenAPI31Document(info);
};

const documentRoute = defineRoute(
  { access: 'public' },
  {
    method: 'get',
    path: '/api/v1/openapi.json',
    tags: ['docs'],
    summary: 'This document',
    responses: {
      200: { description: 'OpenAPI 3.1', content: { 'application/json': { schema: z.object({}).loose() } } },
    },
  },
);

const pageRoute = defineRoute(
  { access: 'public' },
  {
    method: 'get',
    path: '/api/v1/docs',
    tags: ['docs'],
    summary: 'The documentation as a page',
    responses: { 200: { description: 'HTML', content: { 'text/html': { schema: z.string() } } } },
  },
);

export const registerOpenApiRoutes = (app: HttpApp, renderPage: (document: object) => string): void => {
  let cached: object | null = null;
  const document = () => {
    cached ??= openApiDocument(app);
    return cached;
  };
  app.openapi(documentRoute, (c) => c.json({ ...document() }, 200));
  app.openapi(pageRoute, (c) => {
    c.header('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
    return c.html(renderPage(document()), 200);
  });
};
