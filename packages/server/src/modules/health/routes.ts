/** `/health`, `/livez`, `/readyz` and `/metrics`. */
import { healthSchema, liveSchema, readySchema } from '@hearth/contract';
import { z } from 'zod';
import type { HttpApp } from '../../http/app.ts';
import { defineRoute, json } from '../../http/route.ts';
import type { HealthService } from './service.ts';

const tags = ['ops'];
const answers = { 200: json(healthSchema, 'Also when degraded or unhealthy; read `status`') };
const summary = 'State of the server and of what it needs';
const routes = {
  root: defineRoute({ access: 'public' }, { method: 'get', path: '/health', tags, summary, responses: answers }),
  api: defineRoute({ access: 'public' }, { method: 'get', path: '/api/v1/health', tags, summary, responses: answers }),
  live: defineRoute(
    { access: 'ops' },
    {
      method: 'get',
      path: '/livez',
      tags,
      summary: 'The process answers',
      responses: { 200: json(liveSchema, 'Alive') },
    },
  ),
  ready: defineRoute(
    { access: 'ops' },
    {
      method: 'get',
      path: '/readyz',
      tags,
      summary: 'New work is taken',
      responses: { 200: json(readySchema, 'Ready'), 503: json(readySchema, 'Stopping, or the database is away') },
    },
  ),
  metrics: defineRoute(
    { access: 'ops' },
    {
      method: 'get',
      path: '/metrics',
      tags,
      summary: 'Metrics in the Prometheus text format',
      responses: { 200: { description: 'Metrics', content: { 'text/plain': { schema: z.string() } } } },
    },
  ),
};

export interface HealthRouteDeps {
  health: HealthService;
  isStopping: () => boolean;
  metrics: () => Promise<string>;
}

export const registerHealthRoutes = (app: HttpApp, { health, isStopping, metrics }: HealthRouteDeps): void => {
  app.openapi(routes.root, async (c) => c.json(await health.check(), 200));
  app.openapi(routes.api, async (c) => c.json(await health.check(), 200));
  app.openapi(routes.live, (c) => c.json({ status: 'alive' as const }, 200));
  app.openapi(routes.ready, async (c) => {
    const ready = !isStopping() && (await health.check()).status !== 'unhealthy';
    return ready ? c.json({ status: 'ready' as const }, 200) : c.json({ status: 'stopping' as const }, 503);
  });
  app.openapi(routes.metrics, async (c) => c.text(await metrics(), 200));
};
