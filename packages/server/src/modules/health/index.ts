/**
 * Is it well? `health` in the seed's shape for people and dashboards, `livez` and `readyz` for supervisors, `metrics`
 * for Prometheus. A part that is not configured is absent; a part that is down names the features that suffer.
 */

export { createMetrics } from './metrics.ts';
export { registerHealthRoutes } from './routes.ts';
export { createHealth, type HealthService, type Probe } from './service.ts';
