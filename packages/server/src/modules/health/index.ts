/**
 * Is it well? `health` in the seed's shape for people and dashboards, `livez` and `readyz` for supervisors, `metrics`
 * for Prometheus. A part that is not configured is absent; a part that is down names the features that suffer.
 */
import { type Health, healthSchema, liveSchema, readySchema } from '@hearth/contract';
import { z } from 'zod';
import type { HttpApp } from '../../http/app.ts';
import { defineRoute, json } from '../../http/route.ts';
import type { Clock } from '../../kernel/clock.ts';

export interface Probe {
  /** Key under `services`. */
  name: string;
  ping: () => Promise<void>;
  /** Features that are lost or weaker while it is down. */
  features: string[];
  /** Without it nothing that matters works. */
  critical: boolean;
}

export interface HealthService {
  check(): Promise<Health>;
}

export interface HealthDeps {
  probes: Probe[];
  clock: Clock;
  /** Features lost for a reason no probe sees, for example an open breaker. */
  lostFeatures: () => string[];
  timeoutMs?: number;
  cacheMs?: number;
}

export const createHealth = ({
  probes,
  clock,
  lostFeatures,
  timeoutMs = 2_000,
  cacheMs = 1_000,
}: HealthDeps): HealthService => {
  let cached: { at: number; health: Promise<Health> } | null = null;

  const probe = async ({ ping }: Probe): Promise<{ status: 'up' | 'down'; latency_ms: number }> => {
    const started = clock.monotonicMs();
    let cancel = (): void => {};
    const late = new Promise<never>((_resolve, reject) => {
      cancel = clock.setTimer(timeoutMs, () => reject(new Error('no answer in time')));
    });
    const status = await Promise.race([ping(), late]).then(
      () => 'up' as const,
      () => 'down' as const,
    );
    cancel();
    return { status, latency_ms: Math.round((clock.monotonicMs() - started) * 10) / 10 };
  };

  const run = async (): Promise<Health> => {
    const states = await Promise.all(probes.map(probe));
    const down = probes.filter((_probe, index) => states[index]?.status === 'down');
    const degraded = [...new Set([...down.flatMap((one) => one.features), ...lostFeatures()])].sort();
    const services = Object.fromEntries(
      probes.map((one, index) => [one.name, states[index] ?? { status: 'down' as const, latency_ms: 0 }]),
    );
    if (down.some((one) => one.critical)) return { status: 'unhealthy', services, degraded_features: degraded };
    return { status: degraded.length > 0 ? 'degraded' : 'healthy', services, degraded_features: degraded };
  };

  return {
    check() {
      if (cached === null || clock.monotonicMs() - cached.at > cacheMs)
        cached = { at: clock.monotonicMs(), health: run() };
      return cached.health;
    },
  };
};

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
