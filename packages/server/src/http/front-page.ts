/** `GET /` while the web app has not been built: says that Hearth runs and what to do. Loads nothing from elsewhere. */
import { z } from 'zod';
import type { HttpApp } from './app.ts';
import { defineRoute } from './route.ts';

const route = defineRoute(
  { access: 'public' },
  {
    method: 'get',
    path: '/',
    tags: ['docs'],
    summary: 'A page that says Hearth is running',
    responses: { 200: { description: 'HTML', content: { 'text/html': { schema: z.string() } } } },
  },
);

const page = `<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content="width=device-width"><title>Hearth</title>
<style>body{font:17px/1.6 system-ui,sans-serif;max-width:34rem;margin:18vh auto 0;padding:0 1.25rem;color-scheme:light dark}code{font:15px ui-monospace,monospace}</style>
<h1>Hearth is running</h1>
<p>The web app is not here yet. Build it with <code>npm run build</code> and start again, or talk in a terminal on this machine:</p><p><code>npx hearth chat</code></p>
<p>The <a href="/api/v1/docs">API</a> is open to every program that holds a key.</p></html>`;

export const registerFrontPage = (app: HttpApp): void => {
  app.openapi(route, (c) => {
    c.header('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
    return c.html(page, 200);
  });
};
